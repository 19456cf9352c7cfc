"""A receiver of webhooks in the process: it takes requests in the place of the outgoing client."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from api.models.delivery import AttemptError
from api.outbound import Attempt
from api.workers.deliveries import delivery_pass
from api.workers.ticks import tick_pass
from tests.conftest import World

Answer = dict[str, Any]


@dataclass
class Receiver:
    """What arrived, by address, in order. `statuses`: what to answer by address; 200 by default."""

    requests: list[tuple[str, bytes, Mapping[str, str]]] = field(default_factory=list)
    statuses: dict[str, int | AttemptError] = field(default_factory=dict)
    retry_after: float | None = None

    async def __call__(self, url: str, *, content: bytes, headers: Mapping[str, str]) -> Attempt:
        self.requests.append((url, content, headers))
        answer = self.statuses.get(url, 200)
        if isinstance(answer, AttemptError):
            return Attempt(None, answer, None, 7)
        error = None if 200 <= answer < 300 else AttemptError.STATUS
        return Attempt(answer, error, self.retry_after if error else None, 7)

    def events(self, url: str | None = None) -> list[Answer]:
        """Return the events that arrived."""
        return [json.loads(body) for to, body, _ in self.requests if url in (None, to)]

    def types(self, url: str | None = None) -> list[str]:
        """Return the types of the events that arrived."""
        return [one["type"] for one in self.events(url)]


def deliver(world: World, receiver: Receiver) -> None:
    """Send what is due now."""
    delivery_pass(world.database, lambda: world.clock.now, world.app.state.settings, send=receiver)


def tick(world: World) -> None:
    """Announce what time has brought until now."""
    while tick_pass(world.database, lambda: world.clock.now, world.app.state.settings):
        pass
