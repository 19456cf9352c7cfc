"""The queue: open steps of all applications, selected by one index, and its summary in numbers."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlmodel import and_, col, func, or_, select

from api.models import Application, Interview, StepInstance
from api.models.step import QueueApplication, QueueSummary, State, StepCount
from api.rules.answers import Answer
from api.rules.evaluate import project
from api.rules.outcome import STEPS
from api.rules.words import rfc3339
from api.services.steps.load_facts import load_facts
from api.services.steps.recompute import is_recomputing
from api.services.steps.render import OtherApplications, load_other_applications, render_step
from api.services.steps.rows import COLUMNS, StoredStep, record_from_row
from api.services.steps.version import NOW
from api.storage.codecs import db_to_json_instant, from_db_id, from_db_instant, to_db_id, to_db_instant
from api.storage.keyset import PageQuery, after_keys, order_by, sort_orders
from api.storage.raw_sql import ID, INSTANT, CompiledStatement, RawConnection, Row, param, select_as_text
from api.storage.session import OwnedSession

CAP = 1_000
MAX_STREAMED = 1_000_000  # more than an account may have
WORST_FIRST: tuple[State, ...] = ("overdue", "open", "upcoming")
KEYS = sort_orders(StepInstance, "due_at")


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """The filters of a request for the queue."""

    states: tuple[str, ...] = ("overdue",)
    step: int | None = None
    application_id: str | None = None
    due_before: datetime | None = None

    @property
    def values(self) -> dict[str, object]:
        """The filters that are set, encoded for the database."""
        values = {
            "step": self.step,
            "application_id": self.application_id and to_db_id(self.application_id),
            "due_before": self.due_before and to_db_instant(self.due_before),
        }
        return {name: value for name, value in values.items() if value is not None}


@lru_cache(maxsize=256)
def statement(states: tuple[str, ...], filters: frozenset[str], sort: str, *, is_first: bool) -> CompiledStatement:
    """Return the statement of a page: a range of the index of open rows. `filters`: the names of the filters set."""
    row = StepInstance
    wanted = select_as_text(*COLUMNS, Application.company, Application.role).join(
        Application, col(Application.id) == row.application_id
    )
    wanted = wanted.where(col(row.closed_state).is_(None), _in_states(states, NOW))
    if states == ("overdue",):
        wanted = wanted.where(col(row.due_at) <= NOW)
    elif "overdue" not in states:
        wanted = wanted.where(col(row.due_at) > NOW)
    if "step" in filters:
        wanted = wanted.where(col(row.number) == param("step"))
    if "application_id" in filters:
        wanted = wanted.where(col(row.application_id) == param("application_id", ID))
    if "due_before" in filters:
        wanted = wanted.where(col(row.due_at) < param("due_before", INSTANT))
    wanted = wanted.where(_not_snoozed(NOW))
    if not is_first:
        wanted = wanted.where(after_keys(KEYS[sort], (param("after_due", INSTANT), param("after_id", ID))))
    return CompiledStatement(order_by(wanted, KEYS[sort]).limit(param("limit")))


def _not_snoozed(now: Any) -> Any:  # noqa: ANN401  # an SQL expression
    return or_(col(StepInstance.snoozed_until).is_(None), col(StepInstance.snoozed_until) <= now)


def _in_states(states: Sequence[str], now: Any) -> Any:  # noqa: ANN401  # an SQL expression
    due, opens = col(StepInstance.due_at), col(StepInstance.opens_at)
    conditions = {
        "overdue": due <= now,
        "open": and_(opens <= now, due > now),
        "upcoming": opens > now,
    }
    return or_(*(conditions[state] for state in states))


def read_page(
    raw: RawConnection, query: PageQuery, wanted: QueueFilter, *, sort: str, now: datetime, explain: bool
) -> tuple[list[Answer], str | None]:
    """Return one page of the queue and the cursor of the next; all pages use the instant of the first."""
    opened = query.read_cursor(raw.user_id, KEYS[sort], now)
    now = opened.instant
    filters = wanted.values
    values: dict[str, object] = {**filters, "now": to_db_instant(now), "limit": opened.limit + 1}
    if opened.after is not None:
        due, id_ = opened.after
        values |= {"after_due": to_db_instant(due), "after_id": to_db_id(id_)}
    found = raw.all(statement(wanted.states, frozenset(filters), sort, is_first=opened.after is None), **values)
    cursor = None
    if len(found) > opened.limit:
        found = found[: opened.limit]
        last = StoredStep._make(found[-1][: len(COLUMNS)])
        cursor = opened.cursor([from_db_instant(last.due_at), from_db_id(last.id)])
    return _items(raw, found, now, explain=explain), cursor


def _items(raw: RawConnection, found: Sequence[Row], now: datetime, *, explain: bool) -> list[Answer]:
    around, clock = load_other_applications(raw, now), rfc3339(now)
    items = [_item(row, around, clock) for row in found]
    if explain:
        traced = _traced(raw, {item["application_id"] for item in items}, now)
        for item in items:
            item["trace"] = traced.get((item["application_id"], item["number"], item["scope"]))
    return items


def _item(row: Row, around: OtherApplications, clock: str) -> Answer:
    *columns, company, role = row
    step = StoredStep._make(columns)
    owner = from_db_id(step.application_id)
    snoozed = step.snoozed_until and db_to_json_instant(step.snoozed_until)
    item = render_step(owner, record_from_row(step), around, clock, id_=from_db_id(step.id), snoozed=snoozed)
    item["application"] = {"id": owner, "company": company, "role": role}
    return item


def stream(raw: RawConnection, wanted: QueueFilter, *, sort: str, now: datetime) -> Iterator[Answer]:
    """Yield the whole queue; only some rows are in memory at a time. The connection must be in a transaction."""
    around, clock = load_other_applications(raw, now), rfc3339(now)
    filters = wanted.values
    values: dict[str, object] = {**filters, "now": to_db_instant(now), "limit": MAX_STREAMED}
    for row in raw.stream(statement(wanted.states, frozenset(filters), sort, is_first=True), **values):
        yield _item(row, around, clock)


def _traced(raw: RawConnection, ids: Collection[str], now: datetime) -> dict[tuple[str, int, str], list[Answer]]:
    """Judge the applications of a page again, to get the rules that were applied."""
    return {
        (known.id, *instance.key): [applied._asdict() for applied in instance.trace]
        for known in load_facts(raw, sorted(ids), now=now)
        for instance in project(known.facts, known.policy, now, explain=True)
    }


def summary(session: OwnedSession) -> QueueSummary:
    """Return the numbers of the queue; counting stops at 1,000 rows of each state."""
    now = session.now
    states = {state: _counted(session, state, now) for state in WORST_FIRST}
    return QueueSummary(
        recomputing=is_recomputing(session),
        capped_at=CAP,
        **{state: min(sum(counts.values()), CAP) for state, counts in states.items()},
        steps=[
            StepCount(number=number, step=name, **{state: states[state][number] for state in states})
            for number, name in STEPS.items()
        ],
        keep_looking=next((state for state in WORST_FIRST if states[state][7]), "not_started"),
        nothing_scheduled=_nothing_scheduled(session, now),
        next_change_at=_next_change(session, now),
    )


def _counted(session: OwnedSession, state: str, now: datetime) -> Counter[int]:
    """Count the rows of one state by step number, at most 1,000 rows."""
    rows = (
        select(StepInstance.number)
        .where(col(StepInstance.closed_state).is_(None), _in_states([state], now), _not_snoozed(now))
        .order_by(col(StepInstance.due_at))
        .limit(CAP)
    )
    return Counter(session.exec(rows).all())


def _nothing_scheduled(session: OwnedSession, now: datetime) -> list[QueueApplication]:
    """Return live applications without a coming interview and without an open row of steps 1–6, at most 1,000."""
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
