"""Follow-ups: contact with the employer in both directions, and the next call that each one opens."""

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import (
    NOW,
    UNKNOWN,
    Answer,
    add,
    alter,
    application,
    contact,
    fault,
    interviewed,
    items,
    problem,
    read,
    step,
    steps,
)

pytestmark = pytest.mark.sqlite(profile="quick")

SPOKE = {"direction": "out", "channel": "phone", "outcome": "spoke"}
AT_NINE = "2026-06-01T11:00:00Z"


def at(app: str) -> str:
    return f"/v1/applications/{app}/follow-ups"


@pytest.mark.parametrize("ending", ["rejected", "withdrawn", "no_response"])
def test_news_after_the_end_of_an_application_leads_to_its_stages(client: TestClient, ending: str) -> None:
    app = application(client)
    add(client, f"/v1/applications/{app}/stages", stage=ending, at="2026-05-31T10:00:00Z")
    news = {"direction": "in", "channel": "phone", "outcome": "status"}
    before = add(client, at(app), **news, at="2026-05-30T10:00:00Z")
    ours = add(client, at(app), **SPOKE)
    after = add(client, at(app), **news)
    round_ = add(client, f"/v1/applications/{app}/interviews", starts_at="2026-06-09T14:00:00Z")
    past = add(client, f"/v1/applications/{app}/interviews", starts_at="2026-05-29T14:00:00Z")
    off = add(client, f"/v1/applications/{app}/interviews", starts_at="2026-06-09T14:00:00Z", status="cancelled")
    assert before["warnings"] == ours["warnings"] == past["warnings"] == off["warnings"] == []
    for made, href in ((after, f"/v1/follow-ups/{after['id']}"), (round_, f"/v1/interviews/{round_['id']}")):
        (warning,) = made["warnings"]
        assert (warning["code"], warning["method"]) == ("application_closed", "POST")
        assert f"`{ending}`" in warning["text"]
        assert read(client, href) == made
    assert [len(one["warnings"]) for one in items(client, at(app))] == [0, 0, 1]
    add(client, warning["href"], stage="interviewing")
    again = client.get(f"/v1/follow-ups/{after['id']}", headers={"If-None-Match": after["etag"]})
    assert (again.status_code, again.json()["warnings"]) == (200, [])


@pytest.mark.own_statements
def test_a_follow_up_is_dated_now_and_shows_every_key(client: TestClient) -> None:
    app = application(client)
    answer = client.post(at(app), json=SPOKE)
    made = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"/v1/follow-ups/{made['id']}")
    blank = ("contact_id", "contact_from", "contact_by", "hear_by", "summary")
    assert {name: made[name] for name in (*SPOKE, "at", *blank)} == {**SPOKE, "at": NOW, **dict.fromkeys(blank)}
    earlier = add(client, at(app), **SPOKE, at=AT_NINE)["id"]
    assert [one["id"] for one in items(client, at(app))] == [earlier, made["id"]]
    assert [one["id"] for one in items(client, at(app), sort="-at")] == [made["id"], earlier]


OUT = ("no_answer", "left_message", "emailed", "spoke", "decision")
IN = ("status", "decision")


@pytest.mark.parametrize("direction", ["out", "in"])
@pytest.mark.parametrize("outcome", sorted({*OUT, *IN}))
def test_an_outcome_belongs_to_a_direction_whatever_the_channel(
    client: TestClient, direction: str, outcome: str
) -> None:
    app = application(client)
    allowed = outcome in (OUT if direction == "out" else IN)
    for channel in ("phone", "email", "in_person", "message"):
        body = {"direction": direction, "channel": channel, "outcome": outcome}
        answer = client.post(at(app), json=body)
        assert answer.status_code == (201 if allowed else 422), answer.text
        if not allowed:
            assert fault(answer, "/outcome") == "outcome_of_other_direction"
    assert len(items(client, at(app))) == (4 if allowed else 0)


@pytest.mark.own_statements
def test_a_direction_is_changed_together_with_its_outcome(client: TestClient) -> None:
    app = application(client)
    href = f"/v1/follow-ups/{add(client, at(app), **SPOKE)['id']}"
    fault(client.patch(href, json={"direction": "in"}), "/outcome")
    assert read(client, href)["direction"] == "out"
    assert alter(client, href, direction="in", outcome="status")["version"] == 2


@pytest.mark.parametrize(
    ("body", "done", "follows"),
    [
        pytest.param(SPOKE, "evidence", "2026-06-08T13:00:00Z", id="they-spoke-and-ask-again-in-five-days"),
        pytest.param({**SPOKE, "outcome": "emailed"}, "evidence", "2026-06-08T13:00:00Z", id="an-e-mail-asks-too"),
        pytest.param(
            {"direction": "in", "channel": "email", "outcome": "status"},
            *("company_contacted_you", "2026-06-08T13:00:00Z"),
            id="they-got-in-touch",
        ),
        pytest.param(
            {"direction": "in", "channel": "phone", "outcome": "decision"},
            *("company_contacted_you", None),
            id="a-decision-ends-the-asking",
        ),
        pytest.param(
            {**SPOKE, "contact_from": {"date": "2026-06-12", "time": "10:15"}},
            *("evidence", "2026-06-12T14:15:00Z"),
            id="a-date-that-was-given",
        ),
    ],
)
def test_a_contact_completes_the_call_and_opens_the_next(
    client: TestClient, body: Answer, done: str, follows: str | None
) -> None:
    app, round_ = interviewed(client)
    made = add(client, at(app), **body)
    asked = step(client, app, 6, f"interview:{round_}")
    assert (asked["state"], asked["reason"]["code"], asked["completed_at"]) == ("done", done, NOW)
    assert [e["id"] for e in asked["evidence"]] == [made["id"]]
    chain = [s for s in steps(client, app)["steps"] if s["number"] == 6]
    assert [s["opens_at"] for s in chain if s["scope"] == f"followup:{made['id']}"] == [follows] * bool(follows)
    told = client.delete(f"/v1/follow-ups/{made['id']}", params={"dry_run": "true"}).json()["reopened_steps"]
    assert [s["scope"] for s in told] == [f"interview:{round_}"]
    assert client.delete(f"/v1/follow-ups/{made['id']}").status_code == 204
    assert [s["state"] for s in steps(client, app)["steps"] if s["number"] == 6] == ["upcoming"]


def test_no_answer_extends_the_deadline_once_and_only_before_it(world: World, client: TestClient) -> None:
    app, _ = interviewed(client)
    world.clock.now = world.clock.now.replace(day=3, hour=20)
    assert step(client, app, 6)["due_at"] == "2026-06-03T21:00:00Z"
    add(client, at(app), direction="out", channel="phone", outcome="no_answer")
    assert step(client, app, 6)["due_at"] == "2026-06-04T21:00:00Z"
    world.clock.now = world.clock.now.replace(day=5)
    add(client, at(app), direction="out", channel="phone", outcome="no_answer")
    assert (step(client, app, 6)["due_at"], step(client, app, 6)["state"]) == ("2026-06-04T21:00:00Z", "overdue")


def test_after_two_unanswered_questions_no_further_call_opens(client: TestClient) -> None:
    app, _ = interviewed(client)
    for day in (30, 31):
        add(client, at(app), direction="out", channel="email", outcome="emailed", at=f"2026-05-{day}T15:00:00Z")
    chain = [s for s in steps(client, app)["steps"] if s["number"] == 6]
    assert {s["state"] for s in chain} == {"done"}
    assert [hint["code"] for s in chain for hint in s["advice"]] == ["consider_moving_on"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param({"direction": "sideways"}, "/direction", id="an-unknown-direction"),
        pytest.param({"channel": "pigeon"}, "/channel", id="an-unknown-channel"),
        pytest.param({"outcome": None}, "/outcome", id="null-for-the-outcome"),
        pytest.param({"at": "2026-06-01T12:05:01Z"}, "/at", id="a-call-in-the-future"),
        pytest.param({"contact_from": {"date": "2026-06-31"}}, "/contact_from/date", id="a-day-that-does-not-exist"),
        pytest.param({"contact_from": {"time": "10:00"}}, "/contact_from/date", id="a-time-without-a-day"),
        pytest.param(
            {"contact_from": {"date": "2026-06-05"}, "contact_by": {"date": "2026-06-04"}},
            "/contact_by",
            id="a-frame-the-wrong-way-round",
        ),
    ],
)
def test_an_invalid_follow_up_is_neither_recorded_nor_changed(client: TestClient, body: Answer, pointer: str) -> None:
    app, _ = interviewed(client)
    made = add(client, at(app), **SPOKE)
    before = steps(client, app)
    fault(client.post(at(app), json={**SPOKE, **body}), pointer)
    fault(client.patch(f"/v1/follow-ups/{made['id']}", json=body), pointer)
    assert (items(client, at(app)), steps(client, app)) == ([made], before)


@pytest.mark.own_statements
def test_the_contact_of_a_follow_up_must_be_the_users_own(client: TestClient, stranger: TestClient) -> None:
    app, kim = application(client), contact(client)
    for id_ in (contact(stranger), UNKNOWN):
        problem(client.post(at(app), json={**SPOKE, "contact_id": id_}), 404, "not_found", "/contact_id")
    made = add(client, at(app), **SPOKE, contact_id=kim)
    fault(client.patch(f"/v1/follow-ups/{made['id']}", json={"at": None}), "/at")
    assert alter(client, f"/v1/follow-ups/{made['id']}", contact_id=None)["contact_id"] is None
