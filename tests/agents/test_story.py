"""The seven steps in ten calls; afterwards every row is as the same story over REST leaves it."""

from datetime import datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.agents.assistant import Assistant
from tests.agents.rows import facts_of
from tests.conftest import World
from tests.http.api_client import act, add, application, put, read

pytestmark = pytest.mark.sqlite

APPLIED = {"company": "Larkfield Press", "role": "Editor", "applied_on": "2026-05-20"}
MET = {"full_name": "Ana Ruiz", "honorific": "Ms", "job_title": "Head of production", "email": "ana@example.com"}
WELL = {"text": "She wrote it down.", "wording": "I cut proof rounds in half."}
OPEN = {"text": "Small team.", "wording": "I coordinated eight freelancers."}
BOTH = {"job_details_given": True, "company_details_given": True}
TALK, NOTED, SENT, TOLD, CALLED, LUNCH = (
    "2026-06-01T12:30:00+00:00",
    "2026-06-01T13:40:00+00:00",
    "2026-06-01T14:00:00+00:00",
    "2026-06-01T15:00:00+00:00",
    "2026-06-03T13:30:00+00:00",
    "2026-06-03T16:30:00+00:00",
)
AT_THE_END = datetime.fromisoformat("2026-06-03T17:00:00+00:00")
DONE = {"done", "done_late"}


def local(instant: str) -> str:
    """Return an instant as the user says it, in New York in June."""
    at = datetime.fromisoformat(instant)
    return at.replace(hour=at.hour - 4).isoformat()[:16]


def told_to_an_assistant(assistant: Assistant) -> dict[str, Any]:
    """Tell the story in ten calls; return the application as the last of them shows it."""
    clock = assistant.world.clock
    app = assistant.data("save_application", **APPLIED)["ids"]["application_id"]
    given = {"start": local(TALK), "end": "2026-06-01T09:30", "location": "4 Pine Street"}
    round_ = assistant.data("record_interview", application_id=app, **given)["ids"]["interview_id"]
    clock.now = AT_THE_END
    assistant.data(
        "record_debrief",
        interview_id=round_,
        at=local(NOTED),
        people=[{**MET, "ask_about_application": True}],
        positives=[WELL],
        concerns=[OPEN],
        next_stage="A second talk.",
        contact_from="2026-06-03",
    )
    letter = assistant.data("draft_letter", interview_id=round_)["letter_id"]
    assistant.data("mark_letter_sent", letter_id=letter, sent_at=local(SENT), channel="email")
    named = {"name": "Robin Okafor", "phone": "+1 617 555 0188", "agreed_at": local("2026-05-01T14:00:00+00:00")}
    assistant.data("brief_reference", application_id=app, **named, told_at=local(TOLD), channel="phone", **BOTH)
    spoke = {"application_id": app, "direction": "out", "channel": "phone", "outcome": "spoke", "at": local(CALLED)}
    assistant.data("log_contact_made", **spoke, summary="They decide on the 15th.", hear_by="2026-06-15")
    again = assistant.data("log_contact_made", **spoke, summary="They decide on the 15th.", hear_by="2026-06-15")
    assert "not written again" in again["warnings"][0]
    assistant.data("log_search", kind="networking", at=local(LUNCH), note="Lunch.")
    return assistant.data("application", application_id=app)


def told_over_rest(world: World, client: TestClient) -> None:
    """Tell the same story with the requests of the API."""
    app = application(client, **APPLIED)
    times = {"starts_at": TALK, "ends_at": "2026-06-01T13:30:00Z", "time_zone": "America/New_York"}
    round_ = add(client, f"/v1/applications/{app}/interviews", **times, location="4 Pine Street")["id"]
    world.clock.now = AT_THE_END
    add(
        client,
        f"/v1/interviews/{round_}/debrief",
        at=NOTED,
        people=[{**MET, "is_status_contact": True}],
        positives=[WELL],
        concerns=[OPEN],
        next_stage="A second talk.",
        contact_from={"date": "2026-06-03"},
    )
    letter = add(client, f"/v1/interviews/{round_}/letters/compose")["id"]
    act(client, f"/v1/letters/{letter}/send", sent_at=SENT, channel="email")
    person = {"name": "Robin Okafor", "phone": "+1 617 555 0188", "permission_at": "2026-05-01T14:00:00Z"}
    robin = add(client, "/v1/references", **person)["id"]
    told = {"alerted_at": TOLD, "alert_channel": "phone", "briefed_at": TOLD, **BOTH}
    put(client, f"/v1/applications/{app}/references/{robin}", **told)
    spoke = {"direction": "out", "channel": "phone", "outcome": "spoke", "at": CALLED}
    said = {"summary": "They decide on the 15th.", "hear_by": {"date": "2026-06-15"}}
    add(client, f"/v1/applications/{app}/follow-ups", **spoke, **said)
    add(client, "/v1/search-activities", kind="networking", at=LUNCH, note="Lunch.")


def test_ten_calls_complete_the_seven_steps_and_leave_the_rows_of_the_story_over_rest(world: World) -> None:
    begun = world.clock.now
    user = world.sign_up()
    picture = told_to_an_assistant(Assistant.of(world, user))
    states = {number: {step["state"] for step in picture["steps"] if step["step"] == number} for number in range(1, 8)}
    assert all(DONE & found for number, found in states.items() if number < 7), states
    assert states[7] <= {"open", "upcoming"} | DONE  # it opens again some days after the last activity
    world.clock.now = begun
    other = world.sign_up()
    told_over_rest(world, other)
    mine, theirs = (facts_of(world, read(client, "/v1/me")["id"]) for client in (user, other))
    for name, rows in mine.items():
        assert rows == theirs[name], name
    assert sum(map(len, mine.values())) > 20
