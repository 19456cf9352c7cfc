"""Deliveries: order, several workers, failures, and when a webhook is switched off."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from api.models import Delivery, Webhook
from api.models.delivery import AttemptError
from api.models.event import EventType
from api.models.webhook import DisabledReason
from api.services.steps import judge
from api.services.webhooks import sending
from api.services.webhooks.sending import Health, Outcome
from api.services.webhooks.switch_off import reason_to_disable
from api.services.webhooks.webhooks import send_test
from api.settings import Settings
from api.storage.database import Database
from api.workers.deliveries import delivery_pass
from api.workers.units import IncompletePassError
from tests.conftest import World
from tests.drawing import drawn
from tests.http.api_client import act, alter, application, items, read
from tests.http.test_races import wait_until_blocked
from tests.services.checks import dump
from tests.services.delivering import (
    OTHER,
    SECOND,
    URL,
    WEBHOOKS,
    Answer,
    Receivers,
    claim_of,
    deliver,
    hook,
    hook_row,
    rows,
    wait,
)


def test_two_processes_send_each_event_once_in_order_and_never_two_requests_at_once(
    world: World, client: TestClient, stranger: TestClient
) -> None:
    urls = [f"https://hooks.example.com/{number}" for number in range(3)]
    for url in urls:
        hook(client, url)
    hook(stranger, "https://hooks.example.com/s")
    made = 12
    for _ in range(made):
        application(client)
        application(stranger)
    receivers = Receivers()
    settings: Settings = world.app.state.settings
    others = [Database(settings) for _ in range(3)]  # as other processes have them
    with ThreadPoolExecutor(4) as pool:
        passes = [
            pool.submit(delivery_pass, database, world.clock, settings, send=receivers)
            for database in (world.database, *others)
        ]
        for one in passes:
            one.result()
    for database in others:
        database.dispose()
    for url in (*urls, "https://hooks.example.com/s"):
        assert receivers.sequences(url) == sorted(receivers.sequences(url))
        assert len(receivers.sequences(url)) == made
    assert receivers.most_at_once == 1
    assert all(len(bodies) == 1 for bodies in receivers.bodies().values())
    assert {row.state for row in rows(world, Delivery)} == {"delivered"}


def test_of_two_workers_that_see_a_webhook_one_gets_it(world: World, client: TestClient) -> None:
    hook(client)
    application(client)
    seen = [sending.candidates(world.database, world.clock.now)[0] for _ in range(2)]
    claims = [sending.claim(world.database, one, world.clock.now) for one in seen]
    assert [claim is not None for claim in claims] == [True, False]
    assert sending.candidates(world.database, world.clock.now) == []
    world.clock.now += sending.LEASE
    assert len(sending.candidates(world.database, world.clock.now)) == 1


def test_an_event_that_is_written_while_its_webhook_is_given_back_is_sent(world: World, client: TestClient) -> None:
    hook(client)
    mine = claim_of(world)
    assert mine.waiting == []
    with ThreadPoolExecutor(1) as thread:
        with world.database.write(world.clock.now) as session:
            session.owner = mine.user_id
            judge.lock_user(session)
            send_test(session, session.get_one(Webhook, (mine.user_id, mine.webhook_id)), EventType.PING)
            release = thread.submit(sending.release, world.database, mine, world.clock.now)
            wait_until_blocked(world, release)
        release.result(timeout=10)
    receivers = Receivers()
    deliver(world, receivers)
    assert len(receivers.sequences(URL)) == 1


def test_a_worker_that_slept_beyond_its_lease_writes_nothing(world: World, client: TestClient) -> None:
    user = read(client, "/v1/me")["id"]
    hook(client)
    application(client)
    application(client)
    sleeper = claim_of(world)
    world.clock.now += sending.LEASE + SECOND
    other = claim_of(world)
    assert [one.id for one in other.waiting] == [one.id for one in sleeper.waiting]
    assert sending.record(world.database, other, other.waiting[0], Outcome(200, None, 5), world.clock.now)
    had = dump(world.database, user)
    for outcome in (Outcome(200, None, 5), Outcome(500, AttemptError.STATUS, 5), Outcome(410, AttemptError.STATUS, 5)):
        assert sending.record(world.database, sleeper, sleeper.waiting[0], outcome, world.clock.now) is None
    sending.release(world.database, sleeper, world.clock.now)
    assert dump(world.database, user) == had
    assert sending.record(world.database, other, other.waiting[1], Outcome(200, None, 5), world.clock.now)
    sending.release(world.database, other, world.clock.now)
    assert {row.state for row in rows(world, Delivery)} == {"delivered"}


def test_a_lost_worker_sends_nothing_more(world: World, client: TestClient) -> None:
    hook(client)
    for _ in range(3):
        application(client)

    slow, fast = Receivers(), Receivers()
    with ThreadPoolExecutor(1) as pool:  # another thread, because the pass of the first one runs an event loop

        def sleep(_url: str, _event: dict[str, Any]) -> Answer:
            if len(slow.requests) == 1:
                world.clock.now += sending.LEASE + SECOND
                pool.submit(deliver, world, fast).result()
            return 200

        slow.answer = sleep
        deliver(world, slow)
    assert [len(slow.requests), len(fast.requests)] == [1, 3]
    assert {row.tries for row in rows(world, Delivery)} == {1}


def test_a_poisoned_event_does_not_hold_up_the_rest(world: World, client: TestClient) -> None:
    hook(client)
    for _ in range(5):
        application(client)
    poisoned = rows(world, Delivery)[1].sequence
    receivers = Receivers(answer=lambda _, event: 500 if event["sequence"] == poisoned else 200)
    deliver(world, receivers)
    assert receivers.sequences(URL) == [1, 2, 3, 4, 5]
    states = Counter(row.state for row in rows(world, Delivery))
    assert states == {"delivered": 4, "pending": 1}
    webhook = hook_row(world)
    assert (webhook.failures, webhook.failing_since, webhook.resume_at) == (0, None, None)
    for _ in range(9):
        wait(world)
        application(client)  # the others go on
        deliver(world, receivers)
    states = Counter(row.state for row in rows(world, Delivery))
    assert states == {"delivered": 13, "failed": 1}
    assert hook_row(world).next_at is None
    assert Counter(receivers.sequences(URL))[poisoned] == 10


def test_from_the_third_failure_in_a_row_on_a_webhook_rests_longer_and_longer(world: World, client: TestClient) -> None:
    hook(client)
    for _ in range(25):
        application(client)
    receivers = Receivers(answer=lambda *_: 500)
    deliver(world, receivers)
    assert receivers.sequences(URL) == [1, 2, 3]
    rests = []
    for failures in range(3, 12):
        webhook = hook_row(world)
        assert webhook.failures == failures
        assert webhook.next_at is not None
        assert webhook.resume_at is not None
        rests.append(webhook.resume_at - world.clock.now)
        assert webhook.next_at >= webhook.resume_at
        world.clock.now = webhook.resume_at - SECOND
        deliver(world, receivers)
        assert len(receivers.requests) == failures
        wait(world)
        deliver(world, receivers)
        assert len(receivers.requests) == failures + 1
    assert [rest.total_seconds() for rest in rests] == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    receivers.answer = lambda *_: 200
    world.clock.now += timedelta(minutes=5)
    deliver(world, receivers)  # one success ends the rest
    webhook = hook_row(world)
    assert (webhook.failures, webhook.resume_at, webhook.failing_since) == (0, None, None)


def test_a_new_event_does_not_end_the_rest_of_a_webhook(world: World, client: TestClient) -> None:
    hook(client)
    for _ in range(3):
        application(client)
    receivers = Receivers(answer=lambda *_: 500)
    deliver(world, receivers)
    application(client)
    webhook = hook_row(world)
    assert webhook.next_at is not None
    assert webhook.next_at > world.clock.now
    deliver(world, receivers)
    assert len(receivers.requests) == 3


SCHEDULE = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)


@pytest.mark.parametrize(("tries", "seconds"), list(enumerate(SCHEDULE, start=1)))
def test_the_wait_after_a_failure_follows_the_schedule_a_fifth_more_or_less(tries: int, seconds: int) -> None:
    plain = [sending.wait_after(tries, Outcome(500, AttemptError.STATUS, 5)) / SECOND for _ in range(300)]
    assert min(plain) >= 0.8 * seconds
    assert max(plain) <= 1.2 * seconds
    assert max(plain) - min(plain) > 0.3 * seconds


@pytest.mark.parametrize(
    ("outcome", "least", "most"),
    [
        (Outcome(429, AttemptError.STATUS, 5), 60, 60),
        (Outcome(503, AttemptError.STATUS, 5), 60, 60),
        (Outcome(None, AttemptError.TIMED_OUT, 5), 60, 60),
        (Outcome(None, AttemptError.CONNECT_FAILED, 5), 4, 6),
        (Outcome(500, AttemptError.STATUS, 5, retry_after=0), 4, 6),
        (Outcome(500, AttemptError.STATUS, 5, retry_after=7), 7, 7),
        (Outcome(500, AttemptError.STATUS, 5, retry_after=86_400), 8, 12),
        (Outcome(503, AttemptError.STATUS, 5, retry_after=90), 90, 90),
        (Outcome(503, AttemptError.STATUS, 5, retry_after=3_600), 120, 120),
        (Outcome(503, AttemptError.STATUS, 5, retry_after=-5), 60, 60),
    ],
)
def test_what_the_receiver_wishes_is_taken_within_bounds(outcome: Outcome, least: float, most: float) -> None:
    for _ in range(50):
        assert least <= sending.wait_after(1, outcome) / SECOND <= most


def test_after_ten_attempts_a_delivery_has_failed_and_can_be_replayed(world: World, client: TestClient) -> None:
    hook(client)
    application(client)
    receivers, took = Receivers(answer=lambda *_: 500), world.clock.now
    for attempt in range(1, 11):
        deliver(world, receivers)
        assert len(receivers.requests) == attempt
        (row,) = rows(world, Delivery)
        assert (row.state, row.tries) == ("pending" if attempt < 10 else "failed", attempt)
        wait(world)
    assert timedelta(hours=60) < world.clock.now - took < timedelta(hours=92)
    assert hook_row(world).next_at is None
    assert hook_row(world).enabled
    act(client, f"/v1/deliveries/{row.id}/replay")
    receivers.answer = lambda *_: 200
    wait(world)  # after ten failures in a row the webhook still rests
    deliver(world, receivers)
    assert {one.state for one in rows(world, Delivery)} == {"delivered"}
    assert [len(bodies) for bodies in receivers.bodies().values()] == [1]


def test_410_switches_off_at_once_and_leaves_what_waits(world: World, client: TestClient) -> None:
    hook(client)
    for _ in range(3):
        application(client)
    receivers = Receivers(answer=lambda *_: 410)
    deliver(world, receivers)
    webhook = hook_row(world)
    assert (webhook.enabled, webhook.disabled_reason, webhook.next_at) == (False, "gone", None)
    assert len(receivers.requests) == 1
    assert Counter(row.state for row in rows(world, Delivery)) == {"pending": 3}


DAYS = timedelta(days=1)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "failures", "since", "reason"),
    [
        (500, 10, NOW - 5 * DAYS, DisabledReason.FAILURES),
        (500, 9, NOW - 9 * DAYS, None),
        (500, 400, NOW - 5 * DAYS + SECOND, None),
        (200, 0, None, None),
        (410, 1, NOW, DisabledReason.GONE),
    ],
)
def test_a_webhook_is_switched_off_after_five_days_and_ten_failures(
    status: int, failures: int, since: datetime | None, reason: DisabledReason | None
) -> None:
    outcome = Outcome(status, None if status == 200 else AttemptError.STATUS, 5)
    assert reason_to_disable(outcome, Health(failures, since, None), NOW) == reason


@pytest.mark.sqlite(profile="quick")
@pytest.mark.parametrize("succeeds_on_day", [None, 2])
def test_one_success_in_five_days_keeps_a_webhook_on(
    succeeds_on_day: int | None, world: World, client: TestClient
) -> None:
    hook(client)
    receivers, began = Receivers(answer=lambda *_: 500), world.clock.now
    application(client)
    while hook_row(world).enabled and world.clock.now < began + 6 * DAYS:
        day = (world.clock.now - began) // DAYS
        receivers.answer = lambda *_, is_good=day == succeeds_on_day: 200 if is_good else 500
        application(client)
        deliver(world, receivers)
        world.clock.now += timedelta(hours=3)
    webhook = hook_row(world)
    if succeeds_on_day is not None:
        assert webhook.enabled
        return
    assert (webhook.disabled_reason, webhook.disabled_at) == ("failures", world.clock.now - timedelta(hours=3))
    assert webhook.disabled_at is not None
    assert began + 5 * DAYS <= webhook.disabled_at < began + 5 * DAYS + timedelta(hours=6)
    application(client)
    pending = sorted(row.sequence for row in rows(world, Delivery) if row.state == "pending")
    receivers.answer = lambda *_: 200
    alter(client, f"{WEBHOOKS}/{webhook.id}", enabled=True)
    receivers.requests.clear()
    deliver(world, receivers)
    assert pending
    assert receivers.sequences(URL) == pending  # oldest first, without the one of while it was off
    assert hook_row(world).failing_since is None


def test_a_failure_of_our_own_ends_neither_the_pass_nor_the_other_webhooks(world: World, client: TestClient) -> None:
    hook(client)
    hook(client, OTHER)
    application(client)

    def answer(url: str, _event: dict[str, Any]) -> Answer:
        if url == URL:
            raise RuntimeError("a fault of the client")
        return 200

    receivers = Receivers(answer=answer)
    with pytest.raises(IncompletePassError):
        deliver(world, receivers)
    assert Counter(url for url, _, _ in receivers.requests) == {URL: 1, OTHER: 1}
    assert {row.claimed_until for row in rows(world, Webhook)} == {None}
    receivers.answer = lambda *_: 200
    deliver(world, receivers)
    assert {row.state for row in rows(world, Delivery)} == {"delivered"}


@drawn(quick=15, long=300)
@given(
    answers=st.lists(
        st.sampled_from([200, 204, 299, 301, 404, 500, 503, 429, AttemptError.TIMED_OUT, AttemptError.DNS_FAILED]),
        max_size=30,
    ),
    events=st.integers(1, 6),
    seed=st.integers(0, 999),
)
def test_whatever_receivers_answer_every_event_arrives_with_the_same_bytes(
    world: World, answers: list[Answer], events: int, seed: int
) -> None:
    client, left, random = world.sign_up(), list(answers), Random(seed)
    url = f"https://hooks.example.com/{world.counter}"
    hook(client, url)
    receivers = Receivers(answer=lambda *_: left.pop() if left else 200)
    for _ in range(events):
        application(client)
        if random.random() < 0.5:
            deliver(world, receivers)
    while any(row.next_at for row in rows(world, Webhook)):
        wait(world)
        deliver(world, receivers)
    log = items(client, f"{WEBHOOKS}/{read(client, WEBHOOKS)['items'][0]['id']}/deliveries")
    good = (200, 204, 299)
    for one in log:
        tried = read(client, f"/v1/deliveries/{one['id']}")["attempts"]
        has_failed = len(tried) == 10 and tried[0]["status"] not in good
        assert one["state"] == ("failed" if has_failed else "delivered"), tried
        assert [attempt["status"] in good for attempt in tried] == [not has_failed] + [False] * (len(tried) - 1)
    assert len(log) == events
    assert set(receivers.bodies()) == {one["event_id"] for one in log}
    assert all(len(bodies) == 1 for bodies in receivers.bodies().values())
    if not answers:
        assert receivers.sequences(url) == sorted(receivers.sequences(url))
