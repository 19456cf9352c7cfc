"""What waits for the background work, as `/readyz` shows it."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from tests.conftest import World
from tests.http.api_client import add, application, interview, read
from tests.receiver import Receiver, deliver, tick

pytestmark = pytest.mark.sqlite


def waiting(world: World) -> dict[str, int]:
    found = read(world.anonymous(), "/readyz")["waiting"]
    return {one["queue"]: one["age_seconds"] for one in found if one["due_since"]}


def test_the_oldest_delivery_and_event_of_time_are_shown_until_they_are_done(world: World, client: TestClient) -> None:
    add(client, "/v1/webhooks", url="https://hooks.example.com/a")
    app, end = application(client), world.clock.now + timedelta(hours=2)
    interview(client, app, starts_at=(end - timedelta(hours=1)).isoformat(), ends_at=end.isoformat())
    world.clock.now += timedelta(seconds=30)
    application(client)
    assert waiting(world) == {"deliveries": 30}
    deliver(world, Receiver())
    assert waiting(world) == {}
    world.clock.now = end - timedelta(minutes=59, seconds=53)  # step 5 opens when the interview begins
    assert waiting(world) == {"ticks": 7}
    tick(world)
    assert waiting(world) == {"deliveries": 0}
    with world.database.engine.begin() as connection:
        connection.execute(text("UPDATE user_account SET disabled_at = created_at"))
    assert waiting(world) == {}
