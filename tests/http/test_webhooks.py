"""Webhooks: what is sent to them, in which order, and what is shown of it."""

from datetime import timedelta

from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import add, interviewed
from tests.receiver import Receiver, deliver, tick

WEBHOOKS = "/v1/webhooks"
URL = "https://hooks.example.com/a"


def test_every_event_of_facts_and_steps_is_sent_in_order(world: World, client: TestClient) -> None:
    receiver = Receiver()
    made = add(client, WEBHOOKS, url=URL)
    assert made["secret"].startswith("whsec_")
    app, interview = interviewed(client)
    deliver(world, receiver)
    assert receiver.types()[:2] == ["application.created", "interview.scheduled"]
    print(receiver.types())
    world.clock.now += timedelta(days=3)
    tick(world)
    deliver(world, receiver)
    print(receiver.types(), receiver.events()[-1])
    assert 0
