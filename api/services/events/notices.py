"""Notices: up to which event of time each open step was announced, and when the next one comes.

A step is announced when it opens, when it is due soon and when it is overdue. A write that moves its dates, closes it
or opens it again makes a new notice, with the announcements that are true already: they are not sent, because the event
of the write has the state. Otherwise only `api/services/events/ticks.py` changes a notice. So each announcement is sent
once between two changes of the dates, however often and by however many processes one looks.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Integer, and_, case, exists, literal, null
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import col, delete, func, insert, select, update

from api.models import Notification, StepInstance, StepNotice
from api.models.event import Told
from api.models.notification import DUE_SOON_MINUTES
from api.services.steps.changes import Announced
from api.services.steps.rows import COLUMNS, StoredStep
from api.storage.codecs import to_db_instant
from api.storage.raw_sql import IDS, INSTANT, OWNER, CompiledStatement, RawConnection, param, select_as_text

NOW, LEAD = param("now", INSTANT), param("lead", Integer())


class _Before(FunctionElement[Any]):
    """An instant some minutes before another one; null if the minutes are."""

    inherit_cache = True
    type = INSTANT


@compiles(_Before, "sqlite")
def _in_sqlite(element: _Before, compiler: Any, **options: Any) -> str:  # noqa: ANN401  # SQLAlchemy's signature
    instant, minutes = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(strftime('%Y-%m-%d %H:%M:%S', {instant}, '-' || {minutes} || ' minutes') || '.000000')"


@compiles(_Before, "postgresql")
def _in_postgresql(element: _Before, compiler: Any, **options: Any) -> str:  # noqa: ANN401  # as above
    instant, minutes = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({instant} - make_interval(mins => CAST({minutes} AS integer)))"


OPENS: Any = col(StepInstance.opens_at)
DUE: Any = col(StepInstance.due_at)
SOON: Any = _Before(DUE, LEAD)  # no event of its own for a step that opens later than that
TOLD: Any = case(
    (DUE <= NOW, literal(Told.OVERDUE.value, Integer())),
    (and_(SOON > OPENS, SOON <= NOW), literal(Told.DUE_SOON.value, Integer())),
    (OPENS <= NOW, literal(Told.OPENED.value, Integer())),
    else_=literal(Told.NOTHING.value, Integer()),
)
NEXT = case(
    (and_(OPENS > NOW, OPENS <= DUE), OPENS), (and_(SOON > OPENS, SOON > NOW), SOON), (DUE > NOW, DUE), else_=null()
)
MINE = (col(StepInstance.user_id) == OWNER, col(StepInstance.closed_state).is_(None))
OURS = (col(StepNotice.user_id) == OWNER,)
HAS_NOTICE = exists().where(*OURS, col(StepNotice.step_id) == StepInstance.id)
MOVED = (col(StepInstance.number) == 7, col(StepInstance.changed_seq) == param("changed_seq"))
JOINED = and_(*OURS, col(StepNotice.step_id) == StepInstance.id)


def _insert(*conditions: Any) -> CompiledStatement:  # noqa: ANN401  # conditions
    """Return the statement that makes the missing notices of open steps."""
    columns: tuple[Any, ...] = (StepInstance.user_id, StepInstance.id, TOLD, DUE, NEXT)
    rows = select(*columns).where(*MINE, ~HAS_NOTICE, *conditions)
    names = ["user_id", "step_id", "told", "due_at", "notify_at"]
    return CompiledStatement(insert(StepNotice).from_select(names, rows), owned=False)


def _delete(*conditions: Any) -> CompiledStatement:  # noqa: ANN401  # conditions
    return CompiledStatement(delete(StepNotice).where(*OURS, *conditions), owned=False)


def _of_step(value: Any) -> Any:  # noqa: ANN401  # a column expression
    """Return a value of the step of a notice, for an UPDATE."""
    return select(value).where(JOINED, col(StepInstance.user_id) == OWNER).correlate(StepNotice).scalar_subquery()


SOON_NOW = _of_step(and_(TOLD.in_([Told.DUE_SOON.value]), col(StepNotice.told) < Told.DUE_SOON.value))
IS_BEHIND = and_(
    TOLD.not_in([Told.DUE_SOON.value]), col(StepNotice.told) < TOLD
)  # it has come, and the next tick tells it
CHANGE_LEAD = CompiledStatement(
    update(StepNotice)
    .where(*OURS, col(StepNotice.told) < Told.OVERDUE.value)
    .values(
        told=case((SOON_NOW, Told.DUE_SOON.value), else_=col(StepNotice.told)),
        notify_at=_of_step(case((IS_BEHIND, NOW), else_=NEXT)),
    ),
    owned=False,
)
IS_OUTDATED = and_(*MOVED, col(StepInstance.user_id) == OWNER, StepNotice.due_at != DUE)
INSERT_ALL, DELETE_ALL = _insert(), _delete()
INSERT_STEPS, DELETE_STEPS = _insert(col(StepInstance.id).in_(IDS)), _delete(col(StepNotice.step_id).in_(IDS))
INSERT_OF_APPLICATIONS = _insert(col(StepInstance.application_id).in_(IDS))
INSERT_MOVED = _insert(*MOVED)
DELETE_MOVED = _delete(
    col(StepNotice.step_id).in_(select(StepInstance.id).join(StepNotice, JOINED).where(IS_OUTDATED).scalar_subquery())
)
MOVED_STEPS = CompiledStatement(
    select_as_text(*COLUMNS, StepNotice.told, StepNotice.due_at).join(StepNotice, JOINED).where(IS_OUTDATED),
    owned=False,
)
OPEN_STEPS = CompiledStatement(
    select(func.count()).select_from(select(StepInstance.id).where(*MINE).limit(param("limit")).subquery()), owned=False
)
LEAD_OF_OWNER = CompiledStatement(
    select(Notification.due_soon_minutes).where(Notification.user_id == OWNER), owned=False
)


def lead_minutes(raw: RawConnection) -> int | None:
    """Return how long before a deadline the owner's steps are due soon; None: they never are."""
    row = raw.first(LEAD_OF_OWNER)
    minutes: int | None = DUE_SOON_MINUTES if row is None else row[0]
    return minutes


def renew(raw: RawConnection, ids: Sequence[str]) -> None:
    """Make new notices of the steps that are open, and delete those of the others."""
    raw.execute(DELETE_STEPS, ids=ids)
    _make(raw, INSERT_STEPS, ids=ids)


def moved_steps(raw: RawConnection) -> list[tuple[StoredStep, Announced]]:
    """Return the open steps 7 that this write moved, each with its notice of before."""
    rows = raw.all(MOVED_STEPS)
    return [(StoredStep._make(row[:-2]), Announced(*row[-2:])) for row in rows]


def renew_moved(raw: RawConnection) -> None:
    """Make new notices of the steps 7 that this write moved."""
    raw.execute(DELETE_MOVED)
    _make(raw, INSERT_MOVED)


def add_missing(raw: RawConnection, application_ids: Collection[str]) -> None:
    """Make the notices that open steps of applications do not have yet."""
    if application_ids:
        _make(raw, INSERT_OF_APPLICATIONS, ids=list(application_ids))


def _make(raw: RawConnection, statement: CompiledStatement, **values: Any) -> None:  # noqa: ANN401  # see `execute`
    raw.execute(statement, now=to_db_instant(raw.now), lead=lead_minutes(raw), **values)


def start(raw: RawConnection, *, most: int) -> bool:
    """Make the notices of all open steps; return False, without having made any, if there are more than `most`."""
    raw.execute(DELETE_ALL)
    found = raw.first(OPEN_STEPS, limit=most + 1)
    if found and found[0] > most:
        return False
    _make(raw, INSERT_ALL)
    return True


def change_lead(raw: RawConnection) -> None:
    """Have the open steps announced as due soon at another time before their deadlines.

    What was announced stays so, and a step that is due soon by the new time already is not announced as that any more.
    """
    raw.execute(CHANGE_LEAD, now=to_db_instant(raw.now), lead=lead_minutes(raw))


def stop(raw: RawConnection) -> None:
    """Delete all notices of the account."""
    raw.execute(DELETE_ALL)
