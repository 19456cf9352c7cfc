"""When a digest is mailed: once on a local date, whatever clocks, zones, processes and downtimes do."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from api.rules.calendar import exists
from api.services.accounts import mails
from api.services.notifications.digests import due_users
from api.workers import digests, mailer
from tests.conftest import World
from tests.http.api_client import alter, interviewed
from tests.invariants.statements import plan, recorded
from tests.wanted_mails import (
    WANTS,
    delivered,
    outbox,
    passed,
    planned,
    queue_digests,
    subscriber,
)

Worlds = Callable[..., World]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def world(make_world: Worlds) -> World:
    return make_world(**WANTS)


def keys(world: World) -> list[str]:
    return [row["key"] for row in outbox(world) if row["kind"] == "digest"]


def instant(stored: Any) -> datetime:
    """Return an instant as either database has it."""
    found = datetime.fromisoformat(f"{stored[:19]}+00:00") if isinstance(stored, str) else stored
    return found.astimezone(UTC)


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("zone", "first", "number_of_days", "clock"),
    [
        pytest.param("America/New_York", date(2026, 1, 1), 365, "02:30", id="a-year"),
        pytest.param("Australia/Lord_Howe", date(2026, 4, 1), 9, "02:15", id="back-by-half-an-hour"),
        pytest.param("Australia/Lord_Howe", date(2026, 9, 30), 9, "02:15", id="forward-by-half-an-hour"),
        pytest.param("Pacific/Apia", date(2011, 3, 30), 7, "03:30", id="back-in-apia"),
        pytest.param("Pacific/Apia", date(2011, 9, 21), 7, "03:30", id="forward-in-apia"),
        pytest.param("Pacific/Apia", date(2011, 12, 25), 14, "08:00", id="a-date-is-skipped"),
        pytest.param("Africa/Casablanca", date(2026, 2, 11), 9, "02:30", id="back-before-ramadan"),
        pytest.param("Africa/Casablanca", date(2026, 3, 18), 9, "02:30", id="forward-after-ramadan"),
    ],
)
def test_one_is_queued_on_every_date(world: World, zone: str, first: date, number_of_days: int, clock: str) -> None:
    """On all dates of a year in one zone, in others on those around the changes of their clocks."""
    local = ZoneInfo(zone)
    world.clock.now = datetime.combine(first, time(0), tzinfo=local).astimezone(UTC)
    client = subscriber(world, zone, digest="daily", digest_at=clock)
    due = planned(client)
    until = datetime.combine(first + number_of_days * DAY, time(0), tzinfo=local)
    while due < until:
        world.clock.now = due - timedelta(seconds=1)
        queue_digests(world)
        world.clock.now = due
        queue_digests(world)
        queue_digests(world)
        with world.database.engine.connect() as connection:
            due = instant(connection.execute(text("SELECT next_digest_at FROM notification")).scalar_one())
    days = [first + number * DAY for number in range(number_of_days)]
    assert sorted(keys(world)) == [str(day) for day in days if exists(day, zone)]
    for row in outbox(world):
        assert str(instant(row["created_at"]).astimezone(local).date()) == row["key"]


@pytest.mark.sqlite
def test_a_new_zone_at_any_minute_never_brings_two_for_a_date(world: World) -> None:
    zones = ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", "America/New_York"]
    moving = [(minute, subscriber(world, digest="daily")) for minute in range(0, 24 * 60, 97)]
    moving.sort(key=lambda mover: mover[0] % 60)
    start = world.clock.now
    for number in range(8 * 24):
        world.clock.now = start + number * HOUR
        queue_digests(world)
        for minute, client in moving if number % 11 == 0 else ():
            world.clock.now = start + number * HOUR + timedelta(minutes=minute % 60)
            alter(client, "/v1/me", time_zone=zones[(number // 11 + minute) % 4])
            queue_digests(world)
    found: dict[str, list[str]] = {}
    for row in outbox(world):
        if row["kind"] == "digest":
            found.setdefault(row["user_id"], []).append(row["key"])
    assert len(found) == len(moving)
    for dates in found.values():
        assert len(dates) == len(set(dates))
        assert len(dates) >= 4


@pytest.mark.sqlite(profile="quick")
@pytest.mark.parametrize(
    ("down", "sent_on"),
    [
        pytest.param(HOUR, ["2026-06-02", "2026-06-03"], id="an-hour"),
        pytest.param(6 * HOUR - timedelta(minutes=1), ["2026-06-02", "2026-06-03"], id="just-in-time"),
        pytest.param(7 * HOUR, ["2026-06-03"], id="seven-hours"),
        pytest.param(3 * DAY, ["2026-06-05", "2026-06-06"], id="three-days-to-the-minute"),
        pytest.param(3 * DAY + 7 * HOUR, ["2026-06-06"], id="three-days-and-seven-hours"),
    ],
)
def test_after_a_downtime_only_the_digest_of_today_comes_late(
    world: World, down: timedelta, sent_on: list[str]
) -> None:
    client = subscriber(world, digest="daily")
    interviewed(client, starts_at="2026-05-31T14:00:00Z", ends_at="2026-05-31T15:00:00Z")
    due = planned(client)
    world.clock.now = due + down
    first = [str(message["Date"]) for message in passed(world)]
    assert len(first) == len(sent_on) - 1
    world.clock.now = max(planned(client), world.clock.now)
    assert len(passed(world)) == 1
    assert keys(world) == sent_on


@pytest.mark.sqlite(profile="quick")
def test_two_processes_queue_and_send_one(world: World) -> None:
    client = subscriber(world)
    interviewed(client)
    world.clock.now = planned(client)
    with world.database.read(world.clock.now) as session:
        seen = due_users(session)
    for user_id in [*seen, *seen]:
        digests._queue_one(world.database, user_id, world.app.state.settings, world.clock.now)
    due = mails.due_mails(world.database, world.clock.now)
    assert len(delivered(world)) == 1
    sent: list[Any] = []
    assert mailer.deliver(world.database, due, sent.append, world.clock.now) == 0
    assert (keys(world), sent) == (["2026-06-02"], [])


@pytest.mark.sqlite(profile="quick")
def test_a_crash_after_the_server_took_a_mail_sends_the_same_bytes_again(world: World) -> None:
    client = subscriber(world)
    interviewed(client)
    world.clock.now = planned(client)
    queue_digests(world)
    sent: list[bytes] = []

    def crash(message: Any) -> None:
        sent.append(message.as_bytes())
        raise KeyboardInterrupt

    for _ in range(3):
        now, settings = world.clock.now, world.app.state.settings
        due = mails.due_mails(world.database, now)
        with pytest.raises(KeyboardInterrupt):
            mailer.deliver(world.database, due, partial(mailer._send, world.database, settings, crash, now), now)
        world.clock.now += timedelta(minutes=10)
    (message,) = delivered(world)
    assert {message.as_bytes()} == set(sent)
    assert len(sent) == 3


def test_a_mail_that_cannot_be_delivered_expires_with_its_date(world: World) -> None:
    client = subscriber(world, digest="daily", digest_at="23:00")
    interviewed(client)
    world.clock.now = planned(client)
    queue_digests(world)
    world.clock.now += HOUR
    mailer.mail_pass(world.database, world.clock, world.app.state.settings)
    (row,) = outbox(world)
    assert (row["outcome"], row["secret"], row["address"]) == ("expired", None, None)
    assert row["hash"] is not None  # an attempt may have arrived, so its link works


@pytest.mark.parametrize("wants", [{"digest": "weekly", "digest_weekday": 2}, {"digest_workdays_only": True}])
def test_weekly_and_on_workdays(world: World, wants: Any) -> None:
    client = subscriber(world, **{"digest": "daily", **wants})
    alter(client, "/v1/me/policy", holidays=["2026-06-05"])
    while world.clock.now < datetime(2026, 6, 15, tzinfo=UTC):
        world.clock.now = max(planned(client), world.clock.now + timedelta(minutes=1))
        queue_digests(world)
    is_weekly = wants.get("digest") == "weekly"
    days = (3, 10, 17) if is_weekly else (2, 3, 4, 8, 9, 10, 11, 12, 15)
    assert keys(world) == [f"2026-06-{day:02}" for day in days]


def test_an_account_that_is_recomputing_waits(world: World) -> None:
    client = subscriber(world)
    interviewed(client)
    world.clock.now = planned(client)

    def recomputing(value: str) -> None:
        with world.database.engine.begin() as connection:
            connection.execute(text(f"UPDATE user_account SET recompute_after = {value}"))

    some_id = "'01890a5dac96774bbcceb302099a8057'"
    recomputing(some_id)
    assert passed(world) == []
    assert keys(world) == []
    recomputing("NULL")
    queue_digests(world)
    recomputing(some_id)
    mailer.mail_pass(world.database, world.clock, world.app.state.settings)
    assert [(row["tries"], row["outcome"]) for row in outbox(world)] == [(0, None)]
    recomputing("NULL")
    assert delivered(world) == []  # put off for a minute
    world.clock.now += timedelta(minutes=1)
    assert len(delivered(world)) == 1


def test_disabled_and_erased_accounts_get_nothing_and_block_nobody(world: World) -> None:
    client = subscriber(world)
    interviewed(client)
    world.clock.now = planned(client)
    for column in ("disabled_at", "erased_at"):
        with world.database.engine.begin() as connection:
            now = f"{world.clock.now:%Y-%m-%d %H:%M:%S}" if world.database.is_sqlite else world.clock.now
            connection.execute(text(f"UPDATE user_account SET {column} = :now"), {"now": now})
        assert passed(world) == []
        with world.database.read(world.clock.now) as session:
            assert due_users(session) == []
        with world.database.engine.begin() as connection:
            connection.execute(text(f"UPDATE user_account SET {column} = NULL"))
        with world.database.engine.begin() as connection:
            connection.execute(text("UPDATE notification SET next_digest_at = :now"), {"now": now})
    assert len(passed(world)) == 1


@pytest.mark.sqlite
def test_accounts_are_found_by_the_index_of_planned_digests(world: World) -> None:
    subscriber(world)
    with recorded(world.database) as found:
        queue_digests(world)
    (statement,) = [one for one in found if "notification" in one.text]
    assert "LIMIT" in statement.text
    assert any("ix_notification_next " in step for step in plan(world.database, statement))
