"""The queue: open steps of all applications, selected by one index, and its summary in numbers."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlmodel import col, func, select

from api.errors import BadCursorError
from api.models import Application, Interview, StepInstance
from api.models.step import QueueApplication, QueueSummary, State, StepCount
from api.rules.answers import Answer
from api.rules.evaluate import project
from api.rules.outcome import STEPS
from api.rules.words import rfc3339
from api.services.steps.load_facts import load_facts
from api.services.steps.queue_parts import (
    KEYS,
    URGENCY,
    After,
    Part,
    Stale,
    count_statement,
    in_state,
    is_stale,
    not_snoozed,
    parts_of,
    ranges,
    statement,
)
from api.services.steps.recompute import is_recomputing
from api.services.steps.render import OtherApplications, load_other_applications, render_step
from api.services.steps.rows import COLUMNS, StoredStep, record_from_row
from api.storage.codecs import db_to_json_instant, from_db_id, from_db_instant, to_db_id, to_db_instant
from api.storage.keyset import PageQuery
from api.storage.raw_sql import IDS, CompiledStatement, RawConnection, Row, select_as_text
from api.storage.session import OwnedSession

CAP = 1_000
MAX_STREAMED = 1_000_000  # more than an account may have
WORST_FIRST: tuple[State, ...] = ("overdue", "open", "upcoming")
BY_DUE_AND_ID = itemgetter(StoredStep._fields.index("due_at"), StoredStep._fields.index("id"))
BY_ID = CompiledStatement(
    select_as_text(*COLUMNS, Application.company, Application.role)
    .join(Application, col(Application.id) == StepInstance.application_id)
    .where(col(StepInstance.id).in_(IDS))
)
COUNTED = ("overdue", "stale", "open", "upcoming")


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """The filters of a request for the queue. `but_step`: no steps of this number."""

    states: tuple[str, ...] = ("overdue",)
    step: int | None = None
    application_id: str | None = None
    due_before: datetime | None = None
    stale: Stale = "include"
    but_step: int | None = None

    @property
    def values(self) -> dict[str, object]:
        """The filters that are set, encoded for the database."""
        values = {
            "step": self.step,
            "application_id": self.application_id and to_db_id(self.application_id),
            "due_before": self.due_before and to_db_instant(self.due_before),
            "but_step": self.but_step,
        }
        return {name: value for name, value in values.items() if value is not None}


def read_page(
    raw: RawConnection, query: PageQuery, wanted: QueueFilter, *, sort: str, now: datetime, explain: bool
) -> tuple[list[Answer], str | None]:
    """Return one page of the queue and the cursor of the next; all pages use the instant of the first.

    Raises BadCursorError.
    """
    opened = query.read_cursor(raw.user_id, KEYS[sort], now)
    now, parts = opened.instant, parts_of(wanted.states, wanted.stale, sort)
    number, after = _position(opened.after, len(parts))
    found: list[tuple[int, Row]] = []
    while number < len(parts) and len(found) <= opened.limit:
        more = _rows_of(raw, parts[number], wanted, after, now, down=sort == "-due_at", limit=opened.limit - len(found))
        found += [(number, row) for row in more]
        number, after = number + 1, None
    cursor = None
    if len(found) > opened.limit:
        found = found[: opened.limit]
        number, row = found[-1]
        last = StoredStep._make(row[: len(COLUMNS)])
        keys = [from_db_instant(last.due_at), from_db_id(last.id)]
        cursor = opened.cursor([number, *keys] if sort == URGENCY else keys)
    return _items(raw, [row for _, row in found], now, explain=explain), cursor


def _position(keys: Sequence[Any] | None, parts: int) -> tuple[int, After]:
    """Return the number of the part and the row in it after which a page begins. Raises BadCursorError."""
    if keys is None:
        return 0, None
    *number, due, id_ = keys
    if not number:
        return 0, (due, id_)
    if number[0] not in range(parts):
        raise BadCursorError
    return int(number[0]), (due, id_)


def _rows_of(
    raw: RawConnection, part: Part, wanted: QueueFilter, after: After, now: datetime, *, down: bool, limit: int
) -> Sequence[Row]:
    """Return the next rows of a part in their order, at most one more than `limit`."""
    filters = wanted.values
    values = {**filters, **ranges(part, after, now, down=down), "now": to_db_instant(now), "limit": limit + 1}
    found = raw.all(statement(part, frozenset(filters), down=down, is_first=after is None), **values)
    return found if part.rows == "any" else sorted(found, key=BY_DUE_AND_ID, reverse=down)  # a join may lose the order


def first_items(raw: RawConnection, wanted: QueueFilter, *, sort: str, now: datetime, limit: int) -> list[Answer]:
    """Return the first steps of a queue that has one part, as the queue shows them; at most `limit`."""
    (part,) = parts_of(wanted.states, wanted.stale, sort)
    found = _rows_of(raw, part, wanted, None, now, down=sort == "-due_at", limit=limit - 1)
    return _items(raw, found, now, explain=False)


def count_items(raw: RawConnection, wanted: QueueFilter, *, now: datetime) -> int:
    """Return how many steps a queue by deadline has, up to 1,000."""
    (part,) = parts_of(wanted.states, wanted.stale, "due_at")
    filters = wanted.values
    row = raw.first(count_statement(part, frozenset(filters)), **filters, now=to_db_instant(now), limit=CAP)
    return row[0] if row else 0


def stale_steps(raw: RawConnection, now: datetime, limit: int) -> list[tuple[str, str]]:
    """Return the ids of the first stale steps and of their applications, oldest deadline first."""
    (part,) = parts_of(("overdue",), "only", URGENCY)
    found = _rows_of(raw, part, QueueFilter(), None, now, down=False, limit=limit - 1)
    return [(from_db_id(id_), from_db_id(owner)) for id_, owner, *_ in found]


def read_items(raw: RawConnection, ids: Sequence[str], now: datetime) -> list[Answer]:
    """Return steps by their ids, in this order, as the queue shows them, whatever their states.

    A step that does not exist any more is left out.
    """
    items = {item["id"]: item for item in _items(raw, raw.all(BY_ID, ids=ids), now, explain=False)}
    return [items[id_] for id_ in ids if id_ in items]


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
    for row in _streamed(raw, wanted, sort, now):
        yield _item(row, around, clock)


def stream_ids(raw: RawConnection, wanted: QueueFilter, *, sort: str, now: datetime) -> Iterator[str]:
    """Yield the ids of the steps of the whole queue, as `stream` does."""
    return (from_db_id(row[0]) for row in _streamed(raw, wanted, sort, now))


def _streamed(raw: RawConnection, wanted: QueueFilter, sort: str, now: datetime) -> Iterator[Row]:
    filters, down = wanted.values, sort == "-due_at"
    for part in parts_of(wanted.states, wanted.stale, sort):
        values = {**filters, **ranges(part, None, now, down=down), "now": to_db_instant(now), "limit": MAX_STREAMED}
        yield from raw.stream(statement(part, frozenset(filters), down=down, is_first=True, whole=True), **values)


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
    states = {state: _counted(session, state, now) for state in COUNTED}
    return QueueSummary(
        recomputing=is_recomputing(session),
        capped_at=CAP,
        **{state: min(sum(counts.values()), CAP) for state, counts in states.items()},
        steps=[
            StepCount(number=number, step=name, **{state: states[state][number] for state in states})
            for number, name in STEPS.items()
        ],
        keep_looking=next((state for state in WORST_FIRST if states[state][7]), "not_started"),
        nothing_scheduled=nothing_scheduled(session, now),
        next_change_at=_next_change(session, now),
    )


def _counted(session: OwnedSession, state: str, now: datetime) -> Counter[int]:
    """Count the rows of one state, or the stale ones, by step number, at most 1,000 rows."""
    is_wanted, first = (
        (is_stale(now), StepInstance.helps_until) if state == "stale" else (in_state(state, now), StepInstance.due_at)
    )
    rows = (
        select(StepInstance.number)
        .where(col(StepInstance.closed_state).is_(None), is_wanted, not_snoozed(now))
        .order_by(col(first))
        .limit(CAP)
    )
    return Counter(session.exec(rows).all())


def nothing_scheduled(session: OwnedSession, now: datetime) -> list[QueueApplication]:
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
