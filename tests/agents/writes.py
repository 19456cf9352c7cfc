"""A call of each writing tool, and an account with what they need."""

from dataclasses import dataclass, field
from typing import Any

from tests.agents.account import interviewed_by, reference
from tests.agents.assistant import Assistant
from tests.http.api_client import add, application, contact, put, step

Arguments = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A call of a tool. `needs_yes`: it is refused without a code."""

    tool: str
    arguments: Arguments = field(default_factory=dict)
    needs_yes: bool = False


def account(assistant: Assistant) -> dict[str, Call]:
    """Record two applications with what the calls need; return the calls by what they do."""
    client = assistant.client
    app, round_, person = interviewed_by(client)
    other = application(client, company="Blue")
    jo = contact(client, full_name="Jo", email="jo@example.com")
    note: Arguments = {"kind": "positive", "text": "Deploys", "wording": "I halved the time to deploy."}
    add(client, f"/v1/applications/{app}/notes", interview_id=round_, noted_at="2026-05-29T15:10:00Z", **note)
    draft: Arguments = {"interview_id": round_, "recipients": [person], "subject": "Thanks", "body": "Thank you."}
    letter = add(client, f"/v1/applications/{app}/letters", **draft)["id"]
    robin = reference(client, permission_at="2026-01-05T12:00:00Z")
    put(client, f"/v1/applications/{app}/references/{robin}")
    debrief: Arguments = {
        "interview_id": round_,
        "people": [
            {"full_name": "Ben Sato", "job_title": "CTO", "email": "ben@example.com", "ask_about_application": True}
        ],
        "positives": [{"text": "Well", "wording": "I like it."}],
        "no_concerns": True,
        "next_stage": "a second talk",
        "contact_from": "2026-06-15",
    }
    told = {"application_id": app, "reference_id": robin, "told_at": "2026-05-31T10:00"}
    out = {"application_id": app, "direction": "out", "channel": "phone", "outcome": "spoke"}
    skip = {"step_id": step(client, app, 4)["id"], "action": "skip", "reason": "A coffee."}
    moved = {"interview_id": round_, "start": "2026-05-29T12:00", "replace": True}
    cancelled = {"interview_id": round_, "status": "cancelled"}
    sent = {"letter_id": letter, "sent_at": "2026-05-30T10:00", "channel": "email"}
    briefed = {**told, "job_details_given": True, "company_details_given": True}
    kolkata = {"application_id": other, "time_zone": "Asia/Kolkata", "replace": True}
    calls = (
        Call("save_application", {"company": "Teal", "role": "Cook", "applied_on": "2026-05-30"}),
        Call("save_application", kolkata),
        Call("save_application", {"application_id": app, "stage": "rejected"}, needs_yes=True),
        Call("record_interview", {"application_id": other, "start": "2026-05-30T10:00"}),
        Call("record_interview", moved),
        Call("record_interview", cancelled, needs_yes=True),
        Call("record_debrief", debrief),
        Call("save_contact", {"full_name": "Li", "job_title": "COO", "phone": "+1 212 555 0100"}),
        Call("save_contact", {"contact_id": jo, "email": "j@example.com"}, needs_yes=True),
        Call("log_contact_made", {**out, "hear_by": "2026-06-09"}),
        Call("draft_letter", {"interview_id": round_}),
        Call("draft_letter", {"letter_id": letter, "body": "Dear Ana.", "replace": True}),
        Call("mark_letter_sent", sent),
        Call("brief_reference", briefed),
        Call("act_on_step", skip),
        Call("log_search", {"kind": "networking"}),
    )
    return dict(zip(KINDS, calls, strict=True))


KINDS = (
    "a new application",
    "a changed application",
    "a rejection",
    "a new interview",
    "a moved interview",
    "a cancelled interview",
    "a debrief",
    "a new person",
    "a changed person",
    "contact made",
    "a composed letter",
    "a changed letter",
    "a sent letter",
    "a briefed reference",
    "a skipped step",
    "a search activity",
)


def done(assistant: Assistant, wanted: Call) -> Arguments:
    """Make a call, with a yes where it needs one."""
    agreed = {"agreed": True} if wanted.needs_yes else {}
    return assistant.data(wanted.tool, **wanted.arguments, **agreed)
