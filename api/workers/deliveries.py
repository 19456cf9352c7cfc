"""The task that sends events to webhooks: several at once, but to each webhook one after the other.

The requests run on an event loop of the task's own thread. Webhooks that fail have places of their own, one that
takes long does not count any more, and an account has at most two, so that dead receivers do not delay the others.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from api.errors import ProblemError
from api.outbound import Attempt, post
from api.services.webhooks import sending
from api.services.webhooks.sending import Candidate, Claim, Health, Outcome, Waiting
from api.services.webhooks.signature import signed_headers
from api.services.webhooks.switch_off import reason_to_disable, switch_off
from api.settings import Settings
from api.storage.database import Database
from api.workers.supervisor import Observer
from api.workers.units import IncompletePassError

TASK = "deliveries"
EVERY_SECONDS = 1.0  # a write of this process wakes the task at once
LOOK_AGAIN_SECONDS = 0.5  # while requests run
MAX_HEALTHY, MAX_FAILING, MAX_OF_ACCOUNT = 8, 4, 2
SLOW_SECONDS, MAX_ACTIVE = 1.0, 64
CLAIM_SECONDS = 30.0
STOP_SECONDS = 5.0
log = logging.getLogger("afterword.deliveries")


class Post(Protocol):
    """The function that sends one request."""

    def __call__(self, url: str, *, content: bytes, headers: Mapping[str, str]) -> Awaitable[Attempt]:
        """Send a request; return what became of it."""


@dataclass(frozen=True, slots=True)
class Active:
    """A webhook that is served, and since when, in seconds of a monotonic clock."""

    candidate: Candidate
    since: float


@dataclass
class Sender:
    """What the task works with, and the webhooks that it serves just now."""

    database: Database
    clock: Callable[[], datetime]
    settings: Settings
    is_stopping: Callable[[], bool]
    post: Post
    observer: Observer | None = None
    active: dict["asyncio.Task[None]", Active] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)  # webhooks that are not served again in this pass

    def now(self) -> datetime:
        """Return the instant, in whole seconds."""
        return self.clock().replace(microsecond=0)


def delivery_pass(
    database: Database,
    clock: Callable[[], datetime],
    settings: Settings,
    is_stopping: Callable[[], bool] = lambda: False,
    *,
    send: Post | None = None,
    observer: Observer | None = None,
) -> None:
    """Send what is due, until nothing is. Raises IncompletePassError if a webhook could not be served."""
    if settings.webhooks == "off" or not sending.candidates(database, clock().replace(microsecond=0)):
        return
    sender = Sender(database, clock, settings, is_stopping, send or _outbound(settings), observer)
    asyncio.run(_serve(sender))
    if sender.failed:
        raise IncompletePassError(f"{len(sender.failed)} webhooks could not be served")


def _outbound(settings: Settings) -> Post:
    def send(url: str, *, content: bytes, headers: Mapping[str, str]) -> Awaitable[Attempt]:
        return post(url, content=content, headers=headers, networks=settings.webhook_networks)

    return send


async def _serve(sender: Sender) -> None:
    """Serve webhooks until none has anything due, or the process stops."""
    while not sender.is_stopping():
        for candidate in await asyncio.to_thread(sending.candidates, sender.database, sender.now()):
            if _has_place(sender, candidate):
                served = asyncio.create_task(_serve_one(sender, candidate))
                sender.active[served] = Active(candidate, time.monotonic())
        if not sender.active:
            return
        await _await_one(sender, LOOK_AGAIN_SECONDS)
    if sender.active:
        _, late = await asyncio.wait(sender.active, timeout=STOP_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


def _has_place(sender: Sender, candidate: Candidate) -> bool:
    """Tell whether a webhook can be served now. What has taken long leaves its place to others, up to a limit."""
    active = [one.candidate for one in sender.active.values()]
    since = time.monotonic() - SLOW_SECONDS
    fast = sum(not one.candidate.is_failing and one.since > since for one in sender.active.values())
    failing = sum(one.is_failing for one in active)
    is_out = candidate.webhook_id in {*sender.failed, *(one.webhook_id for one in active)}
    of_account = Counter(one.user_id for one in active)[candidate.user_id]
    has_lane = failing < MAX_FAILING if candidate.is_failing else fast < MAX_HEALTHY
    return has_lane and len(active) < MAX_ACTIVE and of_account < MAX_OF_ACCOUNT and not is_out


async def _await_one(sender: Sender, seconds: float) -> None:
    done, _ = await asyncio.wait(sender.active, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        candidate = sender.active.pop(task).candidate
        error = task.exception()
        if error is None:
            continue
        sender.failed.add(candidate.webhook_id)
        if isinstance(error, ProblemError):
            log.warning("a webhook could not be served and is served later: %s", error.detail)
        else:
            log.error("webhook %s could not be served and is served later", candidate.webhook_id, exc_info=error)


async def _serve_one(sender: Sender, candidate: Candidate) -> None:
    """Claim a webhook, attempt what is due in order, and give it back."""
    mine = await asyncio.to_thread(sending.claim, sender.database, candidate, sender.now())
    if mine is None:
        return
    try:
        until = time.monotonic() + CLAIM_SECONDS
        for one in mine.waiting:
            if sender.is_stopping() or time.monotonic() > until:
                break
            if not await _attempt(sender, mine, one):
                break
    finally:
        await asyncio.shield(asyncio.to_thread(sending.release, sender.database, mine, sender.now()))


async def _attempt(sender: Sender, mine: Claim, one: Waiting) -> bool:
    """Attempt a delivery and record the result; return whether the webhook can get the next one now."""
    headers = {
        **signed_headers(one.event_id, one.body, mine.secrets, sender.now()),
        "user-agent": f"Afterword-Webhooks/1 (+{sender.settings.public_url})",
    }
    tried = await sender.post(mine.url, content=one.body, headers=headers)
    outcome = Outcome(tried.status, tried.error, tried.duration_ms, tried.retry_after)
    if sender.observer is not None:
        sender.observer.delivery_attempted(outcome.error or "delivered")
    now = sender.now()
    health = await asyncio.to_thread(sending.record, sender.database, mine, one, outcome, now)
    if health is None:
        return False
    if reason := reason_to_disable(outcome, health, now):
        sends_mail = sender.settings.sends_links
        await asyncio.to_thread(switch_off, sender.database, mine, reason, now, sends_mail=sends_mail)
        return False
    return _may_go_on(health, now)


def _may_go_on(health: Health, now: datetime) -> bool:
    return health.resume_at is None or health.resume_at <= now
