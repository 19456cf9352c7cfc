"""The statements of the queue: each part of a page is a range of an index of open rows.

A page by deadline has one part. A page by urgency has up to three, one after the other: steps that are overdue and
still help and then open ones, in the order of their deadlines; upcoming ones; stale ones.

No index has the steps that still help in the order of their deadlines, because that depends on the time. But a step
that helps at most eight days after its deadline helps no more if it was due earlier than eight days ago. So each
`help_span` is a range of deadlines of its own, in which few rows are stale; the database merges these ranges. How many
stale steps there are from before does not matter.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from sqlalchemy import Integer, literal_column, text
from sqlmodel import and_, col, func, or_, select, union_all

from api.models import Application, StepInstance
from api.models.step import HELP_SPANS, LONGER
from api.services.steps.rows import COLUMNS
from api.services.steps.version import NOW
from api.storage.codecs import to_db_instant
from api.storage.keyset import Key, after_keys, order_by, sort_orders
from api.storage.raw_sql import ID, INSTANT, OWNER, ROW_LIMIT, CompiledStatement, param, select_as_text

Stale = Literal["include", "exclude", "only"]
URGENCY = "urgency"
BY_DUE = sort_orders(StepInstance, "due_at")
PART: Any = literal_column("part", Integer)  # the number of a part, in the cursors of pages by urgency
KEYS: Mapping[str, tuple[Key, ...]] = {**BY_DUE, URGENCY: ((PART, False), *BY_DUE["due_at"])}
SPANS = (0, *HELP_SPANS, LONGER)
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2300, 1, 1, tzinfo=UTC)
After = tuple[datetime, str] | None


class Part(NamedTuple):
    """A part of the queue in the order of deadlines: any open rows, those that still help, or the stale ones."""

    rows: Literal["any", "helping", "stale"]
    states: tuple[str, ...]


def parts_of(states: tuple[str, ...], stale: Stale, sort: str) -> tuple[Part, ...]:
    """Return the parts of the queue in their order. Only overdue steps can be stale."""
    is_overdue = "overdue" in states
    last = (Part("stale", ("overdue",)),) if is_overdue else ()
    if stale == "only":
        return last
    if sort != URGENCY:
        return (Part("helping" if is_overdue and stale == "exclude" else "any", states),)
    begun = tuple(state for state in ("overdue", "open") if state in states)
    first = (Part("helping" if is_overdue else "any", begun),) if begun else ()
    later = (Part("any", ("upcoming",)),) if "upcoming" in states else ()
    return (*first, *later, *(last if stale == "include" else ()))


@lru_cache(maxsize=256)
def statement(
    part: Part, filters: frozenset[str], *, down: bool, is_first: bool, whole: bool = False
) -> CompiledStatement:
    """Return the statement of a page of a part. `filters`: the names of the filters that are set.

    `whole`: the rows are in order also where the statement of a page leaves that to the caller.
    """
    conditions = [_in_states(part.states, NOW), not_snoozed(NOW), *_filtered(filters)]
    if part.rows != "any":
        return _merged(part, conditions if is_first else [*conditions, _is_after(down=down)], down=down, whole=whole)
    row, keys = StepInstance, BY_DUE["-due_at" if down else "due_at"]
    wanted = select_as_text(*COLUMNS, Application.company, Application.role).join(
        Application, col(Application.id) == row.application_id
    )
    wanted = wanted.where(col(row.closed_state).is_(None), *conditions)
    if part.states == ("overdue",):
        wanted = wanted.where(col(row.due_at) <= NOW)
    elif "overdue" not in part.states:
        wanted = wanted.where(col(row.due_at) > NOW)
    if not is_first:
        wanted = wanted.where(after_keys(keys, (param("after_due", INSTANT), param("after_id", ID))))
    return CompiledStatement(order_by(wanted, keys).limit(ROW_LIMIT))


def _merged(part: Part, conditions: list[Any], *, down: bool, whole: bool) -> CompiledStatement:
    """Return the statement that merges the ranges of all spans.

    It merges deadlines and ids, which is less than whole rows. The page is limited before rows and applications are
    joined, so that the database sorts nothing. The joins may change the order of the page.
    """
    row, application = StepInstance, Application
    spans = [span for span in SPANS if span or part.rows == "helping"]
    merged = union_all(*(_span(part, span, conditions, down=down) for span in spans))
    page = merged.order_by(*_by_due(merged.selected_columns, down=down)).limit(ROW_LIMIT).subquery("page")
    wanted = select_as_text(*COLUMNS, application.company, application.role).select_from(page)
    wanted = wanted.join(row, and_(col(row.user_id) == OWNER, col(row.id) == page.c.id)).join(
        application, and_(col(application.user_id) == OWNER, col(application.id) == col(row.application_id))
    )
    return CompiledStatement(wanted.order_by(*_by_due(page.c, down=down)) if whole else wanted, owned=False)


def _by_due(columns: Any, *, down: bool) -> list[Any]:  # noqa: ANN401  # columns of a statement
    return [column.desc() if down else column for column in (columns.due_at, columns.id)]


def _span(part: Part, span: int, conditions: list[Any], *, down: bool) -> Any:  # noqa: ANN401  # a statement
    """Return the statement of the range of one span: deadlines and ids.

    PostgreSQL merges only what has an order of its own; SQLite allows none here, and finds it in the index.
    """
    row = StepInstance
    rows: Any = select(col(row.due_at).label("due_at"), col(row.id).label("id")).where(
        col(row.user_id) == OWNER,
        col(row.help_span) == literal_column(str(span)),
        col(row.due_at) >= param(f"from_{span}", INSTANT),
        col(row.due_at) <= param("until", INSTANT),
        *conditions,
    )
    if span:
        helps = col(row.helps_until)
        rows = rows.where(helps > NOW if part.rows == "helping" else helps <= NOW)
    way = " DESC" if down else ""
    order = text(f"ORDER BY step_instance.due_at{way}, step_instance.id{way} LIMIT :limit").bindparams(param("limit"))
    return select(rows.suffix_with(order, dialect="postgresql").subquery())


@lru_cache(maxsize=16)
def count_statement(part: Part, filters: frozenset[str]) -> CompiledStatement:
    """Return the statement that counts the rows of a part of the queue, up to `limit`."""
    row = StepInstance
    wanted = select(row.id).where(
        col(row.closed_state).is_(None), _in_states(part.states, NOW), not_snoozed(NOW), *_filtered(filters)
    )
    if part.rows == "helping":
        wanted = wanted.where(or_(col(row.helps_until).is_(None), col(row.helps_until) > NOW))
    elif part.rows == "stale":
        wanted = wanted.where(is_stale(NOW))
    return CompiledStatement(select(func.count()).select_from(wanted.limit(ROW_LIMIT).subquery()))


def ranges(part: Part, after: After, now: datetime, *, down: bool) -> dict[str, str]:
    """Return the values of the parameters that bound the range of a page of a part."""
    values: dict[str, str] = {}
    if after is not None:
        values |= {"after_due": to_db_instant(after[0]), "after_id": after[1].replace("-", "")}
    if part.rows == "any":
        return values
    since, until = EARLIEST, now if "open" not in part.states and "upcoming" not in part.states else LATEST
    if after is not None:
        since, until = (since, min(until, after[0])) if down else (max(since, after[0]), until)
    for span in SPANS:
        is_bounded = part.rows == "helping" and 0 < span < LONGER
        values[f"from_{span}"] = to_db_instant(max(since, now - timedelta(days=span)) if is_bounded else since)
    return {**values, "until": to_db_instant(until)}


def _is_after(*, down: bool) -> Any:  # noqa: ANN401  # an SQL expression
    due, id_ = col(StepInstance.due_at), col(StepInstance.id)
    after_due, after_id = param("after_due", INSTANT), param("after_id", ID)
    if down:
        return or_(due < after_due, and_(due == after_due, id_ < after_id))
    return or_(due > after_due, and_(due == after_due, id_ > after_id))


def _filtered(filters: frozenset[str]) -> list[Any]:
    row = StepInstance
    conditions = {
        "step": col(row.number) == param("step"),
        "application_id": col(row.application_id) == param("application_id", ID),
        "due_before": col(row.due_at) < param("due_before", INSTANT),
        "but_step": col(row.number) != param("but_step"),
    }
    return [condition for name, condition in conditions.items() if name in filters]


def not_snoozed(now: Any) -> Any:  # noqa: ANN401  # an SQL expression
    """Return the condition that no snooze hides a step."""
    return or_(col(StepInstance.snoozed_until).is_(None), col(StepInstance.snoozed_until) <= now)


def is_stale(now: Any) -> Any:  # noqa: ANN401  # an SQL expression
    """Return the condition that an open row is stale; no step hardly helps before it is due."""
    return col(StepInstance.helps_until) <= now


def in_state(state: str, now: Any) -> Any:  # noqa: ANN401  # an SQL expression
    """Return the condition that an open row has a state."""
    return _in_states((state,), now)


def _in_states(states: tuple[str, ...], now: Any) -> Any:  # noqa: ANN401  # an SQL expression
    due, opens = col(StepInstance.due_at), col(StepInstance.opens_at)
    conditions = {
        "overdue": due <= now,
        "open": and_(opens <= now, due > now),
        "upcoming": opens > now,
    }
    return or_(*(conditions[state] for state in states))
