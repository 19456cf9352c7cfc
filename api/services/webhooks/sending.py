"""Attempts at deliveries: a worker claims a webhook, sends what is due in order, and records each attempt.

A claim is a conditional update, so it needs no leader: of two workers that see the same webhook, one gets it. It holds
for a minute. A worker that dies or sleeps longer loses it; then a delivery may be sent twice, with the same id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom

from sqlmodel import col, func, insert, or_, select, update

from api.models import Delivery, DeliveryAttempt, Event, User, Webhook
from api.models.base import new_id
from api.models.delivery import IS_PENDING, AttemptError, DeliveryState
from api.storage.database import Database
from api.storage.session import ANY_OWNER, OwnedSession

LEASE = timedelta(seconds=60)
MAX_AT_ONCE = 20  # deliveries of a claim
MAX_CANDIDATES = 200
WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)  # after each attempt but the last: three days in all
JITTER = 0.2
RANDOM = SystemRandom()
OVERLOADED = (429, 503)
OVERLOADED_FOR = timedelta(seconds=60)
TRUSTED_FAILURES, FIRST_REST, LONGEST_REST = 3, timedelta(seconds=5), timedelta(minutes=5)
MAX_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class Candidate:
    """A webhook for which something may be due."""

    user_id: str
    webhook_id: str
    claim: int
    is_failing: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that is to be attempted; `tries`: the attempts so far."""

    id: str
    event_id: str
    tries: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """A webhook that this worker serves, with what is due, in the order of the events. `secrets`: newest first."""

    user_id: str
    webhook_id: str
    number: int
    url: str
    secrets: tuple[bytes, ...]
    waiting: Sequence[Waiting]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of an attempt. `error`: None if it was delivered; `retry_after`: the receiver's wish, in seconds."""

    status: int | None
    error: AttemptError | None
    duration_ms: int
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """A webhook after an attempt. `failures`: the failed attempts in a row, since `failing_since`."""

    failures: int
    failing_since: datetime | None
    resume_at: datetime | None


def candidates(database: Database, now: datetime) -> list[Candidate]:
    """Return webhooks that may be claimed, of all users, those that work before those that fail; each the oldest first.

    Those of disabled and of ended accounts rest.
    """
    columns = (Webhook.user_id, Webhook.id, Webhook.claim, Webhook.failures)
    due = (
        select(*columns)
        .join(User, col(User.id) == col(Webhook.user_id))
        .where(
            col(Webhook.enabled),
            col(Webhook.next_at) <= now,
            or_(col(Webhook.claimed_until).is_(None), col(Webhook.claimed_until) <= now),
        )
        .where(col(User.disabled_at).is_(None), col(User.erased_at).is_(None))
        .order_by(col(Webhook.next_at), col(Webhook.id))
        .limit(MAX_CANDIDATES)
    )
    with database.read(now) as session:
        found = [
            *session.exec(due.where(col(Webhook.failures) == 0), execution_options=ANY_OWNER).all(),
            *session.exec(due.where(col(Webhook.failures) > 0), execution_options=ANY_OWNER).all(),
        ]
    return [Candidate(user_id, id_, claim, failures > 0) for user_id, id_, claim, failures in found]


def claim(database: Database, candidate: Candidate, now: datetime) -> Claim | None:
    """Take a webhook for this worker, with what is due; None if another one has it, or if it is off or gone."""
    with database.write(now) as session:
        session.owner = candidate.user_id
        mine = (
            col(Webhook.id) == candidate.webhook_id,
            col(Webhook.claim) == candidate.claim,
            col(Webhook.enabled),
            col(Webhook.next_at) <= now,
        )
        taken = {"claim": candidate.claim + 1, "claimed_until": now + LEASE}
        if not session.change(update(Webhook).where(*mine).values(**taken)):
            return None
        webhook = session.get_one(Webhook, (candidate.user_id, candidate.webhook_id))
        wanted = (
            select(Delivery.id, Delivery.event_id, Delivery.tries, Event.body)
            .join(Event, col(Event.id) == col(Delivery.event_id))
            .where(Delivery.webhook_id == webhook.id, IS_PENDING, col(Delivery.next_at) <= now)
            .order_by(col(Delivery.sequence))
            .limit(MAX_AT_ONCE)
        )
        waiting = [Waiting(*row) for row in session.exec(wanted).all()]
        return Claim(webhook.user_id, webhook.id, webhook.claim, webhook.url, _secrets(webhook, now), waiting)


def _secrets(webhook: Webhook, now: datetime) -> tuple[bytes, ...]:
    until = webhook.old_secret_until
    if webhook.old_secret is None or until is None or until <= now:
        return (webhook.secret,)
    return (webhook.secret, webhook.old_secret)


def record(database: Database, mine: Claim, one: Waiting, outcome: Outcome, now: datetime) -> Health | None:
    """Record an attempt; return how the webhook is now, None if the claim was lost."""
    with database.write(now) as session:
        session.owner = mine.user_id
        webhook = session.exec(
            select(Webhook)
            .where(Webhook.id == mine.webhook_id, Webhook.claim == mine.number)
            .with_for_update(of=Webhook)
        ).one_or_none()
        if webhook is None or not webhook.enabled:
            return None
        health = _health(webhook, outcome, now)
        values: dict[str, object] = {
            "failures": health.failures,
            "failing_since": health.failing_since,
            "resume_at": health.resume_at,
            "last_error": outcome.error.value if outcome.error else None,
            **({} if outcome.error else {"last_delivered_at": now}),
        }
        _set(session, Webhook, mine.webhook_id, values)
        _set(session, Delivery, one.id, _delivery_values(one, outcome, now))
        attempt = {
            "user_id": mine.user_id,
            "id": new_id(),
            "delivery_id": one.id,
            "at": now,
            "status": outcome.status,
            "error": outcome.error.value if outcome.error else None,
            "duration_ms": outcome.duration_ms,
        }
        session.execute(insert(DeliveryAttempt).values(**attempt))
        return health


def _set(session: OwnedSession, table: type[Webhook] | type[Delivery], id_: str, values: dict[str, object]) -> None:
    session.change(update(table).where(col(table.id) == id_).values(**values))


def _health(webhook: Webhook, outcome: Outcome, now: datetime) -> Health:
    """Count a failure; from the third one in a row on, the webhook rests before its next attempt."""
    if outcome.error is None:
        return Health(0, None, None)
    failures = webhook.failures + 1
    doublings = min(failures - TRUSTED_FAILURES, MAX_DOUBLINGS)
    rest = min(FIRST_REST * 2**doublings, LONGEST_REST) if doublings >= 0 else None
    return Health(failures, webhook.failing_since or now, now + rest if rest else None)


def _delivery_values(one: Waiting, outcome: Outcome, now: datetime) -> dict[str, object]:
    tries = one.tries + 1
    values: dict[str, object] = {
        "tries": tries,
        "last_status": outcome.status,
        "last_error": outcome.error.value if outcome.error else None,
    }
    if outcome.error is None:
        return {**values, "state": DeliveryState.DELIVERED.value, "next_at": None, "delivered_at": now}
    if tries > len(WAITS):
        return {**values, "state": DeliveryState.FAILED.value, "next_at": None}
    return {**values, "next_at": now + wait_after(tries, outcome)}


def wait_after(tries: int, outcome: Outcome) -> timedelta:
    """Return how long to wait after a failed attempt, the first being 1: by the schedule, a fifth more or less.

    In whole seconds, as all instants of answers.
    The receiver's Retry-After can double it. An overloaded receiver and one that did not answer in time get a minute.
    """
    wait = WAITS[tries - 1] * RANDOM.uniform(1 - JITTER, 1 + JITTER)
    if outcome.error is AttemptError.TIMED_OUT or outcome.status in OVERLOADED:
        wait = max(wait, OVERLOADED_FOR)
    if outcome.retry_after is not None:
        wait = min(max(wait, timedelta(seconds=outcome.retry_after)), 2 * wait)
    return timedelta(seconds=round(wait.total_seconds()))


def release(database: Database, mine: Claim, now: datetime) -> None:
    """Give a webhook back, and set when it is to be looked at again: when the next delivery is due, after its rest.

    The row is locked by the first statement, so that the second one sees every delivery that was queued before.
    """
    with database.write(now) as session:
        session.owner = mine.user_id
        held = (col(Webhook.id) == mine.webhook_id, col(Webhook.claim) == mine.number)
        if not session.change(update(Webhook).where(*held).values(claimed_until=None)):
            return
        webhook = session.get_one(Webhook, (mine.user_id, mine.webhook_id))
        pending = select(func.min(Delivery.next_at)).where(Delivery.webhook_id == mine.webhook_id, IS_PENDING)
        following = session.exec(pending).one() if webhook.enabled else None
        if following is not None and webhook.resume_at is not None:
            following = max(following, webhook.resume_at)
        webhook.next_at = following
