"""What webhooks cost: nothing without one, a few statements with one, and look-ups of all users by an index."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from api.services.events import ticks
from api.services.waiting import oldest_waiting
from api.services.webhooks import sending
from tests.conftest import World
from tests.http.api_client import add, interviewed
from tests.invariants.statements import Statement, plan, recorded

TABLES = ("event", "delivery", "delivery_attempt", "webhook", "step_notice", "notification")
NAMES = re.compile(rf"\b({'|'.join(TABLES)})\b")
CLOSING = 10
SCANS = re.compile(r"^SCAN|Seq Scan")


def note(world: World, client: TestClient, app: str, kind: str, interview: str) -> list[Statement]:
    with recorded(world.database) as found:
        add(client, f"/v1/applications/{app}/notes", kind=kind, text="A note.", interview_id=interview)
    return found


@pytest.mark.parametrize("kind", ["general", "positive"])
def test_a_note_that_moves_no_step_costs_nothing_more_with_a_webhook(
    kind: str, world: World, client: TestClient, stranger: TestClient
) -> None:
    add(stranger, "/v1/webhooks", url="https://hooks.example.com/a")
    app, interview = interviewed(client)
    note(world, client, app, kind, interview)
    without = note(world, client, app, kind, interview)
    assert not [one.text for one in without if NAMES.search(one.text)]
    add(client, "/v1/webhooks", url="https://hooks.example.com/a")
    with_one = note(world, client, app, kind, interview)  # no date of a step moves, so nobody is told
    assert [one.text for one in with_one] == [one.text for one in without]


def test_a_note_that_closes_a_step_costs_ten_statements_more_with_a_webhook(
    world: World, client: TestClient, stranger: TestClient
) -> None:
    counts = []
    for one, has_webhook in ((client, False), (stranger, True)):
        app, interview = interviewed(one)
        if has_webhook:
            add(one, "/v1/webhooks", url="https://hooks.example.com/a")
        note(world, one, app, "positive", interview)
        counts.append(len(note(world, one, app, "concern", interview)))
    assert counts[1] - counts[0] == CLOSING


@pytest.mark.parametrize(
    ("look", "index"),
    [
        (lambda world: _read(world, ticks.accounts_due), "ix_step_notice_due"),
        (lambda world: sending.candidates(world.database, world.clock.now), "ix_webhook_next"),
        (lambda world: _read(world, oldest_waiting), "ix_webhook_next"),
    ],
    ids=["ticks", "deliveries", "oldest"],
)
def test_what_is_due_of_all_users_is_found_by_an_index(
    look: Callable[[World], object], index: str, world: World, client: TestClient
) -> None:
    add(client, "/v1/webhooks", url="https://hooks.example.com/a")
    interviewed(client)
    world.clock.now += timedelta(days=9)
    with recorded(world.database) as found:
        look(world)
    for statement in found:
        lines = plan(world.database, statement)
        assert any(index in line for line in lines), lines
        tables = [line for line in lines if SCANS.search(line) and NAMES.search(line) and "ix_" not in line]
        assert not tables, lines


def _read(world: World, look: Callable[..., object]) -> object:
    with world.database.read(world.clock.now) as session:
        return look(session)
