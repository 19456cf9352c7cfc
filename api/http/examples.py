"""Ids of the demo account and request bodies of the examples; each example can be sent unchanged."""

from typing import Any

from api.models.step import step_id


def demo_id(number: int) -> str:
    """Return the n-th fixed id of the demo account, a valid UUIDv7."""
    return f"019577a0-0000-7000-8000-{number:012d}"


APPLICATION, UPCOMING, OFFERED = demo_id(1), demo_id(2), demo_id(3)
INTERVIEW, NEXT_INTERVIEW, LAST_INTERVIEW = demo_id(11), demo_id(12), demo_id(13)
INTERVIEWER, STATUS_CONTACT, OFFER_CONTACT = demo_id(21), demo_id(22), demo_id(23)
POSITIVE, CONCERN, LAST_POSITIVE = demo_id(31), demo_id(32), demo_id(33)
DRAFT, SENT = demo_id(41), demo_id(42)
REFERENCE = demo_id(51)
FOLLOW_UP = demo_id(61)
OFFER = demo_id(71)
ACTIVITY = demo_id(81)
STAGE = demo_id(91)
TEMPLATE = demo_id(111)
FEED = demo_id(121)
WEBHOOK = demo_id(131)
FIRST_EVENT, FIRST_DELIVERY, FIRST_ATTEMPT = demo_id(141), demo_id(142), demo_id(143)
EVENT, DELIVERY, ATTEMPT = demo_id(151), demo_id(152), demo_id(153)
IMPORT = demo_id(161)
WRITE, REVOKED, FIRST_WRITE = demo_id(171), demo_id(172), demo_id(170)
SESSION, TOKEN = demo_id(101), demo_id(102)
STEP = step_id(APPLICATION, 4, f"interview:{INTERVIEW}")
EMAIL, PASSWORD = "demo@example.com", "a demo pass phrase"
NEW_EMAIL = "alex@example.com"  # of the account that the example of the sign-up opens, and of the sign-in
EPOCH = "5f0c1e9a77b2"  # of every entity tag in the examples
CHANGED = "another demo pass phrase"
RESET = "awr_0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1vvtAZ3"

CALENDAR = "awf_0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1yvN9S0"

# The body of the one operation that takes a file.
TABLE = """\
Company,Job Title,Status,Date Applied,Link,Notes
Willow Press,Copy editor,Applied,2026-02-03,https://jobs.example.com/willow-press/17,Found by a friend
Slate Software,Technical writer,Rejected,2026-01-12,,
Copper Kettle,,Applied,2026-02-30,,
"""
PARAMETERS: dict[str, object] = {
    "application_id": APPLICATION,
    "interview_id": INTERVIEW,
    "contact_id": INTERVIEWER,
    "note_id": POSITIVE,
    "letter_id": DRAFT,
    "letter_template_id": TEMPLATE,
    "calendar_feed_id": FEED,
    "webhook_id": WEBHOOK,
    "write_id": WRITE,
    "event_id": EVENT,
    "delivery_id": DELIVERY,
    "import_id": IMPORT,
    "secret": CALENDAR,
    "reference_id": REFERENCE,
    "follow_up_id": FOLLOW_UP,
    "offer_id": OFFER,
    "search_activity_id": ACTIVITY,
    "stage_id": STAGE,
    "step_id": STEP,
    "session_id": SESSION,
    "token_id": TOKEN,
    "slug": "invalid",
    "q": "proof rounds",
}
BODIES: dict[str, dict[str, Any]] = {
    "ImportUpdate": {
        "stage_map": [{"value": "Phone screen", "stage": "interviewing"}],
        "default_role": "Editor",
        "on_duplicate": "fill",
        "rows": [{"row_no": 2, "action": "skip"}],
        "mapping": [{"column": 6, "target": "note"}],
    },
    "ColumnMapping": {"column": 6, "target": "note"},
    "StageMapping": {"value": "Phone screen", "stage": "interviewing"},
    "RowAnswer": {"row_no": 2, "action": "skip"},
    "ImportRun": {"allow_errors": True},
    "UserCreate": {
        "email": NEW_EMAIL,
        "password": PASSWORD,
        "full_name": "Alex Doe",
        "time_zone": "America/New_York",
    },
    "UserUpdate": {"time_zone": "Europe/Berlin"},
    "NotificationsUpdate": {"digest_at": "07:30", "digest_workdays_only": True, "due_soon_minutes": 180},
    "SessionCreate": {"email": NEW_EMAIL, "password": PASSWORD, "name": "Firefox at home"},
    "Debrief": {
        "at": "2026-03-10T16:00:00Z",
        "people": [
            {
                "full_name": "Ben Sato",
                "job_title": "Managing editor",
                "email": "ben.sato@example.com",
                "is_status_contact": True,
            }
        ],
        "positives": [{"text": "Asked twice about the index.", "wording": "I have indexed forty of my own titles."}],
        "concerns": [{"text": "Never led more than two people."}],
        "remarks": [{"text": "The hand-set specimen book.", "wording": "I keep thinking of the specimen book."}],
        "next_stage": "A second talk with the team.",
        "contact_from": {"date": "2026-03-13"},
    },
    "DebriefPerson": {"full_name": "Ben Sato", "job_title": "Managing editor", "email": "ben.sato@example.com"},
    "DebriefNote": {"text": "Asked twice about the index.", "wording": "I have indexed forty of my own titles."},
    "ComposeLetter": {"kind": "thank_you", "recipients": [INTERVIEWER], "tone": "formal"},
    "TokenCreate": {"name": "calendar app", "scopes": ["steps:read", "applications:read"]},
    "EmailPut": {"email": "dana@example.com", "password": PASSWORD},
    "AccountErase": {"password": PASSWORD},
    "PasswordPut": {"current_password": PASSWORD, "password": CHANGED},
    "PasswordResetCreate": {"email": EMAIL},
    "PasswordResetConfirm": {"token": RESET, "password": CHANGED},
    "PolicyOverrides": {"thank_you_hours": 12, "holidays": ["2026-07-03"], "business_opens": "08:30"},
    "ApplicationCreate": {
        "company": "Larkfield Press",
        "role": "Production editor",
        "stage": "applied",
        "applied_on": "2026-02-20",
        "time_zone": "America/New_York",
        "posting_url": "https://jobs.example.com/larkfield/production-editor",
        "salary_min": 62000,
        "salary_max": 70000,
        "salary_currency": "USD",
        "salary_period": "year",
    },
    "ApplicationUpdate": {
        "status_contact_id": STATUS_CONTACT,
        "reference_check": {"date": "2026-03-06", "time": None},
        "source": "Referral",
    },
    "StageCreate": {"stage": "interviewing", "at": "2026-03-02T14:00:00Z", "note": "Invited by phone."},
    "StageUpdate": {"at": "2026-03-02T09:00:00-05:00", "note": "Heard it by e-mail first."},
    "InterviewCreate": {
        "kind": "onsite",
        "time_zone": "America/New_York",
        "start_local": "2026-03-02T10:00",
        "end_local": "2026-03-02T11:00",
        "location": "4 Pine Street, 3rd floor",
        "next_stage": "A second talk with the head of production.",
        "contact_from": {"date": "2026-03-05", "time": "14:30"},
    },
    "InterviewUpdate": {
        "next_stage": "They decide after a second talk.",
        "contact_from": {"date": "2026-03-06", "time": None},
        "no_concerns_at": "2026-03-02T18:30:00Z",
    },
    "InterviewerPut": {"optional": False},
    "ContactCreate": {
        "full_name": "Ana Ruiz",
        "honorific": "Ms",
        "job_title": "Head of production",
        "company": "Larkfield Press",
        "role": "interviewer",
        "email": "ana.ruiz@example.com",
        "details_source": "card",
        "name_verified": True,
    },
    "ContactUpdate": {"phone": "+1 212 555 0123", "preferred_channel": "email"},
    "ApplicationContactPut": {"role": "hiring_manager"},
    "NoteCreate": {
        "interview_id": INTERVIEW,
        "kind": "positive",
        "text": "She wrote down how we cut proof rounds from five to three.",
        "wording": "At Old Harbour we cut proof rounds from five to three without a single recall.",
        "noted_at": "2026-03-02T18:00:00Z",
    },
    "NoteUpdate": {"kind": "concern", "text": "Never led more than two people.", "address_in_letter": True},
    "LetterCreate": {
        "interview_id": INTERVIEW,
        "kind": "thank_you",
        "channel": "email",
        "subject": "Thank you for Monday's talk",
        "body": "Dear Ms Ruiz, thank you for showing me the proof room …",
        "recipients": [INTERVIEWER],
        "note_ids": [POSITIVE, CONCERN],
    },
    "LetterUpdate": {"subject": "Monday's talk", "checklist": {"recipient_named": True, "why_this_job": True}},
    "CalendarFeedCreate": {"name": "Interviews and steps", "steps": "events", "alarms": True, "alarm_minutes": 90},
    "CalendarFeedUpdate": {"details": "minimal"},
    "WebhookCreate": {
        "url": "https://hooks.example.com/afterword",
        "description": "The chat of my job club",
        "event_types": ["step.due_soon", "step.overdue"],
    },
    "WebhookUpdate": {"event_types": ["step.overdue"]},
    "SecretRotate": {"revoke_old": False},
    "WebhookTest": {"type": "step.overdue"},
    "LetterTemplateCreate": {
        "name": "Short and warm",
        "kind": "thank_you",
        "tone": "friendly",
        "subject": "Thank you for {{ date }}",
        "body": "{{ salutation }}\n\n{{ thanks }}\n\n{% if strengths %}{{ strengths }}{% endif %}\n\n"
        "I would be glad to hear from you.\n\n{{ signature }}",
    },
    "LetterTemplateUpdate": {"name": "Short", "tone": "formal"},
    "LetterSend": {"sent_at": "2026-03-02T20:00:00Z", "channel": "email"},
    "ReferenceCreate": {
        "name": "Robin Okafor",
        "title": "Managing editor",
        "company": "Old Harbour Books",
        "relation": "My manager for four years",
        "phone": "+1 617 555 0188",
        "best_times": "Weekday mornings",
    },
    "ReferenceUpdate": {
        "best_times": "After 16:00",
        "permission_at": "2026-02-18T12:00:00Z",
        "permission_expires_at": "2026-12-31T23:00:00Z",
    },
    "ApplicationReferencePut": {
        "linked_at": "2026-03-01T10:00:00Z",
        "alerted_at": "2026-03-03T12:00:00Z",
        "alert_channel": "phone",
        "job_details_given": True,
        "company_details_given": True,
        "briefed_at": "2026-03-03T12:00:00Z",
    },
    "ApplicationReferenceUpdate": {"contacted_at": "2026-03-04T14:00:00Z", "outcome": "They talked for ten minutes."},
    "FollowUpCreate": {
        "at": "2026-03-05T15:00:00Z",
        "direction": "out",
        "channel": "phone",
        "outcome": "spoke",
        "contact_id": STATUS_CONTACT,
        "contact_from": {"date": "2026-03-17", "time": None},
        "summary": "No decision yet; I may call again from the 17th.",
    },
    "FollowUpUpdate": {"hear_by": {"date": "2026-03-20", "time": None}},
    "OfferCreate": {
        "received_at": "2026-03-06T16:00:00Z",
        "respond_by": "2026-03-13T21:00:00Z",
        "pay": 68000,
        "currency": "USD",
        "start_on": "2026-04-01",
    },
    "OfferUpdate": {"decision": "accepted", "decided_at": "2026-03-10T15:00:00Z"},
    "SearchActivityCreate": {
        "at": "2026-03-05T18:00:00Z",
        "kind": "networking",
        "note": "Met two editors at the fair.",
    },
    "SearchActivityUpdate": {"kind": "event"},
    "StepByHand": {"at": "2026-03-02T20:00:00Z", "note": "Done on the phone."},
    "StepReopen": {"at": "2026-03-03T20:00:00Z"},
    "StepSnooze": {"until": "2026-03-05T09:00:00Z"},
    "StepsSnooze": {"steps": [STEP], "until": "2026-03-05T09:00:00Z"},
    "StepsSkip": {"steps": "overdue", "note": "Recorded afterwards."},
    "StaleStepsSkip": {"steps": "stale", "note": "Too late to help."},
}
CSRF = "3f0c9a61b2d7e85410aa6f2bc1d94e7783e5a0f6d2c41b98e7605a3c2f1d8b94"
SIGNED_IN: dict[str, Any] = {
    "id": SESSION,
    "etag": f'"{EPOCH}-8-1"',
    "name": "Firefox at home",
    "created_at": "2026-03-04T17:00:00Z",
    "expires_at": "2026-04-03T17:00:00Z",
    "last_used_at": None,
    "cookie": False,
    "is_current": True,
}
TASK_STATE = {"name": "mails", "last_success_at": "2026-03-04T17:00:00Z", "age_seconds": 12, "failures": 0}
WAITING_STATE: dict[str, Any] = {"queue": "deliveries", "due_since": None, "age_seconds": 0}
FIXED: dict[str, dict[str, Any]] = {
    "NotRestored": {
        "code": "letter_was_sent",
        "id": SENT,
        "detail": "The letter is a draft again. If it was really sent, undoing does not take it back from the reader.",
    },
    "LoggedWrite": {"id": WRITE, "undo_until": "2026-03-13T17:00:00Z"},
    "Root": {"name": "Afterword", "version": "0.9.0", "links": {"docs": "/docs", "queue": "/v1/queue"}},
    "Version": {"version": "0.9.0", "rules_version": 8, "python": "3.11.7"},
    "Readiness": {
        "status": "ok",
        "database": "sqlite",
        "database_version": "3.51.3",
        "schema_at_head": True,
        "tasks": [TASK_STATE],
        "waiting": [WAITING_STATE],
    },
    "TaskState": TASK_STATE,
    "WaitingState": WAITING_STATE,
    "DigestInterview": {
        "interview_id": NEXT_INTERVIEW,
        "application": {"id": UPCOMING, "company": "Juniper Health", "role": "Content lead"},
        "starts_at": "2026-03-13T15:00:00Z",
        "ends_at": "2026-03-13T16:00:00Z",
        "time_zone": "America/New_York",
        "text": "Round 1, by video. 11:00 to 12:00 on Fri 13 Mar 2026 (EDT), America/New_York. With Ana Ruiz.",
        "app_url": None,
    },
    "IdleApplication": {
        "application": {"id": OFFERED, "company": "Larkfield Press", "role": "Production editor"},
        "app_url": None,
    },
    "ImportQuestion": {
        "code": "date_order",
        "text": "In column Date Applied, which day is 03/04/2026?",
        "field": "date_order",
        "value": None,
        "column": 4,
        "row_no": None,
        "rows": 1,
        "options": [{"value": "dmy", "text": "Friday 3 April 2026"}],
    },
    "QuestionOption": {"value": "dmy", "text": "Friday 3 April 2026"},
    "PossibleDuplicate": {"id": APPLICATION, "href": f"/v1/applications/{APPLICATION}"},
    "ImportedObject": {"type": "application", "id": APPLICATION, "action": "created"},
    "EmailConfirmation": {"sent_to_own_address": True, "email_confirmed_at": None},
    "Rescheduled": {
        "start_local": "2026-03-02T10:00:00",
        "end_local": "2026-03-02T11:00:00",
        "time_zone": "America/New_York",
        "moved_at": "2026-02-27T09:12:00Z",
        "end_moved_too": False,
    },
    "CurrentSession": {**SIGNED_IN, "cookie": True, "csrf_token": CSRF},
    "SessionSecret": {
        **SIGNED_IN,
        "csrf_token": None,
        "token": "aws_0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V2w3X4",
    },
    "TokenSecret": {
        "id": TOKEN,
        "etag": f'"{EPOCH}-8-1"',
        "created_at": "2026-03-04T17:00:00Z",
        "expires_at": None,
        "last_used_at": None,
        "name": "calendar app",
        "scopes": ["steps:read", "applications:read"],
        "agent": False,
        "token": "awp_0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V2w3X4",
    },
    "UnknownDetails": {"contact_id": INTERVIEWER, "name": "Ms Ana Ruiz", "missing": ["job_title", "reach"]},
    "LeftOut": {"reference_id": demo_id(52), "name": "Lee Marsh", "why": "lapsed"},
    "MomentIO": {"date": "2026-03-13", "time": "14:30"},
    "ProblemField": {"pointer": "/id", "code": "not_a_uuid7", "detail": "Send a UUIDv7 as canonical text."},
}
