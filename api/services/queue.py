"""The queue: what is due across all applications, read from one index; and the same in figures."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import and_, col, func, or_, select

from api.db import OwnedSession
from api.models import Application, Interview, StepInstance
from api.models.step import QueueApplication, QueueItem, QueueSummary, StepCount
from api.pagination import PageQuery, by
from api.rules.evaluate import answer, project
from api.rules.outcome import STEPS, Instance
from api.services.facts import gather
from api.services.step_answers import Surroundings, public, surroundings
from api.services.stored_steps import instance_of

CAP = 1_000
KEYS = by(StepInstance, "due_at")


@dataclass(frozen=True, slots=True)
class Filters:
    """Which steps are wanted."""

    states: tuple[str, ...] = ("overdue",)
    step: int | None = None
    application_id: str | None = None
    due_before: datetime | None = None


def statement(filters: Filters, now: datetime) -> Any:  # noqa: ANN401  # a statement
    """Return the statement of the queue at an instant: a range of the index of open rows."""
    row = StepInstance
    wanted = select(row, Application.company, Application.role).join(
        Application, col(Application.id) == row.application_id
    )
    wanted = wanted.where(col(row.closed_state).is_(None), _in_states(filters.states, now))
    if filters.states == ("overdue",):
        wanted = wanted.where(col(row.due_at) <= now)
    elif "overdue" not in filters.states:
        wanted = wanted.where(col(row.due_at) > now)
    if filters.step is not None:
        wanted = wanted.where(row.number == filters.step)
    if filters.application_id is not None:
        wanted = wanted.where(row.application_id == filters.application_id)
    if filters.due_before is not None:
        wanted = wanted.where(col(row.due_at) < filters.due_before)
    return wanted.where(_awake(now))


def _awake(now: datetime) -> Any:  # noqa: ANN401  # an SQL expression
    return or_(col(StepInstance.snoozed_until).is_(None), col(StepInstance.snoozed_until) <= now)


def _in_states(states: Sequence[str], now: datetime) -> Any:  # noqa: ANN401  # an SQL expression
    due, opens = col(StepInstance.due_at), col(StepInstance.opens_at)
    conditions = {
        "overdue": due <= now,
        "open": and_(opens <= now, due > now),
        "upcoming": opens > now,
    }
    return or_(*(conditions[state] for state in states))


def page(
    session: OwnedSession, filters: Filters, query: PageQuery, *, sort: str, as_of: datetime | None, explain: bool
) -> tuple[list[QueueItem], str | None]:
    """Return one page of the queue and the cursor of the next; all pages are of the first page's instant."""
    opened = query.opened(session.user_id, KEYS[sort], as_of or session.now)
    now = opened.instant
    found, cursor = opened.rows(session, statement(filters, now))
    around = surroundings(session, now)
    traced = _traced(session, [row for row, _, _ in found], now) if explain else {}
    items = [
        _item(row, company, role, traced.get(row.id) or instance_of(row), around, now, explain=explain)
        for row, company, role in found
    ]
    return items, cursor


def _item(
    row: StepInstance,
    company: str,
    role: str,
    instance: Instance,
    around: Surroundings,
    now: datetime,
    *,
    explain: bool,
) -> QueueItem:
    step = public(row.application_id, answer(instance, now), around, snoozed_until=row.snoozed_until, explain=explain)
    application = QueueApplication(id=row.application_id, company=company, role=role)
    return QueueItem.model_construct(**step.__dict__, application=application)


def _traced(session: OwnedSession, rows: Sequence[StepInstance], now: datetime) -> dict[str, Instance]:
    """Judge the applications of a page once more, for the rules that were applied."""
    ids = {row.application_id for row in rows}
    applications = session.exec(select(Application).where(col(Application.id).in_(ids))).all()
    by_key = {
        (known.application.id, *instance.key): instance
        for known in gather(session, applications, now=now)
        for instance in project(known.facts, known.policy, now)
    }
    keys = {row.id: (row.application_id, row.number, row.scope) for row in rows}
    return {id_: by_key[key] for id_, key in keys.items() if key in by_key}


def summary(session: OwnedSession) -> QueueSummary:
    """Return the queue in figures: each count stops at the cap."""
    now = session.now
    states = {state: _counted(session, state, now) for state in ("overdue", "open", "upcoming")}
    looking = states["overdue"][7], states["open"][7], states["upcoming"][7]
    return QueueSummary(
        capped_at=CAP,
        **{state: min(sum(counts.values()), CAP) for state, counts in states.items()},
        steps=[
            StepCount(number=number, step=name, **{state: states[state][number] for state in states})
            for number, name in STEPS.items()
        ],
        keep_looking=_worst(*looking),
        nothing_scheduled=_nothing_scheduled(session, now),
        next_change_at=_next_change(session, now),
    )


def _counted(session: OwnedSession, state: str, now: datetime) -> Counter[int]:
    """Count one state by step, over at most as many rows as the cap."""
    rows = (
        select(StepInstance.number)
        .where(col(StepInstance.closed_state).is_(None), _in_states([state], now), _awake(now))
        .order_by(col(StepInstance.due_at))
        .limit(CAP)
    )
    return Counter(session.exec(rows).all())


def _worst(overdue: int, open_: int, upcoming: int) -> Any:  # noqa: ANN401  # a State
    """Say step 7 in one word for all applications: the worst of them."""
    return "overdue" if overdue else "open" if open_ else "upcoming" if upcoming else "not_started"


def _nothing_scheduled(session: OwnedSession, now: datetime) -> list[QueueApplication]:
    """Return live applications that nothing will move: no interview ahead, no open row of steps 1–6."""
    ahead = select(Interview.application_id).where(
        col(Interview.starts_at) > now, col(Interview.status).in_(["scheduled", "held"])
    )
    waiting = select(StepInstance.application_id).where(
        col(StepInstance.closed_state).is_(None), StepInstance.number < 7
    )
    idle = (
        select(Application.id, Application.company, Application.role)
        .where(
            col(Application.closed_at).is_(None),
            col(Application.archived_at).is_(None),
            col(Application.deleted_at).is_(None),
            col(Application.id).not_in(ahead),
            col(Application.id).not_in(waiting),
        )
        .order_by(col(Application.created_at), col(Application.id))
        .limit(CAP)
    )
    return [QueueApplication(id=id_, company=company, role=role) for id_, company, role in session.exec(idle).all()]


def _next_change(session: OwnedSession, now: datetime) -> datetime | None:
    columns = (StepInstance.opens_at, StepInstance.due_at)
    soonest = [
        session.exec(select(func.min(column)).where(col(column) > now, col(StepInstance.closed_state).is_(None))).one()
        for column in columns
    ]
    return min((instant for instant in soonest if instant), default=None)
