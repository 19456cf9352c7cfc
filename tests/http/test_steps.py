"""Reading the seven steps: `as_of`, `explain`, the headline and `304 Not Modified`."""

from datetime import UTC, datetime, timedelta
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
    items,
    problem,
    put,
    read,
    step,
    steps,
)

pytestmark = pytest.mark.sqlite(profile="quick")

TOLD = (
    "Your interview ended at 11:00 on Fri 29 May 2026 (EDT). A thank-you letter is due within 24 hours. "
    "You had until 11:00 on Sat 30 May 2026 (EDT)."
)
CODES = ["next_stage", "contact_details", "notes", "thank_you", "references", "status_call", "keep_looking"]


@pytest.mark.parametrize(
    ("stage", "state", "reason"),
    [
        pytest.param("applied", "not_started", "no_interview", id="an-open-application"),
        pytest.param("rejected", "not_applicable", "application_closed", id="a-closed-application"),
    ],
)
def test_without_a_round_each_number_is_shown_once_and_has_no_id(
    client: TestClient, stage: str, state: str, reason: str
) -> None:
    found = steps(client, application(client, stage=stage))
    assert [(s["number"], s["step"]) for s in found["steps"]] == list(enumerate(CODES, 1))
    scopes = [None, None, None, None, "application", None, "application"]
    assert [s["scope"] for s in found["steps"]] == scopes
    assert {(s["id"], s["state"], s["reason"]["code"]) for s in found["steps"]} == {(None, state, reason)}
    assert {(s["opens_at"], s["due_at"], s["due_zone"], s["changes_at"]) for s in found["steps"]} == {(None,) * 4}
    assert {(s["due_on_local"], s["due_text"]) for s in found["steps"]} == {(None, None)}
    assert [(line["state"], line["step_id"]) for line in found["headline"]] == [(state, None)] * 7
    assert found["as_of"] is None


def cards(client: TestClient, app: str) -> list[Answer]:
    """Return the seven cards of an application: each is of a step, with the step's own words."""
    found = steps(client, app)
    for card in found["headline"]:
        (mine,) = [s for s in found["steps"] if (s["number"], s["id"]) == (card["number"], card["step_id"])]
        assert {name: mine["id" if name == "step_id" else name] for name in card} == card
        assert card["title"]
        assert card["reason"]["text"]
    assert len(found["headline"]) == 7
    return list(found["headline"])


def test_a_new_application_waits_for_its_first_interview(client: TestClient) -> None:
    app = application(client)
    found = cards(client, app)
    assert [card["title"] for card in found] == [step["title"] for step in read(client, "/v1/guide")["steps"]]
    expected = {"code": "create_interview", "method": "POST", "href": f"/v1/applications/{app}/interviews"}
    for card in found:
        parts = {"action": "create_interview", "subject": None}
        assert card["next_action"] == {**expected, **parts, "text": card["next_action"]["text"]}
    for pressing in (
        read(client, f"/v1/applications/{app}", expand="next_action")["next_action"],
        items(client, "/v1/applications", expand="next_action")[0]["next_action"],
    ):
        assert {name: pressing[name] for name in expected} == expected
        assert (pressing["step"], pressing["state"], pressing["title"]) == (
            "next_stage",
            "not_started",
            found[0]["title"],
        )
        assert (pressing["step_id"], pressing["due_at"], pressing["due_zone"], pressing["due_text"]) == (None,) * 4
    add(client, expected["href"], starts_at="2026-05-29T14:00:00Z")
    assert "create_interview" not in [card["next_action"]["code"] for card in cards(client, app) if card["next_action"]]


def test_an_application_whose_only_round_was_cancelled_waits_for_another_one(client: TestClient) -> None:
    app, interview_id = interviewed(client, starts_at="2026-06-29T14:00:00Z")
    alter(client, f"/v1/interviews/{interview_id}", status="cancelled")
    actions = [card["next_action"] and card["next_action"]["code"] for card in cards(client, app)]
    assert actions == [None, None, None, None, *["create_interview"] * 3]
    pressing = read(client, f"/v1/applications/{app}", expand="next_action")["next_action"]
    assert (pressing["code"], pressing["step"]) == ("create_interview", "references")


def test_a_closed_application_waits_for_nothing(client: TestClient) -> None:
    app = application(client, stage="rejected")
    assert {card["next_action"] for card in cards(client, app)} == {None}
    assert read(client, f"/v1/applications/{app}", expand="next_action")["next_action"] is None


@pytest.mark.own_statements
@pytest.mark.parametrize(
    ("number", "day", "text"),
    [
        pytest.param(
            1, "2026-05-29", "the end of Fri 29 May 2026 (EDT)", id="a-deadline-at-midnight-is-the-day-before"
        ),
        pytest.param(4, "2026-05-30", "11:00 on Sat 30 May 2026 (EDT)", id="within-the-day-it-is-that-day"),
        pytest.param(6, "2026-06-03", "17:00 on Wed 3 Jun 2026 (EDT)", id="a-call-ends-with-the-office-hours"),
    ],
)
def test_a_deadline_is_also_the_last_day_and_words(client: TestClient, number: int, day: str, text: str) -> None:
    app, _ = interviewed(client)
    found = step(client, app, number)
    shown = {"due_on_local": day, "due_text": text}
    queued = items(client, "/v1/queue", state="overdue,open,upcoming", step=number)
    places = [found, read(client, f"/v1/steps/{found['id']}"), *queued, cards(client, app)[number - 1]]
    assert len(places) == 4
    assert [{name: place[name] for name in shown} for place in places] == [shown] * 4
    assert text in found["reason"]["text"]


def test_a_step_shows_every_field(client: TestClient) -> None:
    app, round_ = interviewed(client)
    found = step(client, app, 4)
    zone = "America/New_York"
    data = {"interview_id": round_, "started_at": STARTED, "ended_at": ENDED, "zone": zone, "hours": 24}
    text = "Compose the thank-you letter from your notes. You can change the draft."
    href = f"/v1/interviews/{round_}/letters/compose"
    action: Answer = {"code": "draft_letter", "text": text, "method": "POST", "href": href}
    action |= {"action": "draft_letter", "subject": None}
    assert found == {
        "id": str(uuid5(UUID(app), f"4:interview:{round_}")),
        "application_id": app,
        "number": 4,
        "step": "thank_you",
        "title": "Send a thank-you letter within a day",
        "scope": f"interview:{round_}",
        "state": "overdue",
        "opens_at": ENDED,
        "due_at": "2026-05-30T15:00:00Z",
        "due_zone": zone,
        "due_on_local": "2026-05-30",
        "due_text": "11:00 on Sat 30 May 2026 (EDT)",
        "due_basis": "elapsed",
        "completed_at": None,
        "reason": {"code": "send_thank_you", "text": TOLD, "data": data},
        "progress": {"done": 0, "total": 1, "missing": ["letter"], "gaps": [{"code": "letter", "subject": None}]},
        "evidence": [],
        "next_action": action,
        "warnings": [],
        "advice": [],
        "changes_at": None,
        "helps_until": "2026-06-05T15:00:00Z",
        "stale": False,
        "snoozed_until": None,
        "trace": None,
    }
    assert read(client, f"/v1/steps/{found['id']}") == found
    assert read(client, f"/v1/steps/{found['id'].upper()}") == found


def test_the_headline_shows_the_most_urgent_round_of_each_step(client: TestClient) -> None:
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


def test_as_of_in_the_past_uses_the_facts_of_then_and_the_schedule_of_today(client: TestClient) -> None:
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


def test_as_of_in_the_future_changes_only_states_and_reasons(client: TestClient) -> None:
    app, _ = interviewed(client)
    now, later = steps(client, app), steps(client, app, as_of="2026-06-06T06:00:00+02:00")
    assert (now["as_of"], later["as_of"]) == (None, "2026-06-06T04:00:00Z")
    assert [line["state"] for line in later["headline"]] == ["overdue"] * 7
    own = ("state", "stale", "reason", "changes_at")
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
def test_an_invalid_as_of_is_refused(client: TestClient, as_of: str) -> None:
    app, _ = interviewed(client)
    for href in (f"/v1/applications/{app}/steps", "/v1/queue"):
        problem(client.get(href, params={"as_of": as_of}), 422, "invalid", "as_of")


@pytest.mark.parametrize("as_of", ["1970-01-01T00:00:00Z", "2199-12-31T23:59:59Z"])
def test_as_of_accepts_the_earliest_and_the_latest_instant(client: TestClient, as_of: str) -> None:
    app, _ = interviewed(client)
    assert steps(client, app, as_of=as_of)["as_of"] == as_of


def test_explain_adds_the_applied_rules_and_changes_nothing_else(client: TestClient) -> None:
    app, _ = interviewed(client)
    plain, traced = steps(client, app), steps(client, app, explain=True)
    assert [{**s, "trace": None} for s in traced["steps"]] == plain["steps"]
    letter = step(client, app, 4, explain=True)
    assert [rule["rule"] for rule in letter["trace"]] == ["opens_at_end", "elapsed_hours", "helps_for_days"]
    assert letter["trace"][1] == {
        "rule": "elapsed_hours",
        "inputs": {"end": ENDED, "thank_you_hours": 24},
        "result": "2026-05-30T15:00:00Z",
    }
    assert read(client, f"/v1/steps/{letter['id']}", explain="true") == letter
    assert all(s["trace"] for s in traced["steps"])


def test_steps_are_sent_again_when_one_becomes_stale(world: World, client: TestClient) -> None:
    app, _ = interviewed(client)
    notes = step(client, app, 3)
    href = f"/v1/steps/{notes['id']}"
    tags = {at: client.get(at).headers["etag"] for at in (href, f"/v1/applications/{app}/steps", "/v1/queue")}

    def statuses() -> set[int]:
        return {client.get(at, headers={"If-None-Match": tag}).status_code for at, tag in tags.items()}

    assert (notes["state"], notes["helps_until"]) == ("overdue", "2026-06-01T15:00:00Z")
    world.clock.now = datetime(2026, 6, 1, 14, 59, 59, tzinfo=UTC)
    assert (statuses(), read(client, href)["stale"]) == ({304}, False)
    world.clock.now += timedelta(seconds=1)
    assert (statuses(), read(client, href)["stale"]) == ({200}, True)


def test_unchanged_steps_are_not_sent_again(world: World, client: TestClient) -> None:
    app, _ = interviewed(client)
    alter(client, "/v1/me/policy", notes_help_days="always")
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


@pytest.mark.own_statements
def test_a_step_keeps_its_id_until_its_round_is_deleted(client: TestClient) -> None:
    app, round_ = interviewed(client)
    before = [s["id"] for s in steps(client, app)["steps"]]
    alter(client, f"/v1/interviews/{round_}", starts_at="2026-06-03T14:00:00Z", ends_at=None)
    assert [s["id"] for s in steps(client, app)["steps"]] == before
    client.delete(f"/v1/interviews/{round_}")
    for id_ in before:
        problem(client.get(f"/v1/steps/{id_}"), 404, "not_found")


def test_the_details_of_an_interviewer_are_missing_but_not_those_of_an_optional_one(client: TestClient) -> None:
    app, round_ = interviewed(client)
    people = sorted(contact(client) for _ in range(2))
    put(client, f"/v1/interviews/{round_}/interviewers/{people[0]}")
    put(client, f"/v1/interviews/{round_}/interviewers/{people[1]}", optional=True)
    found: Answer = step(client, app, 2)["progress"]
    gaps = [
        {"code": "interviewer", "subject": {"type": "contact", "id": people[0]}},
        {"code": "status_contact", "subject": None},
    ]
    missing = [f"interviewer:{people[0]}", "status_contact"]
    assert found == {"done": 0, "total": 2, "missing": missing, "gaps": gaps}
