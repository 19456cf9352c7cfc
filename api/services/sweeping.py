"""What time takes away: kept answers, activity, links and tokens that lapsed, and what was deleted for good."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult
from sqlmodel import col, delete, select, update

from api.db import UNSYNCED, Database, OwnedSession
from api.models import Activity, Application, Contact, FollowUp, Interview, KeptAnswer, PasswordReset, Token
from api.services import access, activities, resets, retries, steps, throttles
from api.services.accounts import everybody
from api.services.records import RESTORABLE

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
        throttles.forget(session)
        users = everybody(session)
    swept = Swept()
    for user_id in users:
        with database.read(now) as session:
            session.owner = user_id
            is_needed = _has_something_old(session)
        if is_needed:
            with database.write(now) as session:
                session.owner = user_id
                swept += sweep_account(session)
    database.forget()
    return swept


def _has_something_old(session: OwnedSession) -> bool:
    found = (select(table.user_id).where(old).limit(1) for table, old in _old(session).items())
    return any(session.exec(one).first() is not None for one in found)


def _old(session: OwnedSession) -> dict[Any, Any]:
    """Return the tables that are swept, each with the condition of what is old."""
    cutoff = session.now - RESTORABLE
    return {
        KeptAnswer: retries.expired(session),
        Application: col(Application.deleted_at) < cutoff,
        Contact: col(Contact.deleted_at) < cutoff,
        Activity: activities.expired(session),
        PasswordReset: resets.expired(session),
        Token: access.long_expired(session),
    }


def sweep_account(session: OwnedSession) -> Swept:
    """Sweep one account. Deleted things count for no step any more, so no step changes."""
    steps.lock(session)
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
