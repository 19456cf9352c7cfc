"""Ten kinds of writes, one of each of which assistants make, and an account with what they need."""

from dataclasses import dataclass

from fastapi.testclient import TestClient

from tests.http.api_client import Answer, add, alter, application, contact, interview, put, step

KINDS = (
    "a debrief with people and notes",
    "a composed letter",
    "a sent letter",
    "a follow-up",
    "a search activity",
    "a rejection",
    "a new application",
    "a skipped step",
    "a briefed reference",
    "a changed application with another zone",
)


@dataclass(frozen=True)
class Write:
    """A request that writes."""

    method: str
    href: str
    body: Answer


def account(client: TestClient) -> dict[str, Write]:
    """Record two applications with what ten kinds of writes need; return the writes by kind."""
    app, other = application(client), application(client, company="Blue", role="Baker")
    talk, _ = interview(client, app), interview(client, other, starts_at="2026-05-20T14:00:00Z")
    kim = contact(client, email="kim@example.com", job_title="CTO")
    put(client, f"/v1/interviews/{talk}/interviewers/{kim}")
    note: Answer = {"kind": "positive", "text": "Deploys", "wording": "I halved the time to deploy."}
    add(client, f"/v1/applications/{app}/notes", interview_id=talk, noted_at="2026-05-29T15:10:00Z", **note)
    draft: Answer = {"interview_id": talk, "recipients": [kim], "subject": "Thanks", "body": "Thank you."}
    letter = add(client, f"/v1/applications/{app}/letters", kind="thank_you", **draft)["id"]
    robin = add(client, "/v1/references", name="Robin Roe", permission_at="2026-01-05T12:00:00Z")["id"]
    link = f"/v1/applications/{app}/references/{robin}"
    put(client, link)
    alter(client, f"/v1/applications/{other}", location="Paris", source="A friend")
    people = [{"full_name": "Ana Ruiz", "email": "ana@example.com", "is_status_contact": True}, {"contact_id": kim}]
    debrief: Answer = {
        "people": people,
        "positives": [{"text": "Well", "wording": "I like it."}],
        "remarks": [{"text": "The old press."}],
        "next_stage": "a second talk",
        "contact_from": {"date": "2026-06-15"},
    }
    told: Answer = {"job_details_given": True, "company_details_given": True, "alerted_at": "2026-05-31T09:00:00Z"}
    skipped = f"/v1/steps/{step(client, app, 4)['id']}/skip"
    writes = (
        Write("POST", f"/v1/interviews/{talk}/debrief", debrief),
        Write("POST", f"/v1/interviews/{talk}/letters/compose", {"kind": "thank_you"}),
        Write("POST", f"/v1/letters/{letter}/send", {"channel": "email", "sent_at": "2026-05-30T10:00:00Z"}),
        Write(
            "POST", f"/v1/applications/{app}/follow-ups", {"direction": "out", "channel": "phone", "outcome": "spoke"}
        ),
        Write("POST", "/v1/search-activities", {"kind": "networking"}),
        Write("POST", f"/v1/applications/{app}/stages", {"stage": "rejected"}),
        Write("POST", "/v1/applications", {"company": "Teal", "role": "Cook", "applied_on": "2026-05-30"}),
        Write("POST", skipped, {"note": "An informal coffee."}),
        Write("PATCH", link, told),
        Write("PATCH", f"/v1/applications/{other}", {"time_zone": "Asia/Kolkata", "location": None, "role": "Chef"}),
    )
    return dict(zip(KINDS, writes, strict=True))
