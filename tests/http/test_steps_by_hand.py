"""Steps changed by hand: completed, skipped, reopened and snoozed; evidence takes precedence."""

from datetime import datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import (
    NOW,
    STARTED,
    UNKNOWN,
    Answer,
    Request,
    act,
    add,
    application,
    fault,
    interview,
    interviewed,
    items,
    problem,
    read,
    step,
    steps,
)

pytestmark = pytest.mark.sqlite(profile="quick")

TUESDAY = "2026-06-02T12:00:00Z"


def do(client: TestClient, app: str, number: int, action: str, **body: object) -> Answer:
    return act(client, f"/v1/steps/{step(client, app, number)['id']}/{action}", **body)


@pytest.mark.parametrize("number", range(1, 6))
def test_a_step_is_completed_by_hand_with_the_time_it_was_done(client: TestClient, number: int) -> None:
    app, _ = interviewed(client)
    assert do(client, app, number, "complete")["completed_at"] == NOW
    ticked = do(client, app, number, "complete", at="2026-05-29T16:00:00Z", note="On the phone.")
    assert (ticked["state"], ticked["reason"]["code"]) == ("done_late" if number < 5 else "done", "by_hand")
    opened = do(client, app, number, "reopen")
    assert (opened["state"], opened["completed_at"]) == ("overdue" if number < 5 else "open", None)


def test_of_several_overrides_the_one_with_the_latest_date_counts(client: TestClient) -> None:
    app, _ = interviewed(client)
    do(client, app, 4, "skip", at="2026-05-29T18:00:00Z")
    do(client, app, 4, "complete", at="2026-05-29T16:00:00Z")
    assert step(client, app, 4)["state"] == "skipped"
    do(client, app, 4, "complete", at="2026-05-29T19:00:00Z")
    assert (step(client, app, 4)["state"], step(client, app, 4)["completed_at"]) == ("done", "2026-05-29T19:00:00Z")


@pytest.mark.parametrize(
    ("first", "then", "texts"),
    [
        pytest.param(
            ("skip", "reopen"),
            "complete",
            ("You ticked", "than the reopening at 08:00 on Mon 1 Jun 2026 (EDT)"),
            id="tick",
        ),
        pytest.param(("complete",), "reopen", ("You reopened", "than the tick at"), id="reopening"),
        pytest.param(("skip",), "complete", ("You ticked", "than the skip at"), id="tick-of-a-skipped-step"),
        pytest.param(("complete",), "complete", ("You ticked", "than the tick at"), id="earlier-tick"),
    ],
)
def test_an_override_before_a_later_one_changes_nothing_and_says_so(
    world: World, client: TestClient, first: tuple[str, ...], then: str, texts: tuple[str, str]
) -> None:
    app, _ = interviewed(client)
    for action in first:
        before = do(client, app, 4, action)
    assert before["warnings"] == []
    after = do(client, app, 4, then, at="2026-05-29T18:00:00Z")
    assert after["state"] == before["state"]
    (warning,) = after["warnings"]
    assert warning["code"] == "override_without_effect"
    assert (warning["method"], warning["href"]) == ("POST", f"/v1/steps/{after['id']}/{then}")
    assert all(text in warning["text"] for text in texts)
    assert steps(client, app)["steps"][3]["warnings"] == [warning]
    world.clock.now += timedelta(hours=1)
    assert act(client, warning["href"])["warnings"] == []


@pytest.mark.parametrize(("action", "verb"), [("reopen", "reopened"), ("skip", "skipped")])
def test_a_step_that_is_done_by_evidence_says_that_it_stays_done(client: TestClient, action: str, verb: str) -> None:
    app, round_ = interviewed(client)
    do(client, app, 4, "skip", at="2026-05-29T16:00:00Z")
    add(client, f"/v1/applications/{app}/letters", interview_id=round_, sent_at="2026-05-29T18:00:00Z")
    assert step(client, app, 4)["warnings"] == []
    (warning,) = do(client, app, 4, action)["warnings"]
    assert warning["text"].startswith(f"You {verb} this step after it was done.")
    assert read(client, warning["href"])["state"] == "done"


def test_an_override_may_be_dated_before_the_step_opens_but_not_in_the_future(client: TestClient) -> None:
    app = application(client)
    interview(client, app, starts_at="2026-06-03T14:00:00Z")
    assert do(client, app, 3, "complete", at=STARTED)["state"] == "done"
    id_ = step(client, app, 4)["id"]
    for action in ("complete", "skip", "reopen"):
        fault(client.post(f"/v1/steps/{id_}/{action}", json={"at": "2026-06-01T12:05:01Z"}), "/at")
    assert step(client, app, 4)["state"] == "upcoming"


@pytest.mark.parametrize(
    ("number", "href"),
    [
        pytest.param(6, "/v1/applications/{app}/follow-ups", id="a-call"),
        pytest.param(7, "/v1/search-activities", id="a-search"),
    ],
)
def test_steps_6_and_7_are_completed_only_by_recording_the_fact(client: TestClient, number: int, href: str) -> None:
    app, _ = interviewed(client)
    before = step(client, app, number)
    found = problem(client.post(f"/v1/steps/{before['id']}/complete"), 422, "record_the_fact")
    assert (found["method"], found["href"]) == ("POST", href.format(app=app))
    assert found["href"] in found["detail"]
    assert step(client, app, number) == before


def test_evidence_takes_precedence_over_a_skip(client: TestClient) -> None:
    app, round_ = interviewed(client)
    assert do(client, app, 4, "skip")["reason"]["code"] == "skipped_by_user"
    add(client, f"/v1/applications/{app}/letters", interview_id=round_, sent_at="2026-05-29T18:00:00Z")
    assert step(client, app, 4)["reason"]["code"] == "evidence"


def test_the_earlier_of_override_and_evidence_counts(client: TestClient) -> None:
    app, round_ = interviewed(client)
    add(client, f"/v1/applications/{app}/letters", interview_id=round_, sent_at="2026-05-31T18:00:00Z")
    assert step(client, app, 4)["state"] == "done_late"
    assert do(client, app, 4, "complete", at="2026-05-29T18:00:00Z")["state"] == "done"


def test_skipping_a_call_opens_no_further_call_and_warns_of_it(client: TestClient) -> None:
    app, _ = interviewed(client)
    skipped = do(client, app, 6, "skip")
    assert skipped["state"] == "skipped"
    (warning,) = skipped["warnings"]
    assert "No further call is planned until the next interview or follow-up" in warning["text"]
    assert (warning["code"], warning["href"]) == ("chain_of_calls_ended", f"/v1/steps/{skipped['id']}/reopen")
    assert [s["state"] for s in steps(client, app)["steps"] if s["number"] == 6] == ["skipped"]
    add(client, f"/v1/applications/{app}/follow-ups", direction="out", channel="phone", outcome="spoke")
    assert [s["state"] for s in steps(client, app)["steps"] if s["number"] == 6] == ["done", "upcoming"]


def test_skipping_overdue_steps_includes_one_that_is_due_this_second(world: World, client: TestClient) -> None:
    app, _ = interviewed(client)
    open_step = step(client, app, 5)
    assert open_step["state"] == "open"
    world.clock.now = datetime.fromisoformat(open_step["due_at"])
    act(client, f"/v1/applications/{app}/steps/skip", steps="overdue")
    assert read(client, f"/v1/steps/{open_step['id']}")["state"] == "skipped"


def test_all_overdue_steps_of_an_application_are_skipped_at_once(client: TestClient) -> None:
    app, _ = interviewed(client)
    other, _ = interviewed(client)
    after = act(client, f"/v1/applications/{app}/steps/skip", steps="overdue", note="Recorded afterwards.")
    assert [line["state"] for line in after["headline"]] == ["skipped"] * 4 + ["open", "upcoming", "open"]
    assert after == steps(client, app)
    assert {item["application_id"] for item in items(client, "/v1/queue")} == {other}
    assert act(client, f"/v1/applications/{app}/steps/skip", steps="overdue") == after


def test_chosen_steps_are_skipped_together_or_not_at_all(client: TestClient) -> None:
    app, _ = interviewed(client)
    other, _ = interviewed(client)
    href, ids = f"/v1/applications/{app}/steps/skip", [step(client, app, n)["id"] for n in (1, 7)]
    before = steps(client, app)
    for wrong in (step(client, other, 1)["id"], UNKNOWN, "nothing"):
        problem(client.post(href, json={"steps": [*ids, wrong]}), 404, "not_found", "/steps/2")
    future: Answer = {"steps": ids, "at": "2026-06-01T12:05:01Z"}
    faults: list[Answer] = [{}, {"steps": []}, {"steps": "open"}, {"steps": 3}, future]
    for body in faults:
        problem(client.post(href, json=body), 422, "invalid")
    assert steps(client, app) == before
    after = act(client, href, steps=[*ids, ids[0]], at="2026-06-01T10:00:00Z")
    assert [line["number"] for line in after["headline"] if line["state"] == "skipped"] == [1, 7]


def test_a_snoozed_step_leaves_the_queue_until_its_snooze_ends_and_nothing_else_changes(
    world: World, client: TestClient
) -> None:
    app, _ = interviewed(client)
    before = step(client, app, 1)
    asleep = do(client, app, 1, "snooze", until=TUESDAY)
    assert asleep == {**before, "snoozed_until": TUESDAY} == step(client, app, 1)
    assert before["id"] not in [item["id"] for item in items(client, "/v1/queue")]
    tag = client.get("/v1/queue").headers["etag"]
    world.clock.now += timedelta(days=1) - timedelta(seconds=1)
    assert before["id"] not in [item["id"] for item in items(client, "/v1/queue")]
    world.clock.now += timedelta(seconds=1)
    assert before["id"] in [item["id"] for item in items(client, "/v1/queue")]
    assert client.get("/v1/queue", headers={"If-None-Match": tag}).status_code == 200


def test_a_snooze_can_be_removed(client: TestClient) -> None:
    app, _ = interviewed(client)
    before = step(client, app, 1)
    do(client, app, 1, "snooze", until=TUESDAY)
    for _ in range(2):
        assert client.delete(f"/v1/steps/{before['id']}/snooze").status_code == 204
        assert step(client, app, 1) == before


@pytest.mark.own_statements
def test_a_snooze_ends_when_the_step_closes_or_its_deadline_moves(client: TestClient) -> None:
    app, round_ = interviewed(client)
    for number in (1, 4):
        do(client, app, number, "snooze", until=TUESDAY)
    do(client, app, 4, "complete")
    assert (step(client, app, 4)["snoozed_until"], step(client, app, 1)["snoozed_until"]) == (None, TUESDAY)
    do(client, app, 4, "reopen")
    assert step(client, app, 4)["snoozed_until"] is None
    client.patch(f"/v1/interviews/{round_}", json={"location": "Room 2"})
    assert step(client, app, 1)["snoozed_until"] == TUESDAY
    client.patch(f"/v1/interviews/{round_}", json={"time_zone": "UTC"})
    assert step(client, app, 1)["snoozed_until"] is None


@pytest.mark.parametrize(
    ("until", "status"),
    [
        pytest.param("2026-06-01T12:00:01Z", 200, id="a-second-ahead"),
        pytest.param("2026-07-01T12:00:00Z", 200, id="30-days-ahead"),
        pytest.param("2026-07-01T12:00:01Z", 422, id="a-second-more-than-30-days"),
        pytest.param(NOW, 422, id="now"),
        pytest.param("2026-05-01T12:00:00Z", 422, id="the-past"),
        pytest.param("2026-06-02T12:00:00", 422, id="no-offset"),
        pytest.param(None, 422, id="null"),
    ],
)
def test_a_snooze_lasts_30_days_at_most(client: TestClient, until: str | None, status: int) -> None:
    app, _ = interviewed(client)
    id_ = step(client, app, 1)["id"]
    answer = client.post(f"/v1/steps/{id_}/snooze", json={"until": until})
    assert answer.status_code == status, answer.text
    if status == 422:
        fault(answer, "/until")
    assert step(client, app, 1)["snoozed_until"] == (until if status == 200 else None)


def test_a_closed_step_cannot_be_snoozed(client: TestClient) -> None:
    app, _ = interviewed(client)
    id_ = do(client, app, 4, "skip")["id"]
    problem(client.post(f"/v1/steps/{id_}/snooze", json={"until": TUESDAY}), 409, "step_closed")


def test_a_step_with_an_outdated_version_is_not_overwritten(client: TestClient) -> None:
    app, _ = interviewed(client)
    href = f"/v1/steps/{step(client, app, 4)['id']}"
    old = client.get(href).headers["etag"]
    done = client.post(f"{href}/complete", headers={"If-Match": old})
    assert (done.status_code, done.headers["etag"]) == (200, client.get(href).headers["etag"])
    stale: list[Request] = [
        ("POST", "/skip", {}),
        ("POST", "/snooze", {"until": TUESDAY}),
        ("DELETE", "/snooze", None),
    ]
    for method, path, body in stale:
        answer = client.request(method, href + path, json=body, headers={"If-Match": old})
        assert problem(answer, 412, "precondition_failed")["current"] == done.json()
    assert read(client, href) == done.json()
