"""Delete expired rows: idempotent responses, activity, mails, events, tokens, and what was soft-deleted 30 days ago.

One account at a time, in batches: a batch is short, so it delays no other writer, and what it deletes is chosen by a
subquery, because a list of ids can exceed the number of parameters that a statement may have.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, delete, select, update

from api.errors import UnauthorizedError
from api.models import (
    Activity,
    AgentWrite,
    Application,
    Contact,
    Event,
    FollowUp,
    IdempotentResponse,
    ImportJob,
    Interview,
    Mail,
    Token,
)
from api.services import idempotent_responses, imported
from api.services.accounts import audit_log, login_throttle, mails, tokens
from api.services.events import journal
from api.services.facts.crud import RESTORABLE_WITHIN
from api.services.steps import judge
from api.services.write_log import log
from api.storage.database import Database, lift_statement_timeout
from api.storage.owned_rows import key_of_owner
from api.storage.session import ANY_OWNER, OwnedSession

ROWS_PER_BATCH = 500
# What counts as many rows of a batch, because its children go with it.
WEIGHTS: Mapping[type[Any], int] = {Application: 25, Event: 10}
POINTERS: tuple[tuple[Any, str], ...] = (
    (Application, "status_contact_id"),
    (Interview, "told_by"),
    (FollowUp, "contact_id"),
)


@dataclass(frozen=True, slots=True)
class DeletedCounts:
    """How many rows were deleted."""

    answers: int = 0
    applications: int = 0
    contacts: int = 0

    def __add__(self, other: "DeletedCounts") -> "DeletedCounts":
        return DeletedCounts(**(Counter(asdict(self)) + Counter(asdict(other))))


def delete_expired_throttles(database: Database, now: datetime) -> None:
    """Delete the counts of attempts of hours that have passed; they belong to no account."""
    with database.write(now) as session:
        lift_statement_timeout(session)
        login_throttle.delete_expired(session)


def users_with_expired_rows(database: Database, now: datetime) -> list[str]:
    """Return the accounts with expired rows: one statement a table, however many accounts there are."""
    found: set[str] = set()
    with database.read(now) as session:
        lift_statement_timeout(session)
        expired = {**_expired_rows(session), ImportJob: imported.expired_jobs(session)}
        for table, old in expired.items():
            users = select(table.user_id).where(old).distinct()
            found.update(session.exec(users, execution_options=ANY_OWNER).all())
    return sorted(found)


def apply_retention_to_account(
    database: Database, user_id: str, now: datetime, *, is_stopping: Callable[[], bool] = lambda: False
) -> DeletedCounts:
    """Delete the expired rows of one account, a batch in each transaction; none if it was erased meanwhile."""
    total, is_done = DeletedCounts(), False
    with suppress(UnauthorizedError):
        while not is_done and not is_stopping():
            with database.write(now) as session:
                session.owner = user_id
                lift_statement_timeout(session)
                deleted, is_done = delete_batch(session)
            total += deleted
    return total


def _expired_rows(session: OwnedSession) -> dict[Any, Any]:
    """Return the tables with a retention period, each with the condition of its expired rows."""
    now, cutoff = session.now, session.now - RESTORABLE_WITHIN
    return {
        IdempotentResponse: col(IdempotentResponse.created_at) <= now - idempotent_responses.RETENTION,
        Application: col(Application.deleted_at) < cutoff,
        Contact: col(Contact.deleted_at) < cutoff,
        AgentWrite: col(AgentWrite.at) <= now - log.RETENTION,
        Activity: col(Activity.at) <= now - audit_log.RETENTION,
        Mail: col(Mail.created_at) <= now - mails.RETENTION,
        Event: col(Event.at) <= now - journal.RETENTION,
        Token: col(Token.expires_at) <= now - tokens.RETENTION,
    }


def delete_batch(session: OwnedSession) -> tuple[DeletedCounts, bool]:
    """Delete some expired rows of one account; return their numbers, and whether none are left.

    Soft-deleted rows count for no step, so no step changes.
    """
    judge.lock_user(session)
    if imported.delete_expired(session, ROWS_PER_BATCH):
        return DeletedCounts(), False
    left, counts = ROWS_PER_BATCH, Counter[Any]()
    for table, old in _expired_rows(session).items():
        weight = WEIGHTS.get(table, 1)
        most = -(-left // weight)
        counts[table] = _delete_some(session, table, old, most)
        left -= counts[table] * weight
        if counts[table] == most:
            break
    deleted = DeletedCounts(counts[IdempotentResponse], counts[Application], counts[Contact])
    return deleted, left > 0


def _delete_some(session: OwnedSession, table: Any, old: Any, most: int) -> int:  # noqa: ANN401  # a table, a condition
    """Delete at most so many expired rows of a table, after the pointers to them."""
    (key,) = key_of_owner(table.__table__)
    some = select(key).where(table.user_id == session.user_id, old).order_by(key).limit(most).scalar_subquery()
    for pointing, column in POINTERS if table is Contact else ():
        values = {column: None, **({"status_contact_since": None} if pointing is Application else {})}
        session.change(update(pointing).where(getattr(pointing, column).in_(some)).values(**values))
    return session.change(delete(table).where(key.in_(some)))
