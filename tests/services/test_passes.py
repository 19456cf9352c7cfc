"""Passes of background tasks that stop, that meet an account which waits, and that fail for a reason of the service."""

import logging
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from api.errors import UnavailableError
from api.models import SearchEntry, StepNotice
from api.services.steps import recompute
from api.services.webhooks import sending
from api.workers import digests
from api.workers.recompute import recompute_pass
from api.workers.search import search_pass
from api.workers.ticks import tick_account, tick_pass
from api.workers.units import IncompletePassError, Units
from tests.conftest import World
from tests.http.api_client import alter, application, interviewed, read, step
from tests.services.delivering import Receivers, deliver, hook, rows
from tests.wanted_mails import WANTS, outbox, planned, queue_digests, subscriber

DAY = timedelta(days=1)


def told(client: TestClient) -> list[str]:
    """Return the types of the events of time."""
    found = [one["type"] for one in read(client, "/v1/events")["items"]]
    return [one for one in found if one in ("step.opened", "step.due_soon", "step.overdue")]


def tick(world: World, is_stopping: Callable[[], bool] = lambda: False) -> None:
    tick_pass(world.database, world.clock, world.app.state.settings, is_stopping)


def test_a_process_that_stops_leaves_events_of_time_to_the_next_one(world: World, client: TestClient) -> None:
    hook(client, event_types=[])
    interviewed(client)
    before = len(told(client))
    world.clock.now += 3 * DAY
    tick(world, lambda: True)
    assert len(told(client)) == before
    tick(world)
    assert len(told(client)) > before


def test_an_account_that_is_being_recomputed_is_not_told_of_time(
    world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its dates may be those from before the change: a letter that now has more hours is not overdue."""
    monkeypatch.setattr(recompute, "SLICE_SECONDS", -1)
    monkeypatch.setattr(recompute, "BATCH_SIZE", 1)
    hook(client, event_types=[])
    apps = [interviewed(client)[0] for _ in range(3)]
    alter(client, "/v1/me/policy", thank_you_hours=168)
    assert read(client, "/v1/queue")["recomputing"]
    world.clock.now += 2 * DAY
    before = told(client)
    me = read(client, "/v1/me")["id"]
    assert tick_account(world.database, me, world.clock.now, sends_mails=False) == []
    tick(world)
    assert told(client) == before
    recompute_pass(world.database, world.clock)
    tick(world)
    assert step(client, apps[-1], 4)["state"] == "open"
    overdue = [one for one in read(client, "/v1/events", limit=200)["items"] if one["type"] == "step.overdue"]
    assert [one for one in overdue if one["data"]["step"]["number"] == 4] == []


def test_notices_that_nobody_listens_to_are_deleted(world: World, client: TestClient) -> None:
    hook(client, event_types=[])
    interviewed(client)
    assert rows(world, StepNotice)
    world.execute("UPDATE user_account SET listens = 0")
    world.clock.now += 3 * DAY
    before = told(client)
    tick(world)
    assert rows(world, StepNotice) == []
    assert told(client) == before


def test_events_of_time_are_stored_only_for_webhooks(mailing: World) -> None:
    client = subscriber(mailing, after_interview=True)
    interviewed(client)
    assert rows(mailing, StepNotice)
    mailing.clock.now += 3 * DAY
    tick(mailing)
    assert read(client, "/v1/events")["items"] == []


@pytest.fixture
def mailing(make_world: Callable[..., World]) -> World:
    return make_world(**WANTS)


def test_a_process_that_stops_leaves_digests_to_the_next_one(mailing: World) -> None:
    client = subscriber(mailing)
    application(client)
    interviewed(client)
    mailing.clock.now = planned(client)
    assert digests.digests_pass(mailing.database, mailing.clock, mailing.app.state.settings, lambda: True) is False
    assert outbox(mailing) == []
    woken: list[bool] = []
    digests.digests_pass(mailing.database, mailing.clock, mailing.app.state.settings, wake=lambda: woken.append(True))
    assert [row["kind"] for row in outbox(mailing)] == ["digest"]
    assert woken == [True]


def test_the_digest_of_an_account_that_is_being_recomputed_waits(
    mailing: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = subscriber(mailing)
    for _ in range(3):
        interviewed(client)
    mailing.clock.now = due = planned(client)
    with monkeypatch.context() as patch:
        patch.setattr(recompute, "SLICE_SECONDS", -1)
        patch.setattr(recompute, "BATCH_SIZE", 1)
        alter(client, "/v1/me/policy", search_days=9)
    queue_digests(mailing)
    me = read(client, "/v1/me")["id"]  # of a pass that chose the account just before the change
    assert digests._queue_one(mailing.database, me, mailing.app.state.settings, due) is False
    assert outbox(mailing) == []
    assert planned(client) == due
    recompute_pass(mailing.database, mailing.clock)
    queue_digests(mailing)
    assert [row["kind"] for row in outbox(mailing)] == ["digest"]


def test_a_process_that_stops_leaves_the_index_to_the_next_one(world: World, client: TestClient) -> None:
    application(client)
    world.execute("UPDATE user_account SET search_version = 0")
    world.execute("DELETE FROM search_entry")
    search_pass(world.database, world.clock, lambda: True)
    assert rows(world, SearchEntry) == []
    assert not read(client, "/v1/search", q="acme")["complete"]
    search_pass(world.database, world.clock)
    assert len(rows(world, SearchEntry)) == 1
    assert read(client, "/v1/search", q="acme")["complete"]


@pytest.mark.sqlite
def test_a_unit_that_the_service_refuses_is_one_line_and_fails_the_pass(caplog: pytest.LogCaptureFixture) -> None:
    units = Units("digests")

    def refused() -> None:
        raise UnavailableError

    assert units.run(refused) is None
    assert units.run(lambda: "done") == "done"
    (line,) = caplog.records
    assert (line.levelno, line.exc_info) == (logging.WARNING, None)
    assert line.getMessage() == f"a unit of the task digests failed and is tried again: {UnavailableError().detail}"
    with pytest.raises(IncompletePassError, match="1 of 2"):
        units.check()


@pytest.mark.sqlite
def test_a_webhook_that_meets_a_busy_database_is_served_by_the_next_pass(
    world: World, client: TestClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook(client)
    application(client)
    receivers = Receivers()

    def is_busy(*_: object) -> None:
        raise UnavailableError

    with monkeypatch.context() as patch:
        patch.setattr(sending, "claim", is_busy)
        with pytest.raises(IncompletePassError):
            deliver(world, receivers)
    (line,) = [one for one in caplog.records if one.name == "afterword.deliveries"]
    assert (line.levelno, line.exc_info) == (logging.WARNING, None)
    assert receivers.requests == []
    deliver(world, receivers)
    assert len(receivers.requests) == 1
