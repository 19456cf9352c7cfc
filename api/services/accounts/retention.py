"""What time takes away: kept answers, activity, links and tokens that lapsed, and what was deleted for good."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult
from sqlmodel import col, delete, select, update

from api.models import Activity, Application, Contact, FollowUp, Interview, KeptAnswer, PasswordReset, Token
from api.services import idempotent_responses
from api.services.accounts import audit_log, login_throttle, password_resets, tokens
from api.services.facts.crud import RESTORABLE
from api.services.steps import judge
from api.storage.database import Database
from api.storage.session import ANYBODY, UNSYNCED, OwnedSession

POINTERS: tuple[tuple[Any, str], ...] = (
    (Application, "status_contact_id"),
    (Interview, "told_by"),
    (FollowUp, "contact_id"),
)


@dataclass(frozen=True, slots=True)
class Swept:
    """How much was swept."""

    answers: int = 0
    applications: int = 0
    contacts: int = 0

    def __add__(self, other: "Swept") -> "Swept":
        return Swept(
            self.answers + other.answers,
            self.applications + other.applications,
            self.contacts + other.contacts,
        )


def sweep(database: Database, now: datetime) -> Swept:
    """Sweep every account that has something old, each in a transaction of its own, so that no writer waits long."""
    with database.write(now) as session:
        login_throttle.forget(session)
    with database.read(now) as session:
        users = _who_has_something_old(session)
    swept = Swept()
    for user_id in users:
        with database.write(now) as session:
            session.owner = user_id
            swept += sweep_account(session)
    database.forget()
    return swept


def _who_has_something_old(session: OwnedSession) -> list[str]:
    """Return the accounts to sweep: one statement a table, however many accounts there are."""
    found: set[str] = set()
    for table, old in _old(session).items():
        users = select(table.user_id).where(old).distinct()
        found.update(session.exec(users, execution_options={ANYBODY: True}).all())
    return sorted(found)


def _old(session: OwnedSession) -> dict[Any, Any]:
    """Return the tables that are swept, each with the condition of what is old."""
    cutoff = session.now - RESTORABLE
    return {
        KeptAnswer: idempotent_responses.expired(session),
        Application: col(Application.deleted_at) < cutoff,
        Contact: col(Contact.deleted_at) < cutoff,
        Activity: audit_log.expired(session),
        PasswordReset: password_resets.expired(session),
        Token: tokens.long_expired(session),
    }


def sweep_account(session: OwnedSession) -> Swept:
    """Sweep one account. Deleted things count for no step any more, so no step changes."""
    judge.lock(session)
    old = _old(session)
    for table in (Activity, PasswordReset, Token):
        _gone(session, delete(table).where(old[table]))
    return Swept(
        answers=_gone(session, delete(KeptAnswer).where(old[KeptAnswer])),
        applications=_gone(session, delete(Application).where(old[Application])),
        contacts=_purge_contacts(session, old[Contact]),
    )


def _purge_contacts(session: OwnedSession, condition: Any) -> int:  # noqa: ANN401  # a condition
    old = session.exec(select(Contact.id).where(condition)).all()
    for table, column in POINTERS:
        values = {column: None, **({"status_contact_since": None} if table is Application else {})}
        session.execute(
            update(table).where(col(getattr(table, column)).in_(old)).values(**values), execution_options=UNSYNCED
        )
    return _gone(session, delete(Contact).where(col(Contact.id).in_(old)))


def _gone(session: OwnedSession, statement: Any) -> int:  # noqa: ANN401  # a statement
    done = session.execute(statement, execution_options=UNSYNCED)
    return done.rowcount if isinstance(done, CursorResult) else 0
