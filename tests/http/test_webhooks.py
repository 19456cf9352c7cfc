"""Webhooks: what is sent to them, in which order, and what is shown of it."""

import base64
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import SQLModel, func, select

from api.models.delivery import AttemptError
from api.models.event_data import DATA, EXAMPLES
from api.protocol.rate_limit import RateLimiter
from tests.conftest import World
from tests.http.api_client import (
    Answer,
    act,
    add,
    alter,
    application,
    fault,
    interview,
    interviewed,
    items,
    problem,
    read,
    step,
    without_ids,
)
from tests.receiver import Receiver, deliver, tick

pytestmark = pytest.mark.sqlite(profile="quick")

WEBHOOKS = "/v1/webhooks"
URL, OTHER = "https://hooks.example.com/a", "https://hooks.example.com/b"


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture(autouse=True)
def unlimited_tests(world: World) -> None:
    world.app.state.webhook_tests = RateLimiter(10_000)


def hook(client: TestClient, **fields: Any) -> str:
    return str(add(client, WEBHOOKS, **{"url": URL, **fields})["id"])


def told(world: World, receiver: Receiver) -> list[Answer]:
    """Return the events that arrive now."""
    receiver.requests.clear()
    tick(world)
    deliver(world, receiver)
    return receiver.events()


def held(world: World, client: TestClient) -> tuple[str, str]:
    """Record an interview that ended an hour ago; return the ids of the application and of the interview."""
    app, end = application(client), world.clock.now - timedelta(hours=1)
    times = {"starts_at": (end - timedelta(hours=1)).isoformat(), "ends_at": end.isoformat()}
    return app, interview(client, app, **times)


def types(events: list[Answer]) -> list[str]:
    return [one["type"] for one in events]


def test_the_secret_is_shown_once_and_signs_as_the_specification_says(
    world: World, client: TestClient, receiver: Receiver
) -> None:
    made = add(client, WEBHOOKS, url=URL)
    href = f"{WEBHOOKS}/{made['id']}"
    assert [read(client, href)["secret"], items(client, WEBHOOKS)[0]["secret"]] == [None, None]
    keys = [base64.b64decode(made["secret"].removeprefix("whsec_"))]
    client.post(f"{href}/test", json={"type": "ping"})
    deliver(world, receiver)
    turned = act(client, f"{href}/rotate-secret")
    keys.insert(0, base64.b64decode(turned["secret"].removeprefix("whsec_")))
    client.post(f"{href}/test", json={"type": "ping"})
    deliver(world, receiver)
    world.clock.now += timedelta(hours=24)
    client.post(f"{href}/test", json={"type": "ping"})
    deliver(world, receiver)
    signers = [keys[1:], keys, keys[:1]]
    for (_, body, headers), signing in zip(receiver.requests, signers, strict=True):
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        wanted = [f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}" for key in signing]
        assert headers["webhook-signature"].split() == wanted
        assert headers["webhook-id"] == json.loads(body)["id"]
        assert headers["content-type"] == "application/json"
    assert [len(key) for key in keys] == [32, 32]
    revoked = act(client, f"{href}/rotate-secret", revoke_old=True)
    assert revoked["old_secret_until"] is None


def test_every_example_can_be_sent_as_a_test_to_one_webhook(
    world: World, client: TestClient, receiver: Receiver
) -> None:
    href = f"{WEBHOOKS}/{hook(client)}"
    hook(client, url=OTHER)
    for type_ in EXAMPLES:
        answer = client.post(f"{href}/test", json={"type": type_.value})
        assert answer.status_code == 201
        assert read(client, answer.headers["location"])["event"]["type"] == type_
    for _ in range(3):
        deliver(world, receiver)
    assert {url for url, _, _ in receiver.requests} == {URL}
    assert sorted(receiver.types()) == sorted(EXAMPLES)
    for one in receiver.events():
        assert one["test"]
        assert one["data"] == EXAMPLES[one["type"]]


def test_facts_and_steps_are_told_in_order_with_data_as_documented(
    world: World, client: TestClient, receiver: Receiver
) -> None:
    hook(client)
    app, round_ = held(world, client)
    first = told(world, receiver)
    assert types(first) == ["application.created", "interview.scheduled", *["step.scheduled"] * (len(first) - 2)]
    assert {one["data"]["step"]["number"] for one in first[2:]} == set(range(1, 8))
    letter = add(client, f"/v1/applications/{app}/letters", interview_id=round_, body="Thank you.")
    act(client, f"/v1/letters/{letter['id']}/send", channel="post")
    second = told(world, receiver)
    assert types(second) == ["letter.sent", "step.done"]
    assert second[1]["data"]["previous"]["state"] == "open"
    assert second[1]["data"]["step"]["state"] == step(client, app, 4)["state"] == "done"
    add(client, f"/v1/applications/{app}/stages", stage="interviewing")
    alter(client, f"/v1/interviews/{round_}", status="cancelled")
    third = types(told(world, receiver))
    assert third[0] == "application.stage_changed"
    assert "interview.cancelled" in third
    client.delete(f"/v1/interviews/{round_}")
    client.delete(f"/v1/applications/{app}")
    fourth = types(told(world, receiver))
    assert fourth[0] == "interview.deleted"
    assert fourth[-1] == "application.deleted"
    act(client, f"/v1/applications/{app}/restore")
    assert types(told(world, receiver))[0] == "application.restored"
    everything = items(client, "/v1/events", limit=200)
    assert [one["sequence"] for one in everything] == list(range(len(everything), 0, -1))
    for one in everything:
        DATA[one["type"]].model_validate(one["data"])


def test_offers_follow_ups_and_moved_interviews_are_told(world: World, client: TestClient, receiver: Receiver) -> None:
    app, round_ = interviewed(client)
    hook(client)
    offer = add(client, f"/v1/applications/{app}/offers", pay=50_000)
    alter(client, f"/v1/offers/{offer['id']}", decision="declined")
    add(client, f"/v1/applications/{app}/follow-ups", direction="out", channel="phone", outcome="no_answer")
    start = (world.clock.now + timedelta(days=2)).isoformat()
    alter(client, f"/v1/interviews/{round_}", starts_at=start)
    events = told(world, receiver)
    facts = [one for one in events if not one["type"].startswith("step")]
    assert types(facts) == ["offer.received", "offer.decided", "follow_up.recorded", "interview.rescheduled"]
    said = without_ids(json.dumps(events))
    assert "pay" not in said
    assert facts[-1]["data"]["previous"]["starts_at"] < facts[-1]["data"]["interview"]["starts_at"]
    assert "50000" not in said


def test_time_opens_and_makes_due_once(world: World, client: TestClient, receiver: Receiver) -> None:
    hook(client)
    app = application(client)
    start = world.clock.now + timedelta(hours=1)
    interview(client, app, starts_at=start.isoformat(), ends_at=(start + timedelta(hours=1)).isoformat())
    told(world, receiver)
    world.clock.now = start + timedelta(hours=1)
    opened = [one for one in told(world, receiver) if one["data"]["step"]["number"] == 4]
    assert types(opened) == ["step.opened"]
    assert told(world, receiver) == []
    due = step(client, app, 4)["due_at"]
    world.clock.now += timedelta(hours=20)
    soon = [one for one in told(world, receiver) if one["data"]["step"]["number"] == 4]
    assert types(soon) == ["step.due_soon"]
    world.clock.now += timedelta(days=3)
    late = [one for one in told(world, receiver) if one["data"]["step"]["number"] == 4]
    assert [(one["type"], one["timestamp"]) for one in late] == [("step.overdue", due)]
    assert told(world, receiver) == []


def test_a_late_entry_of_a_letter_that_was_in_time_is_told_as_corrected(
    world: World, client: TestClient, receiver: Receiver
) -> None:
    hook(client)
    app, round_ = held(world, client)
    sent_at = world.clock.now.isoformat()
    world.clock.now += timedelta(days=2)
    assert "step.overdue" in types(told(world, receiver))
    letter = add(client, f"/v1/applications/{app}/letters", interview_id=round_, body="Thank you.")
    act(client, f"/v1/letters/{letter['id']}/send", channel="post", sent_at=sent_at)
    (done,) = [one for one in told(world, receiver) if one["type"] == "step.done"]
    assert (done["data"]["corrected"], done["data"]["previous"]["state"]) == (True, "overdue")


def test_what_is_recorded_late_is_never_announced_as_overdue(
    world: World, client: TestClient, receiver: Receiver
) -> None:
    hook(client)
    app = application(client)
    interview(client, app, starts_at="2026-01-05T15:00:00Z", ends_at="2026-01-05T16:00:00Z")
    events = told(world, receiver)
    assert "step.overdue" not in types(events)
    states = {one["data"]["step"]["state"] for one in events if one["type"] == "step.scheduled"}
    assert "overdue" in states


def test_a_webhook_gets_the_types_that_it_takes(world: World, client: TestClient, receiver: Receiver) -> None:
    hook(client, event_types=["letter.sent", "application.created", "letter.sent"])
    hook(client, url=OTHER, event_types=["offer.received"])
    app = application(client)
    deliver(world, receiver)
    assert receiver.types() == ["application.created"]
    assert read(client, WEBHOOKS)["items"][1]["event_types"] == ["application.created", "letter.sent"]
    add(client, f"/v1/applications/{app}/offers")
    receiver.requests.clear()
    deliver(world, receiver)
    assert [url for url, _, _ in receiver.requests] == [OTHER]


@pytest.mark.own_statements
def test_nothing_is_written_for_an_account_without_a_listener(world: World, client: TestClient) -> None:
    interviewed(client)
    world.clock.now += timedelta(days=3)
    tick(world)
    tables = SQLModel.metadata.tables
    with world.database.read(world.clock.now) as session:
        for name in ("event", "step_notice", "delivery"):
            assert session.connection().execute(select(func.count()).select_from(tables[name])).scalar_one() == 0


@pytest.mark.own_statements
def test_failures_are_shown_and_a_replay_sends_the_same_bytes(
    world: World, client: TestClient, receiver: Receiver
) -> None:
    id_ = hook(client)
    receiver.statuses[URL] = 500
    application(client)
    deliver(world, receiver)
    shown = read(client, f"{WEBHOOKS}/{id_}")
    assert (shown["last_error"], shown["pending"], bool(shown["failing_since"])) == ("status", 1, True)
    (delivery,) = items(client, f"{WEBHOOKS}/{id_}/deliveries", state="pending")
    assert (delivery["tries"], delivery["last_status"]) == (1, 500)
    receiver.statuses[URL] = AttemptError.TIMED_OUT
    act(client, f"/v1/deliveries/{delivery['id']}/replay")
    deliver(world, receiver)
    receiver.statuses[URL] = 204
    act(client, f"/v1/deliveries/{delivery['id']}/replay")
    deliver(world, receiver)
    detail = read(client, f"/v1/deliveries/{delivery['id']}")
    assert [(one["status"], one["error"]) for one in detail["attempts"]] == [
        (204, None),
        (None, "timed_out"),
        (500, "status"),
    ]
    assert detail["state"] == "delivered"
    assert len({body for _, body, _ in receiver.requests}) == 1
    assert detail["event"] == json.loads(receiver.requests[0][1])
    shown = read(client, f"{WEBHOOKS}/{id_}")
    assert (shown["last_error"], shown["pending"], shown["failing_since"]) == (None, 0, None)


def test_a_receiver_that_is_gone_is_switched_off_and_told_elsewhere(
    world: World, client: TestClient, receiver: Receiver
) -> None:
    gone, other = hook(client), hook(client, url=OTHER)
    receiver.statuses[URL] = 410
    application(client)
    deliver(world, receiver)
    shown = read(client, f"{WEBHOOKS}/{gone}")
    assert (shown["enabled"], shown["disabled_reason"]) == (False, "gone")
    deliver(world, receiver)
    assert receiver.types(OTHER)[-1] == "webhook.disabled"
    assert receiver.events(OTHER)[-1]["data"]["webhook"]["id"] == gone
    problem(client.post(f"{WEBHOOKS}/{gone}/test", json={}), 409, "webhook_disabled")
    application(client)
    assert read(client, f"{WEBHOOKS}/{other}")["enabled"]
    receiver.statuses[URL] = 200
    alter(client, f"{WEBHOOKS}/{gone}", enabled=True)
    receiver.requests.clear()
    deliver(world, receiver)
    assert receiver.types(URL) == ["application.created"]  # what waited; not what came while it was off


@pytest.mark.own_statements
def test_events_go_on_while_a_failed_webhook_is_off_and_end_when_it_is_switched_off_by_hand(
    world: World, client: TestClient, receiver: Receiver
) -> None:
    id_ = hook(client)
    receiver.statuses[URL] = 410
    application(client)
    deliver(world, receiver)
    application(client)
    seen = types(items(client, "/v1/events"))
    assert seen == ["application.created", "webhook.disabled", "application.created"]
    alter(client, f"{WEBHOOKS}/{id_}", enabled=True)
    alter(client, f"{WEBHOOKS}/{id_}", enabled=False)
    application(client)
    assert types(items(client, "/v1/events")) == seen


def test_addresses_that_are_never_reached_are_refused(client: TestClient) -> None:
    for url in ("ftp://example.com", "hooks.example.com", ""):
        assert fault(client.post(WEBHOOKS, json={"url": url}), "/url") == "string_pattern_mismatch"
    for url in ("http://hooks.example.com", "https://127.0.0.1/", "https://me@hooks.example.com"):
        assert fault(client.post(WEBHOOKS, json={"url": url}), "/url") == "unusable_url"


def test_webhooks_belong_to_their_owner(client: TestClient, stranger: TestClient) -> None:
    id_ = hook(client)
    application(client)
    (event,) = items(client, "/v1/events")
    (delivery,) = items(client, f"{WEBHOOKS}/{id_}/deliveries")
    for href in (
        f"{WEBHOOKS}/{id_}",
        f"{WEBHOOKS}/{id_}/deliveries",
        f"/v1/deliveries/{delivery['id']}",
        f"/v1/events/{event['id']}",
    ):
        problem(stranger.get(href), 404, "not_found")
    assert items(stranger, "/v1/events") == []


@pytest.mark.own_statements
def test_the_log_and_the_events_are_filtered_and_paged(world: World, client: TestClient) -> None:
    id_ = hook(client)
    for _ in range(3):
        application(client)
        world.clock.now += timedelta(minutes=1)
    add(client, "/v1/contacts", full_name="Sam")
    log = f"{WEBHOOKS}/{id_}/deliveries"
    page = read(client, log, limit=2)
    rest = read(client, log, limit=2, cursor=page["next_cursor"])
    assert [len(page["items"]), len(rest["items"])] == [2, 1]
    since = (world.clock.now - timedelta(minutes=2)).isoformat()
    assert len(items(client, log, since=since)) == 2
    assert len(items(client, log, until=since)) == 1
    assert items(client, log, type="ping") == []
    assert len(items(client, "/v1/events", type="application.created", since=since)) == 2
    first = read(client, "/v1/events", limit=2)
    assert [one["sequence"] for one in first["items"]] == [3, 2]
    assert [one["sequence"] for one in read(client, "/v1/events", limit=2, cursor=first["next_cursor"])["items"]] == [1]


def test_tests_are_limited(world: World, client: TestClient) -> None:
    world.app.state.webhook_tests = RateLimiter(10)
    href = f"{WEBHOOKS}/{hook(client)}/test"
    assert [client.post(href, json={}).status_code for _ in range(11)] == [201] * 10 + [429]


def test_a_server_without_webhooks_refuses_new_ones_and_lets_others_be_switched_off(
    make_world: Callable[..., World],
) -> None:
    world = make_world(webhooks="off")
    client = world.sign_up()
    problem(client.post(WEBHOOKS, json={"url": URL}), 403, "webhooks_off")
    world.app.state.settings = world.app.state.settings.model_copy(update={"webhooks": "on"})
    id_ = hook(client)
    world.app.state.settings = world.app.state.settings.model_copy(update={"webhooks": "off"})
    application(client)
    receiver = Receiver()
    deliver(world, receiver)
    assert receiver.requests == []
    assert alter(client, f"{WEBHOOKS}/{id_}", enabled=False)["disabled_reason"] == "user"
