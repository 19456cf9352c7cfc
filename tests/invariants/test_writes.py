"""The number of statements of a write does not grow with the user's applications."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.services.steps import recompute
from tests.conftest import NOW, World
from tests.invariants.conftest import Renewed, opened_world
from tests.invariants.failures import Failures
from tests.invariants.statements import Statement, recorded
from tests.services.full_record import Entry, record_everything
from tests.stores import Store

UNDER = "/v1/applications/{application}"
WRITES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a note": ("POST", f"{UNDER}/notes", {"kind": "positive", "text": "Well."}),
    "a follow-up": ("POST", f"{UNDER}/follow-ups", {"direction": "out", "channel": "phone", "outcome": "spoke"}),
    "a letter": ("POST", f"{UNDER}/letters", {"kind": "other"}),
    "a name corrected": ("PATCH", "/v1/contacts/{contact}", {"full_name": "Kim Chair"}),
    "a debrief ticked": ("PATCH", "/v1/interviews/{interview}", {"no_concerns_at": "2026-05-31T12:00:00Z"}),
    "a step skipped": ("POST", "/v1/steps/{step}/skip", {}),
    "a search": ("POST", "/v1/search-activities", {"kind": "search"}),
    "a round": ("POST", f"{UNDER}/interviews", {"starts_at": "2026-07-01T12:00:00Z"}),
    "an ending": ("POST", f"{UNDER}/stages", {"stage": "rejected"}),
    "another zone": ("PATCH", "/v1/me", {"time_zone": "Asia/Kolkata"}),
    "another policy": ("PATCH", "/v1/me/policy", {"search_days": 9}),
}


def add_applications(client: TestClient, world: World, number: int) -> None:
    entry = Entry(client, world.clock.now)
    for _ in range(number):
        app = entry.make("application", "/v1/applications", {"company": "Blue", "role": "Baker"})
        entry.make("interview", f"/v1/applications/{app}/interviews", {"starts_at": entry.before(days=3)})


@dataclass(frozen=True)
class Recorded:
    """A database with two users, of 3 and of 12 applications; `users`: the ids of each by name, by `Authorization`."""

    url: str
    users: dict[str, dict[str, str]]


@pytest.fixture(autouse=True)
def one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judge all applications in one batch: a write judges batches until the time of a slice is over."""
    monkeypatch.setattr(recompute, "BATCH_SIZE", 50)


@pytest.fixture(scope="module")
def few_and_many(store: Store) -> Iterator[Recorded]:
    with opened_world(store, store.head) as world:
        world.clock.now = NOW
        users = {}
        for more in (2, 11):
            client = world.sign_up()
            ids = record_everything(client, NOW)
            add_applications(client, world, more)
            users[client.headers["Authorization"]] = ids
        world.database.dispose()
        yield Recorded(world.app.state.settings.database_url, users)


def kinds(found: list[Statement]) -> Counter[str]:
    """Count statements by text, without updates of step rows, whose number depends on how many rows change."""
    return Counter(
        one.text.partition(" IN (")[0] for one in found if not one.text.startswith("UPDATE step_instance SET")
    )


def test_a_write_takes_as_many_statements_for_twelve_applications_as_for_three(
    few_and_many: Recorded, store: Store
) -> None:
    renewed = Renewed(store, few_and_many.url)
    renewed.world.clock.now = NOW
    client = renewed.world.app_client()
    with Failures() as failures:
        for name, (method, href, body) in WRITES.items():
            renewed.renew()
            seen = []
            with failures.of(name):
                for token, ids in few_and_many.users.items():
                    client.headers["Authorization"] = token
                    with recorded(renewed.world.database) as found:
                        answer = client.request(method, href.format(**ids), json=body)
                    assert answer.status_code in (200, 201), answer.text
                    seen.append(kinds(found))
                assert seen[0] == seen[1]
    renewed.close()
