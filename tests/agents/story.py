"""The seven steps of one application, told by an assistant in ten calls."""

from collections.abc import Awaitable, Callable
from typing import Any

Call = Callable[..., Awaitable[dict[str, Any]]]
ANA = {"full_name": "Ana Ruiz", "job_title": "Head of production", "email": "ana@example.com"}
CALLED = {
    "at": "2026-06-01T07:30",
    "direction": "out",
    "channel": "phone",
    "outcome": "spoke",
    "summary": "They decide this week.",
}


async def tell(call: Call) -> dict[str, Any]:
    """Call the tools one after the other; return the last answer, the picture of the application."""
    saved = await call("save_application", company="Larkfield Press", role="Editor", time_zone="America/New_York")
    app = {"application_id": saved["ids"]["application_id"]}
    planned = await call(
        "record_interview",
        **app,
        start="2026-05-29T10:00",
        end="2026-05-29T11:00",
        people=[{**ANA, "ask_about_application": True}],
    )
    talk = {"interview_id": planned["ids"]["interview_id"]}
    await call(
        "record_debrief",
        **talk,
        at="2026-05-29T11:30",
        positives=[{"text": "She liked the proof of the atlas.", "wording": "the atlas that we spoke about"}],
        concerns=[{"text": "Too little experience with print.", "wording": "I have printed two books since."}],
        remarks=[{"text": "Both of us learned typesetting by hand."}],
        next_stage="A second talk with the publisher",
        contact_from="2026-06-01",
        contact_by="2026-06-02",
    )
    letter = await call("draft_letter", **talk, tone="friendly")
    await call("mark_letter_sent", letter_id=letter["letter_id"], sent_at="2026-05-29T17:00", channel="email")
    await call(
        "brief_reference",
        **app,
        name="Robin Okafor",
        agreed_at="2026-05-28T12:00",
        told_at="2026-05-29T18:00",
        channel="phone",
        job_details_given=True,
        company_details_given=True,
    )
    await call("log_contact_made", **app, **CALLED)
    again = await call("log_contact_made", **app, **CALLED)
    assert "not written again" in " ".join(again["warnings"])
    await call("log_search", kind="applied", at="2026-05-31T10:00")
    return await call("application", **app)
