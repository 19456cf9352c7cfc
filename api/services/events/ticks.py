"""Events that time makes: a step opens, is due soon, is overdue. Nothing is written into step rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select, update

from api.models import StepInstance, StepNotice, User
from api.models.event import EventType, Listens, Told
from api.services.events.drafts import add_draft
from api.services.events.notices import JOINED, NEXT, NOW, SOON, TOLD, lead_minutes
from api.services.events.steps import time_draft
from api.services.steps.rows import COLUMNS, StoredStep
from api.storage.codecs import from_db_id, from_db_instant, to_db_id, to_db_instant
from api.storage.raw_sql import INSTANT, OWNER, CompiledStatement, RawConnection, param, select_as_text
from api.storage.session import ANY_OWNER, OwnedSession

MAX_USERS, MAX_LOOKED_AT, MAX_STEPS = 200, 20_000, 100
TYPES = {
    Told.OPENED: EventType.STEP_OPENED,
    Told.DUE_SOON: EventType.STEP_DUE_SOON,
    Told.OVERDUE: EventType.STEP_OVERDUE,
}
DUE_NOTICES = CompiledStatement(
    select_as_text(*COLUMNS, StepNotice.told, TOLD, SOON, NEXT)
    .join(StepNotice, JOINED)
    .where(col(StepNotice.user_id) == OWNER, col(StepNotice.notify_at) <= NOW, col(StepInstance.user_id) == OWNER)
    .order_by(col(StepNotice.notify_at), col(StepNotice.step_id))
    .limit(MAX_STEPS),
    owned=False,
)
SET = CompiledStatement(
    update(StepNotice)
    .where(
        col(StepNotice.user_id) == OWNER,
        col(StepNotice.step_id) == param("step_id", StepNotice.__table__.c.step_id.type),
    )
    .values(told=param("told"), notify_at=param("notify_at", INSTANT)),
    owned=False,
)


@dataclass(frozen=True, slots=True)
class Reached:
    """A step that time brought to an event: the kind of the event, and when that was."""

    step: StoredStep
    told: Told
    at: datetime

    @property
    def due_at(self) -> datetime:
        """The deadline of the step."""
        return from_db_instant(self.step.due_at)

    @property
    def step_id(self) -> str:
        """The id of the step."""
        return from_db_id(self.step.id)


def accounts_due(session: OwnedSession) -> Sequence[str]:
    """Return accounts for which an event of time has come, of all users: for the background task only.

    An account that is being recomputed waits: its dates may be those from before a change.
    """
    due = (
        select(StepNotice.user_id)
        .where(col(StepNotice.notify_at) <= session.now)
        .order_by(col(StepNotice.notify_at))
        .limit(MAX_LOOKED_AT)
        .subquery()
    )
    users = (
        select(User.id)
        .where(col(User.id).in_(select(due.c.user_id).distinct()), col(User.recompute_after).is_(None))
        .limit(MAX_USERS)
    )
    return session.exec(users, execution_options=ANY_OWNER).all()


def advance(session: OwnedSession) -> list[Reached]:
    """Write the events of time that have come for the account, at most of 100 steps; return all of them.

    The session holds the user's lock. Of events that were missed only the last one of a step is written, with the
    instant at which it came. A clock that goes back repeats nothing.
    """
    raw, now = RawConnection.of(session), to_db_instant(session.now)
    rows = raw.all(DUE_NOTICES, now=now, lead=lead_minutes(raw))
    found, values = [], []
    for *columns, told, reached, soon, following in rows:
        step = StoredStep._make(columns)
        values.append(
            {
                "step_id": to_db_id(step.id),
                "told": max(told, reached),
                "notify_at": following and to_db_instant(from_db_instant(following)),
            }
        )
        if reached > told:
            since = {Told.OPENED: step.opens_at, Told.DUE_SOON: soon, Told.OVERDUE: step.due_at}[Told(reached)]
            found.append(Reached(step, Told(reached), from_db_instant(since)))
    raw.execute_many(SET, values)
    if session.listens & Listens.WEBHOOKS:
        for one in found:
            add_draft(session, time_draft(TYPES[one.told], one.step, one.at, session.now, session.app_url))
    return found
