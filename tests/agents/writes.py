"""A call of each writing tool, and an account with what they need."""

from dataclasses import dataclass, field
from typing import Any

from fastapi.testclient import TestClient

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


def recorded(client: TestClient) -> dict[str, str]:
    """Record two applications with what the calls need; return the ids."""
    app, round_, person = interviewed_by(client)
    note: Arguments = {"kind": "positive", "text": "Deploys", "wording": "I halved the time to deploy."}
    add(client, f"/v1/applications/{app}/notes", interview_id=round_, noted_at="2026-05-29T15:10:00Z", **note)
    draft: Arguments = {"interview_id": round_, "recipients": [person], "subject": "Thanks", "body": "Thank you."}
    robin = reference(client, permission_at="2026-01-05T12:00:00Z")
    put(client, f"/v1/applications/{app}/references/{robin}")
    return {
        "app": app,
        "round": round_,
        "robin": robin,
        "other": application(client, company="Blue"),
        "jo": contact(client, full_name="Jo", email="jo@example.com"),
        "letter": str(add(client, f"/v1/applications/{app}/letters", **draft)["id"]),
        "step": step(client, app, 4)["id"],
    }


DEBRIEF: Arguments = {
    "people": [{"full_name": "Ben Sato", "job_title": "CTO", "email": "b@example.com", "ask_about_application": True}],
    "positives": [{"text": "Well", "wording": "I like it."}],
    "no_concerns": True,
    "next_stage": "a second talk",
    "contact_from": "2026-06-15",
}
OUT = {"direction": "out", "channel": "phone", "outcome": "spoke"}
TOLD = {"told_at": "2026-05-31T10:00", "job_details_given": True, "company_details_given": True}
SENT = {"sent_at": "2026-05-30T10:00", "channel": "email"}


def account(assistant: Assistant) -> dict[str, Call]:
    """Record two applications with what the calls need; return the calls by what they do."""
    ids = recorded(assistant.client)
    app, other = {"application_id": ids["app"]}, {"application_id": ids["other"]}
    round_, letter = {"interview_id": ids["round"]}, {"letter_id": ids["letter"]}
    calls = (
        Call("save_application", {"company": "Teal", "role": "Cook", "applied_on": "2026-05-30"}),
        Call("save_application", {**other, "time_zone": "Asia/Kolkata", "replace": True}),
        Call("save_application", {**app, "stage": "rejected"}, needs_yes=True),
        Call("record_interview", {**other, "start": "2026-05-30T10:00"}),
        Call("record_interview", {**round_, "start": "2026-05-29T12:00", "replace": True}),
        Call("record_interview", {**round_, "status": "cancelled"}, needs_yes=True),
        Call("record_debrief", {**round_, **DEBRIEF}),
        Call("save_contact", {"full_name": "Li", "job_title": "COO", "phone": "+1 212 555 0100"}),
        Call("save_contact", {"contact_id": ids["jo"], "email": "j@example.com"}, needs_yes=True),
        Call("log_contact_made", {**app, **OUT, "hear_by": "2026-06-09"}),
        Call("draft_letter", round_),
        Call("draft_letter", {**letter, "body": "Dear Ana.", "replace": True}),
        Call("mark_letter_sent", {**letter, **SENT}),
        Call("brief_reference", {**app, "reference_id": ids["robin"], **TOLD}),
        Call("act_on_step", {"step_id": ids["step"], "action": "skip", "reason": "A coffee."}),
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
