"""What time and facts do is told exactly once (I16), whatever the clock, the workers and the writes in between do."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from api.models import Event, StepInstance, StepNotice
from api.services import listening
from api.services.events import journal
from api.services.steps import recompute
from api.storage.session import ANY_OWNER
from api.workers.recompute import recompute_pass
from tests.conftest import World
from tests.http.api_client import add, interviewed, items, step
from tests.http.test_scenarios import Recorder
from tests.profiles import budget
from tests.receiver import tick
from tests.rules.vectors import SCENARIOS
from tests.services.delivering import rows
from tests.services.driving import drive, number_ids, set_world
from tests.services.notice_machine import Listening

OPERATIONS = 60


@pytest.mark.drawn
def test_every_transition_is_told_once_or_overtaken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recompute, "SLICE_SECONDS", -1)  # one batch
    monkeypatch.setattr(recompute, "BATCH_SIZE", 1)
    monkeypatch.setattr(journal, "MAX_STEP_EVENTS", 6)
    number_ids(monkeypatch)
    set_world(Listening, world, world.sign_up())
    sequences = budget(quick=4, long=70)
    drive(Listening, sequences=sequences, operations=OPERATIONS)


def test_a_step_is_told_at_the_very_second_at_which_it_opens_and_is_due(world: World, client: TestClient) -> None:
    add(client, "/v1/webhooks", url="https://hooks.example.com/a")
    app, _ = interviewed(client, starts_at="2026-06-02T09:00:00Z", ends_at="2026-06-02T10:00:00Z")
    letter = step(client, app, 4)
    for field, kind in (("opens_at", "step.opened"), ("due_at", "step.overdue")):
        world.clock.now = datetime.fromisoformat(letter[field]) - timedelta(seconds=1)
        tick(world)
        assert letter["id"] not in {one["data"]["step"]["id"] for one in items(client, "/v1/events", type=kind)}
        world.clock.now += timedelta(seconds=1)
        tick(world)
        assert letter["id"] in {one["data"]["step"]["id"] for one in items(client, "/v1/events", type=kind)}


def test_the_notices_of_many_steps_are_made_in_the_background_and_tell_the_same(
    world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = world.sign_up()
    for account in (client, other):
        interviewed(account, starts_at="2026-06-02T09:00:00Z", ends_at="2026-06-02T10:00:00Z")
    add(client, "/v1/webhooks", url="https://hooks.example.com/a")
    monkeypatch.setattr(listening, "MAX_AT_ONCE", 2)
    add(other, "/v1/webhooks", url="https://hooks.example.com/a")
    assert len(rows(world, StepNotice)) == len(items(client, "/v1/queue", state="upcoming,open,overdue")) > 2
    recompute_pass(world.database, world.clock)
    assert items(other, "/v1/events") == []
    made = Counter((notice.user_id, notice.told) for notice in rows(world, StepNotice))
    assert len(set(made.values())) == 1
    world.clock.now += timedelta(days=3)
    tick(world)
    told = [Counter(one["type"] for one in items(account, "/v1/events")) for account in (client, other)]
    assert told[0] == told[1] != {}


def test_a_removed_step_that_was_announced_as_overdue_is_told_as_corrected(world: World, client: TestClient) -> None:
    add(client, "/v1/webhooks", url="https://hooks.example.com/a")
    _, interview = interviewed(client, starts_at="2026-06-01T09:00:00Z", ends_at="2026-06-01T10:00:00Z")
    world.clock.now += timedelta(days=4)
    tick(world)
    overdue = {one["data"]["step"]["id"] for one in items(client, "/v1/events", type="step.overdue")}
    assert client.delete(f"/v1/interviews/{interview}").status_code in (200, 204)
    removed = items(client, "/v1/events", type="step.removed")
    assert removed
    assert {one["data"]["step"]["id"] for one in removed if one["data"]["corrected"]} == overdue & {
        one["data"]["step"]["id"] for one in removed
    }
    assert any(one["data"]["corrected"] for one in removed)


def test_a12_a_letter_that_was_in_time_but_recorded_late_is_told_as_corrected(world: World) -> None:
    case = next(case for case in SCENARIOS if case["id"] == "A12")
    world.clock.now = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
    client = world.sign_up(case["facts"]["user_tz"])
    add(client, "/v1/webhooks", url="https://hooks.example.com/a")
    recorder = Recorder(client)
    app = recorder.enter({**case["facts"], "letters": []}, case["policy"])
    world.clock.now = datetime.fromisoformat(case["now"])
    tick(world)
    (late,) = [one for one in items(client, "/v1/events", type="step.overdue") if one["data"]["step"]["number"] == 4]
    assert late["timestamp"] == "2026-03-03T16:00:00Z"
    (letter,) = case["facts"]["letters"]
    made = {"interview_id": recorder.ids["r1"], "body": "Thank you.", "sent_at": letter["sent_at"]}
    add(client, f"/v1/applications/{app}/letters", **made)
    (done,) = [one for one in items(client, "/v1/events", type="step.done") if one["data"]["step"]["number"] == 4]
    assert done["data"]["corrected"]
    assert done["data"]["step"]["completed_at"] == letter["sent_at"]


def test_more_than_a_hundred_steps_of_a_tick_are_all_told(world: World, client: TestClient) -> None:
    add(client, "/v1/webhooks", url="https://hooks.example.com/a")
    start = world.clock.now + timedelta(hours=1)
    for _ in range(30):
        interviewed(client, starts_at=start.isoformat(), ends_at=(start + timedelta(hours=1)).isoformat())
    world.clock.now += timedelta(days=60)
    tick(world)
    with world.database.read(world.clock.now) as session:
        events = session.exec(select(Event), execution_options=ANY_OWNER).all()
        steps = session.exec(select(StepInstance), execution_options=ANY_OWNER).all()
    told = Counter(json.loads(one.body)["data"]["step"]["id"] for one in events if one.type == "step.overdue")
    overdue = [one.id for one in steps if one.closed_state is None and one.due_at <= world.clock.now]
    assert len(overdue) > 100
    assert told == Counter(overdue)
