"""The seven steps as they are read: at any instant, with the rules applied, and unchanged when nothing changed."""

from datetime import timedelta
from uuid import UUID, uuid5

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import (
    ENDED,
    NOW,
    STARTED,
    Answer,
    add,
    alter,
    application,
    contact,
    interview,
    interviewed,
    problem,
    put,
    read,
    step,
    steps,
)

TOLD = (
    "Your interview ended Fri 29 May, 11:00 EDT. A thank-you letter is due within 24 hours; "
    "it was due Sat 30 May, 11:00 EDT."
)
CODES = ["next_stage", "contact_details", "notes", "thank_you", "references", "status_call", "keep_looking"]


@pytest.mark.parametrize(
    ("stage", "state", "reason"),
    [
        pytest.param("applied", "not_started", "no_interview", id="while-it-is-alive"),
        pytest.param("rejected", "not_applicable", "application_closed", id="when-it-is-closed"),
    ],
)
def test_without_a_round_each_number_stands_once_and_nothing_is_stored(
    client: TestClient, stage: str, state: str, reason: str
) -> None:
    found = steps(client, application(client, stage=stage))
    assert [(s["number"], s["step"]) for s in found["steps"]] == list(enumerate(CODES, 1))
    scopes = [None, None, None, None, "application", None, "application"]
    assert [s["scope"] for s in found["steps"]] == scopes
    assert {(s["id"], s["state"], s["reason"]["code"]) for s in found["steps"]} == {(None, state, reason)}
    assert {(s["opens_at"], s["due_at"], s["next_action"], s["changes_at"]) for s in found["steps"]} == {(None,) * 4}
    assert [(line["state"], line["step_id"]) for line in found["headline"]] == [(state, None)] * 7
    assert found["as_of"] is None


def test_a_step_tells_everything_about_itself(client: TestClient) -> None:
    app, round_ = interviewed(client)
    found = step(client, app, 4)
    zone = "America/New_York"
    data = {"interview_id": round_, "started_at": STARTED, "ended_at": ENDED, "zone": zone, "hours": 24}
    assert found == {
        "id": str(uuid5(UUID(app), f"4:interview:{round_}")),
        "application_id": app,
        "number": 4,
        "step": "thank_you",
        "scope": f"interview:{round_}",
        "state": "overdue",
        "opens_at": ENDED,
        "due_at": "2026-05-30T15:00:00Z",
        "due_zone": zone,
        "due_basis": "elapsed",
        "completed_at": None,
        "reason": {"code": "send_thank_you", "text": TOLD, "data": data},
        "progress": {"done": 0, "total": 1, "missing": ["letter"]},
        "evidence": [],
        "next_action": {
            "code": "draft_letter",
            "text": "Write the thank-you letter: it is composed from your notes, and yours to change.",
            "method": "POST",
            "href": f"/v1/interviews/{round_}/letters/compose",
        },
        "warnings": [],
        "advice": [],
        "changes_at": None,
        "snoozed_until": None,
        "trace": None,
    }
    assert read(client, f"/v1/steps/{found['id']}") == found
    assert read(client, f"/v1/steps/{found['id'].upper()}") == found


def test_the_headline_speaks_for_the_most_pressing_round(client: TestClient) -> None:
    app, first = interviewed(client)
    second = interview(client, app, starts_at="2026-06-03T14:00:00Z")
    found = steps(client, app)
    assert [line["number"] for line in found["headline"]] == [1, 2, 3, 4, 5, 6, 7]
    scopes = {s["id"]: s["scope"] for s in found["steps"]}
    told = {line["number"]: scopes[line["step_id"]] for line in found["headline"]}
    assert told == {
        1: f"interview:{second}",
        **dict.fromkeys((2, 3, 4), f"interview:{first}"),
        5: "application",
        6: f"interview:{second}",
        7: "application",
    }
    assert len(found["steps"]) == 4 + 4 + 1 + 2 + 1


def test_the_past_is_judged_by_what_was_known_then_and_the_schedule_of_today(client: TestClient) -> None:
    app, round_ = interviewed(client)
    base = f"/v1/applications/{app}"
    note = {"interview_id": round_, "text": "x", "noted_at": "2026-05-29T16:00:00Z"}
    for kind in ("positive", "concern"):
        add(client, f"{base}/notes", **note, kind=kind)
    add(client, f"{base}/letters", interview_id=round_, sent_at="2026-05-29T18:00:00Z")
    add(client, f"{base}/stages", stage="rejected", at="2026-05-31T00:00:00Z")
    states = {
        instant: [line["state"] for line in steps(client, app, as_of=instant)["headline"]]
        for instant in ("2026-05-29T13:59:59Z", STARTED, "2026-05-29T15:59:59Z", "2026-05-29T18:00:00Z", NOW)
    }
    assert states == {
        "2026-05-29T13:59:59Z": ["upcoming"] * 7,
        STARTED: ["open"] * 2 + ["upcoming"] * 5,
        "2026-05-29T15:59:59Z": ["open"] * 5 + ["upcoming", "open"],
        "2026-05-29T18:00:00Z": ["open", "open", "done", "done", "open", "upcoming", "open"],
        NOW: ["missed", "missed", "done", "done", "not_applicable", "not_applicable", "not_applicable"],
    }


def test_the_future_passes_its_deadlines_and_nothing_else(client: TestClient) -> None:
    app, _ = interviewed(client)
    now, later = steps(client, app), steps(client, app, as_of="2026-06-06T06:00:00+02:00")
    assert (now["as_of"], later["as_of"]) == (None, "2026-06-06T04:00:00Z")
    assert [line["state"] for line in later["headline"]] == ["overdue"] * 7
    own = ("state", "reason", "changes_at")
    for before, after in zip(now["steps"], later["steps"], strict=True):
        assert {k: v for k, v in before.items() if k not in own} == {k: v for k, v in after.items() if k not in own}
    assert steps(client, app) == now


@pytest.mark.parametrize(
    "as_of",
    [
        pytest.param("2026-06-01T12:00:00", id="no-offset"),
        pytest.param("2026-06-01", id="a-date"),
        pytest.param("now", id="a-word"),
        pytest.param("1780000000", id="unix-time"),
        pytest.param("0001-01-01T00:00:00Z", id="year-1"),
        pytest.param("9999-12-31T23:59:59-12:00", id="beyond-year-9999"),
    ],
)
def test_an_instant_that_is_none_is_refused(client: TestClient, as_of: str) -> None:
    app, _ = interviewed(client)
    for href in (f"/v1/applications/{app}/steps", "/v1/queue"):
        problem(client.get(href, params={"as_of": as_of}), 422, "invalid", "as_of")


@pytest.mark.parametrize("as_of", ["1970-01-01T00:00:00Z", "2199-12-31T23:59:59Z"])
def test_the_ends_of_time_can_be_asked_for(client: TestClient, as_of: str) -> None:
    app, _ = interviewed(client)
    assert steps(client, app, as_of=as_of)["as_of"] == as_of


def test_explaining_adds_the_rules_that_were_applied_and_nothing_else(client: TestClient) -> None:
    app, _ = interviewed(client)
    plain, traced = steps(client, app), steps(client, app, explain=True)
    assert [{**s, "trace": None} for s in traced["steps"]] == plain["steps"]
    letter = step(client, app, 4, explain=True)
    assert [rule["rule"] for rule in letter["trace"]] == ["opens_at_end", "elapsed_hours"]
    assert letter["trace"][1] == {
        "rule": "elapsed_hours",
        "inputs": {"end": ENDED, "thank_you_hours": 24},
        "result": "2026-05-30T15:00:00Z",
    }
    assert read(client, f"/v1/steps/{letter['id']}", explain="true") == letter
    assert all(s["trace"] for s in traced["steps"])


def test_steps_that_did_not_change_are_not_sent_again(world: World, client: TestClient) -> None:
    app, _ = interviewed(client)
    href = f"/v1/applications/{app}/steps"
    tag = client.get(href).headers["etag"]

    def again() -> int:
        return client.get(href, headers={"If-None-Match": tag}).status_code

    assert again() == 304
    world.clock.now += timedelta(hours=15, minutes=59, seconds=59)
    assert again() == 304
    world.clock.now += timedelta(seconds=1)
    assert again() == 200, "the deadline of step 5 has passed"
    world.clock.now -= timedelta(seconds=1)
    assert again() == 304
    assert client.get(href, params={"explain": "true"}, headers={"If-None-Match": tag}).status_code == 200
    add(client, "/v1/search-activities", kind="event")
    assert again() == 200


def test_a_step_id_survives_everything_but_the_fact_that_caused_it(client: TestClient) -> None:
    app, round_ = interviewed(client)
    before = [s["id"] for s in steps(client, app)["steps"]]
    alter(client, f"/v1/interviews/{round_}", starts_at="2026-06-03T14:00:00Z", ends_at=None)
    assert [s["id"] for s in steps(client, app)["steps"]] == before
    client.delete(f"/v1/interviews/{round_}")
    for id_ in before:
        problem(client.get(f"/v1/steps/{id_}"), 404, "not_found")


def test_a_contact_from_the_panel_is_asked_for_and_an_optional_one_is_not(client: TestClient) -> None:
    app, round_ = interviewed(client)
    people = sorted(contact(client) for _ in range(2))
    put(client, f"/v1/interviews/{round_}/interviewers/{people[0]}")
    put(client, f"/v1/interviews/{round_}/interviewers/{people[1]}", optional=True)
    found: Answer = step(client, app, 2)["progress"]
    assert found == {"done": 0, "total": 2, "missing": [f"interviewer:{people[0]}", "status_contact"]}
