"""Deliveries: how many wait, stopping, rest, and signatures."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

import pytest
from fastapi.testclient import TestClient
from sqlmodel import SQLModel, col, update

from api.models import Delivery, User
from api.outbound import Attempt
from api.services.events import journal
from api.services.webhooks.signature import signed_headers
from api.storage.session import ANY_OWNER
from api.workers import deliveries
from api.workers.deliveries import delivery_pass
from tests.conftest import World
from tests.http.api_client import act, add, alter, application, items, read
from tests.services.checks import dump
from tests.services.delivering import CREATED, SECOND, URL, WEBHOOKS, Receivers, deliver, hook, hook_row, rows


def test_of_too_many_that_wait_the_oldest_are_discarded(
    world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "MAX_PENDING", 3)
    monkeypatch.setattr(journal, "TRIMMED_EVERY", 1)
    id_ = hook(client)
    for _ in range(5):
        application(client)
    by_state = {row.sequence: row.state for row in rows(world, Delivery)}
    last = max(by_state)
    assert [by_state[number] for number in sorted(by_state)] == ["discarded"] * 2 + ["pending"] * 3
    assert len(items(client, f"{WEBHOOKS}/{id_}/deliveries", state="discarded")) == 2
    receivers = Receivers()
    deliver(world, receivers)
    assert receivers.sequences(URL)[-1] == last
    assert len(receivers.requests) == 3
    discarded = items(client, f"{WEBHOOKS}/{id_}/deliveries", state="discarded")[0]
    act(client, f"/v1/deliveries/{discarded['id']}/replay")
    deliver(world, receivers)
    assert read(client, f"/v1/deliveries/{discarded['id']}")["state"] == "delivered"


def test_of_too_many_events_the_oldest_are_deleted_with_their_deliveries(
    world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "MAX_EVENTS", 4)
    monkeypatch.setattr(journal, "TRIMMED_EVERY", 1)
    hook(client, event_types=[])
    for _ in range(4):
        application(client)
    kept = [one["sequence"] for one in items(client, "/v1/events")]
    assert kept == list(range(kept[0], kept[0] - 4, -1))
    assert sorted(row.sequence for row in rows(world, Delivery)) == sorted(kept)
    receivers = Receivers()
    deliver(world, receivers)
    assert receivers.sequences(URL) == sorted(kept)


def test_stopping_gives_leases_back_and_loses_nothing(world: World, client: TestClient) -> None:
    hook(client)
    for _ in range(4):
        application(client)
    receivers = Receivers()
    settings = world.app.state.settings
    delivery_pass(world.database, world.clock, settings, lambda: len(receivers.requests) >= 2, send=receivers)
    assert receivers.sequences(URL) == [1, 2]
    webhook = hook_row(world)
    assert (webhook.claimed_until, webhook.next_at) == (None, world.clock.now)
    deliver(world, receivers)
    assert receivers.sequences(URL) == [1, 2, 3, 4]


def test_stopping_cancels_a_request_that_hangs(
    world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "STOP_SECONDS", 0.01)
    monkeypatch.setattr(deliveries, "LOOK_AGAIN_SECONDS", 0.01)
    hook(client)
    application(client)
    begun: list[str] = []

    async def hang(url: str, *, content: bytes, headers: Mapping[str, str]) -> Attempt:
        begun.append(headers["webhook-id"])
        await asyncio.Event().wait()
        raise AssertionError(content)

    delivery_pass(world.database, world.clock, world.app.state.settings, lambda: bool(begun), send=hang)
    webhook = hook_row(world)
    assert (webhook.claimed_until, webhook.next_at, webhook.failures) == (None, world.clock.now, 0)
    receivers = Receivers()
    deliver(world, receivers)
    assert [headers["webhook-id"] for _, _, headers in receivers.requests] == begun


def test_webhooks_of_a_disabled_account_rest(world: World, client: TestClient) -> None:
    hook(client)
    application(client)
    receivers, user = Receivers(), read(client, "/v1/me")["id"]

    def set_disabled(at: datetime | None) -> None:
        with world.database.write(world.clock.now) as session:
            session.execute(
                update(User).where(col(User.id) == user).values(disabled_at=at), execution_options=ANY_OWNER
            )

    set_disabled(world.clock.now)
    deliver(world, receivers)
    assert receivers.requests == []
    set_disabled(None)
    deliver(world, receivers)
    assert len(receivers.requests) == 1


def test_replaying_a_delivery_of_a_webhook_that_is_off_waits_until_it_is_on(world: World, client: TestClient) -> None:
    id_ = hook(client)
    application(client)
    receivers = Receivers()
    deliver(world, receivers)
    (delivery,) = rows(world, Delivery)
    alter(client, f"{WEBHOOKS}/{id_}", enabled=False)
    act(client, f"/v1/deliveries/{delivery.id}/replay")
    deliver(world, receivers)
    assert len(receivers.requests) == 1
    alter(client, f"{WEBHOOKS}/{id_}", enabled=True)
    deliver(world, receivers)
    assert len(receivers.requests) == 2
    assert [len(bodies) for bodies in receivers.bodies().values()] == [1]


def test_refused_writes_and_trials_leave_no_event(world: World, client: TestClient) -> None:
    hook(client, event_types=[])
    app = application(client)
    user = read(client, "/v1/me")["id"]
    names = ("event", "delivery", "step_notice", "webhook")
    had = dump(world.database, user, *names)
    made = {"starts_at": "not a date"}
    assert client.post(f"/v1/applications/{app}/interviews", json=made).status_code == 422
    id_ = read(client, f"/v1/applications/{app}")["id"]
    assert client.post("/v1/applications", json={"company": "A", "role": "B", "id": id_}).status_code == 409
    assert client.delete(f"/v1/applications/{app}?dry_run=true").status_code == 200
    assert client.post(f"/v1/applications/{app}/steps/skip?dry_run=true", json={"steps": "overdue"}).status_code < 500
    assert dump(world.database, user, *names) == had
    assert set(names) <= set(SQLModel.metadata.tables)


def signature(secret: str, id_: str, timestamp: int, body: bytes) -> str:
    """Sign by the text of Standard Webhooks 1.0."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = id_.encode() + b"." + str(timestamp).encode() + b"." + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


SECRET, MESSAGE = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
PAYLOAD = b'{"test": 2432232314}'
SIGNED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("minutes", [0, 330, -570], ids=str)
def test_the_vector_of_the_specification_is_signed_as_it_says_from_any_zone(minutes: int) -> None:
    assert signature(SECRET, MESSAGE, 1614265330, PAYLOAD) == SIGNED
    at = datetime.fromtimestamp(1614265330, timezone(timedelta(minutes=minutes)))
    headers = signed_headers(MESSAGE, PAYLOAD, [base64.b64decode(SECRET.removeprefix("whsec_"))], at)
    assert headers["webhook-signature"] == SIGNED
    assert headers["webhook-timestamp"] == "1614265330"


def check(world: World, request: tuple[str, bytes, Mapping[str, str]], secrets: list[str]) -> None:
    _, body, headers = request
    timestamp = int(headers["webhook-timestamp"])
    assert timestamp == int(world.clock.now.timestamp())
    wanted = [signature(secret, headers["webhook-id"], timestamp, body) for secret in secrets]
    assert headers["webhook-signature"].split(" ") == wanted


def test_each_attempt_is_signed_anew_and_after_a_rotation_with_both_secrets_for_a_day(
    world: World, client: TestClient
) -> None:
    made = add(client, WEBHOOKS, url=URL, event_types=CREATED)
    href, first, receivers = f"{WEBHOOKS}/{made['id']}", made["secret"], Receivers(answer=lambda *_: 500)
    application(client)
    deliver(world, receivers)
    check(world, receivers.requests[-1], [first])
    world.clock.now += timedelta(seconds=9)
    second = act(client, f"{href}/rotate-secret")["secret"]
    deliver(world, receivers)
    check(world, receivers.requests[-1], [second, first])
    assert len(receivers.requests) == 2
    receivers.answer = lambda *_: 200
    world.clock.now += timedelta(hours=24) - SECOND
    deliver(world, receivers)
    check(world, receivers.requests[-1], [second, first])
    application(client)
    world.clock.now += SECOND
    deliver(world, receivers)
    check(world, receivers.requests[-1], [second])


def test_a_revoked_secret_signs_nothing_more(world: World, client: TestClient) -> None:
    made = add(client, WEBHOOKS, url=URL, event_types=CREATED)
    receivers = Receivers()
    second = act(client, f"{WEBHOOKS}/{made['id']}/rotate-secret", revoke_old=True)["secret"]
    application(client)
    deliver(world, receivers)
    check(world, receivers.requests[-1], [second])
    act(client, f"{WEBHOOKS}/{made['id']}/rotate-secret")
    third = act(client, f"{WEBHOOKS}/{made['id']}/rotate-secret", revoke_old=True)["secret"]
    application(client)
    deliver(world, receivers)
    check(world, receivers.requests[-1], [third])


def test_receivers_that_hang_leave_their_places_to_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "SLOW_SECONDS", 0.05)
    monkeypatch.setattr(deliveries, "LOOK_AGAIN_SECONDS", 0.02)
    arrived = asyncio.Event()

    async def send(url: str, *, content: bytes, headers: Mapping[str, str]) -> Attempt:
        if url == URL:
            arrived.set()
        else:
            async with asyncio.timeout(10):
                await arrived.wait()
        return Attempt(204, None, None, 1)

    for number in range(3 * deliveries.MAX_HEALTHY):
        client = world.sign_up()
        hook(client, f"https://hooks.example.com/hanging/{number}")
        application(client)
    world.clock.now += SECOND
    good = world.sign_up()
    hook(good)
    application(good)
    deliveries.delivery_pass(world.database, world.clock, world.app.state.settings, send=send)
    assert {one.state for one in rows(world, Delivery)} == {"delivered"}
