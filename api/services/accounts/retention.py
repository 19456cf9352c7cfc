"""Delete expired rows: idempotent responses, activity, reset links, tokens, and what was soft-deleted 30 days ago."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult
from sqlmodel import col, delete, select, update

from api.models import Activity, Application, Contact, FollowUp, IdempotentResponse, Interview, PasswordReset, Token
from api.services import idempotent_responses
from api.services.accounts import audit_log, login_throttle, password_resets, tokens
from api.services.facts.crud import RESTORABLE_WITHIN
from api.services.steps import judge
from api.storage.database import Database
from api.storage.session import ANY_OWNER, UNSYNCED, OwnedSession

POINTERS: tuple[tuple[Any, str], ...] = (
    (Application, "status_contact_id"),
    (Interview, "told_by"),
    (FollowUp, "contact_id"),
)


@dataclass(frozen=True, slots=True)
class DeletedCounts:
    """How many rows were deleted."""

    answers: int
    applications: int
    contacts: int


def apply_retention(database: Database, now: datetime) -> DeletedCounts:
    """Delete the expired rows of all accounts, with one transaction per account, so that no writer waits long."""
    with database.write(now) as session:
        login_throttle.delete_expired(session)
    with database.read(now) as session:
        users = _users_with_expired_rows(session)
    deleted: Counter[str] = Counter()
    for user_id in users:
        with database.write(now) as session:
            session.owner = user_id
            deleted.update(asdict(apply_retention_to_account(session)))
    database.truncate_wal()
    return DeletedCounts(deleted["answers"], deleted["applications"], deleted["contacts"])


def _users_with_expired_rows(session: OwnedSession) -> list[str]:
    """Return the ids of the accounts with expired rows, with one statement per table."""
    found: set[str] = set()
    for table, old in _expired_rows(session).items():
        users = select(table.user_id).where(old).distinct()
        found.update(session.exec(users, execution_options=ANY_OWNER).all())
    return sorted(found)


def _expired_rows(session: OwnedSession) -> dict[Any, Any]:
    """Return the tables with a retention period, each with the condition of its expired rows."""
    now, cutoff = session.now, session.now - RESTORABLE_WITHIN
    return {
        IdempotentResponse: col(IdempotentResponse.created_at) <= now - idempotent_responses.RETENTION,
        Application: col(Application.deleted_at) < cutoff,
        Contact: col(Contact.deleted_at) < cutoff,
        Activity: col(Activity.at) <= now - audit_log.RETENTION,
        PasswordReset: col(PasswordReset.created_at) <= now - password_resets.USABLE_FOR,
        Token: col(Token.expires_at) <= now - tokens.RETENTION,
    }


def apply_retention_to_account(session: OwnedSession) -> DeletedCounts:
    """Delete the expired rows of one account. The rules ignore soft-deleted rows, so no step changes."""
    judge.lock_user(session)
    old = _expired_rows(session)
    for table in (Activity, PasswordReset, Token):
        _delete(session, delete(table).where(old[table]))
    return DeletedCounts(
        answers=_delete(session, delete(IdempotentResponse).where(old[IdempotentResponse])),
        applications=_delete(session, delete(Application).where(old[Application])),
        contacts=_purge_contacts(session, old[Contact]),
    )


def _purge_contacts(session: OwnedSession, condition: Any) -> int:  # noqa: ANN401  # a condition
    old = session.exec(select(Contact.id).where(condition)).all()
    for table, column in POINTERS:
        values = {column: None, **({"status_contact_since": None} if table is Application else {})}
        session.execute(
            update(table).where(col(getattr(table, column)).in_(old)).values(**values), execution_options=UNSYNCED
        )
    return _delete(session, delete(Contact).where(col(Contact.id).in_(old)))


def _delete(session: OwnedSession, statement: Any) -> int:  # noqa: ANN401  # a statement
    done = session.execute(statement, execution_options=UNSYNCED)
    return done.rowcount if isinstance(done, CursorResult) else 0
