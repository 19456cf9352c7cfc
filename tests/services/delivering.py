"""Receivers, claims and rows for the tests of deliveries."""

import asyncio
import json
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from fastapi.testclient import TestClient
from sqlmodel import select

from api.models import Webhook
from api.models.delivery import AttemptError
from api.outbound import Attempt
from api.services.webhooks import sending
from api.services.webhooks.sending import Claim
from api.storage.database import Database
from api.storage.session import ANY_OWNER
from api.workers.deliveries import delivery_pass
from tests.conftest import World
from tests.http.api_client import add

WEBHOOKS = "/v1/webhooks"

URL = "https://hooks.example.com/a"
OTHER = "https://hooks.example.com/b"
CREATED = ["application.created"]  # one event for each application
Answer = int | AttemptError
SECOND = timedelta(seconds=1)


@dataclass
class Receivers:
    """Receivers in the process. `answer` decides by address and event; requests that overlap at one address fail.

    A request takes some turns of its event loop, so that other workers come in between.
    """

    answer: Callable[[str, dict[str, Any]], Answer] = lambda _url, _event: 200
    turns: int = 5
    requests: list[tuple[str, bytes, Mapping[str, str]]] = field(default_factory=list)
    in_flight: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    most_at_once: int = 0

    async def __call__(self, url: str, *, content: bytes, headers: Mapping[str, str]) -> Attempt:
        with self.lock:
            self.requests.append((url, content, headers))
            self.in_flight[url] += 1
            self.most_at_once = max(self.most_at_once, self.in_flight[url])
        for _ in range(self.turns):
            await asyncio.sleep(0)
        with self.lock:
            self.in_flight[url] -= 1
        answer = self.answer(url, json.loads(content))
        if isinstance(answer, AttemptError):
            return Attempt(None, answer, None, 7)
        return Attempt(answer, None if answer < 300 else AttemptError.STATUS, None, 7)

    def sequences(self, url: str) -> list[int]:
        """Return the numbers of the events that arrived at an address, in the order of their arrival."""
        return [json.loads(body)["sequence"] for to, body, _ in self.requests if to == url]

    def bodies(self) -> dict[str, set[bytes]]:
        """Return the different bodies that arrived for each `webhook-id`."""
        found = defaultdict(set)
        for _, body, headers in self.requests:
            found[headers["webhook-id"]].add(body)
        return found


def hook(client: TestClient, url: str = URL, **fields: Any) -> str:
    return str(add(client, WEBHOOKS, **{"url": url, "event_types": CREATED, **fields})["id"])


def deliver(world: World, receivers: Any) -> None:
    delivery_pass(world.database, world.clock, world.app.state.settings, send=receivers)


def rows(world: World, table: type[Any]) -> list[Any]:
    with world.database.read(world.clock.now) as session:
        return list(session.exec(select(table), execution_options=ANY_OWNER).all())


def hook_row(world: World) -> Webhook:
    (row,) = rows(world, Webhook)
    assert isinstance(row, Webhook)
    return row


def wait(world: World) -> None:
    """Move the clock to when something is due, in whole seconds as workers see it; leave it if nothing is."""
    due = [row.next_at for row in rows(world, Webhook) if row.next_at]
    if due:
        world.clock.now = max(world.clock.now, min(due).replace(microsecond=0) + SECOND)


def claim_of(world: World, database: Database | None = None) -> Claim:
    (candidate,) = sending.candidates(database or world.database, world.clock.now)
    claim = sending.claim(database or world.database, candidate, world.clock.now)
    assert claim is not None
    return claim
