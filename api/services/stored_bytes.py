"""How many bytes an account stores: counted in the transaction of each write, in the account's row.

A row counts as the bytes of its texts and JSON documents, and 200 for the rest: ids, instants, index entries. The
activity of the account counts too; what follows from other rows (steps, the index of the search) or is limited
otherwise (mails, webhooks and events) does not.

The listeners below see every flush and every bulk update and deletion of a session, with the rows that the database
deletes with their parent.
"""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import JSON, BindParameter, LargeBinary, Text, cast, event, inspect
from sqlalchemy.orm import ORMExecuteState
from sqlmodel import SQLModel, col, func, select, update
from sqlmodel.sql.sqltypes import AutoString

from api.errors import QuotaExceededError
from api.models import (
    Activity,
    AgentWrite,
    Delivery,
    DeliveryAttempt,
    Event,
    IdempotentResponse,
    Mail,
    Notification,
    SearchEntry,
    StepInstance,
    StepNotice,
    User,
    Webhook,
)
from api.storage.raw_sql import OWNER, CompiledStatement, RawConnection, param
from api.storage.session import Owned, OwnedSession

ROW_BYTES = 200
UNCOUNTED = (
    StepInstance,
    StepNotice,
    Mail,
    SearchEntry,
    Webhook,
    Event,
    Delivery,
    DeliveryAttempt,
    Notification,
)
Columns = Sequence[tuple[str, bool]]
BESIDE = (Activity, AgentWrite, IdempotentResponse)  # written beside every change of a fact
MEGABYTE = 1_000_000
ADD = CompiledStatement(
    update(User)
    .where(col(User.id) == OWNER)
    .values(stored_bytes=User.stored_bytes + param("grown"))
    .returning(col(User.stored_bytes)),
    owned=False,
)


@cache
def counted_tables() -> tuple[type[Owned], ...]:
    """Return the tables whose rows count."""
    owned = (mapper.class_ for mapper in SQLModel._sa_registry.mappers)  # noqa: SLF001  # the list of all tables
    found = [table for table in owned if issubclass(table, Owned) and table not in UNCOUNTED]
    return tuple(sorted(found, key=lambda table: str(table.__tablename__)))


@cache
def cascading(table: type[SQLModel]) -> tuple[tuple[type[Owned], str], ...]:
    """Return the tables whose rows the database deletes with a row of a table, each with the column that names it."""
    return tuple(
        (child, next(name for name in key.column_keys if name != "user_id"))
        for child in counted_tables()
        for key in inspect(child).local_table.foreign_key_constraints
        if key.referred_table is inspect(table).local_table and key.ondelete == "CASCADE"
    )


@cache
def text_columns(table: type[SQLModel]) -> tuple[tuple[str, bool], ...]:
    """Return the names of a table's columns with texts, JSON or bytes, each with whether it is JSON."""
    columns = inspect(table).local_table.columns
    kinds = AutoString | JSON | LargeBinary
    return tuple((column.name, isinstance(column.type, JSON)) for column in columns if isinstance(column.type, kinds))


def _size(value: object, *, is_json: bool) -> int:
    if isinstance(value, str) and not is_json:
        return len(value) if value.isascii() else len(value.encode())
    if isinstance(value, bytes):
        return len(value)
    return len(json.dumps(value)) if is_json else 0


def _size_of(row: Owned) -> int:
    """Return what a row counts, with the values that it has in memory."""
    columns = text_columns(type(row))
    return ROW_BYTES + sum(_size(getattr(row, name), is_json=is_json) for name, is_json in columns)


def _growth_of(row: Owned) -> int:
    """Return by how much more a changed row counts than it did when it was last read or flushed."""
    state: Any = inspect(row)
    changed = [one for one in text_columns(type(row)) if one[0] in state.committed_state]
    growth = 0
    for name, is_json in changed:
        history = state.attrs[name].history
        growth += sum(_size(value, is_json=is_json) for value in history.added or ())
        growth -= sum(_size(value, is_json=is_json) for value in history.deleted or ())
    return growth


@event.listens_for(OwnedSession, "before_flush")
def _count_flush(session: OwnedSession, _context: object, _instances: object) -> None:
    """Add what this flush writes to the growth of the transaction."""
    counted = counted_tables()
    for row in session.new:
        if isinstance(row, counted):
            _grow(session, type(row), _size_of(row))
    for row in session.dirty:
        if isinstance(row, counted):
            _grow(session, type(row), _growth_of(row))
    for row in session.deleted:
        if isinstance(row, counted):
            _grow(session, type(row), _growth_of(row) - _size_of(row))
            if cascading(type(row)):
                _count_cascade(session, type(row), [inspect(row).identity[-1]])


@event.listens_for(OwnedSession, "do_orm_execute")
def _count_bulk_write(state: ORMExecuteState) -> None:
    """Add what a bulk update or deletion is about to change."""
    session, mapper = state.session, state.bind_mapper
    if not (state.is_delete or state.is_update) or mapper is None or mapper.class_ not in counted_tables():
        return
    if not isinstance(session, OwnedSession) or state.execution_options.get("any_owner"):
        return
    table, statement = mapper.class_, state.statement
    if state.is_update:
        _count_update(session, table, statement)
        return
    session.flush()
    where: Any = statement.whereclause  # type: ignore[attr-defined]  # of a deletion
    _grow(session, table, -_found(session, bytes_of(session, table), where))
    if cascading(table):
        _count_cascade(session, table, _narrowed(select(table.id).where(table.user_id == session.user_id), where))


def _count_update(session: OwnedSession, table: type[SQLModel], statement: Any) -> None:  # noqa: ANN401  # an update
    """Add the growth of the texts that an update sets. Raises RuntimeError for a text that is not a constant."""
    new = {getattr(key, "key", key): value for key, value in statement._values.items()}  # noqa: SLF001  # no public name
    columns = [one for one in text_columns(table) if one[0] in new]
    if not columns:
        return
    if not all(isinstance(new[name], BindParameter) for name, _ in columns):
        raise RuntimeError("Set texts to constants, so that their bytes can be counted.")
    size = sum(_size(new[name].value, is_json=is_json) for name, is_json in columns)
    session.flush()
    growth = bytes_of(session, table, columns=columns, beside=-size)
    _grow(session, table, -_found(session, growth, statement.whereclause))


def _count_cascade(session: OwnedSession, table: type[SQLModel], ids: Any) -> None:  # noqa: ANN401  # a list, or a statement
    """Subtract the rows that the database deletes with these rows of a table, and those that it deletes with them."""
    for child, column in cascading(table):
        with_them = getattr(child, column).in_(ids)
        _grow(session, child, -_found(session, bytes_of(session, child), with_them))
        if cascading(child):
            owned: Any = child
            _count_cascade(session, child, select(owned.id).where(owned.user_id == session.user_id, with_them))


def _found(session: OwnedSession, statement: Any, where: Any) -> int:  # noqa: ANN401  # a statement, a condition
    return int(session.execute(_narrowed(statement, where)).scalar_one())


def _narrowed(statement: Any, where: Any) -> Any:  # noqa: ANN401  # a statement, a condition
    return statement if where is None else statement.where(where)


def count_activity(session: OwnedSession, *texts: str) -> None:
    """Add a row of the activity, which is inserted without the session."""
    _grow(session, Activity, ROW_BYTES + sum(_size(one, is_json=False) for one in texts))


def _grow(session: OwnedSession, table: type[Any], growth: int) -> None:
    session.grown_bytes += growth
    if table not in BESIDE:
        session.grown_bytes_of_facts += growth


def bytes_of(
    session: OwnedSession,
    table: Any,  # noqa: ANN401  # a table
    *,
    columns: Columns | None = None,
    beside: int = ROW_BYTES,
) -> Any:  # noqa: ANN401  # a statement
    """Return the statement of what the user's rows of a table count: these columns, by default all, and `beside`."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    size: Any = beside
    for name, is_json in text_columns(table) if columns is None else columns:
        column: Any = getattr(table, name)
        text = cast(column, Text) if is_json else column
        raw = text if isinstance(column.type, LargeBinary) else cast(text, LargeBinary)
        length = func.length(raw) if is_sqlite else func.octet_length(text)
        size = func.coalesce(length, 0) + size
    return select(func.coalesce(func.sum(size), 0)).select_from(table).where(table.user_id == session.user_id)


@event.listens_for(OwnedSession, "before_commit")
def store_growth(session: OwnedSession) -> None:
    """Add the growth of the transaction to the account. Raises QuotaExceededError if it grows beyond the limit.

    A write that deletes or shortens facts is never refused, whatever response is stored for it.
    """
    grown = session.grown_bytes
    if not grown or session.owner is None:
        return
    row = RawConnection.of(session).first(ADD, grown=grown)
    session.grown_bytes = 0
    limit = session.max_bytes
    if row is None or limit is None or row[0] <= limit or grown <= 0 or session.grown_bytes_of_facts < 0:
        return
    raise QuotaExceededError(
        f"Your account stores {limit // MEGABYTE:,} MB, which is the limit: delete or shorten something, such as notes "
        "or postings. Deleted applications and contacts count until they are erased after 30 days.",
        "stored_bytes",
        row[0] - grown,
        limit,
    )
