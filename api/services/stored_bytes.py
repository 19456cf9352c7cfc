"""How many bytes an account stores: counted in the transaction of each write, in the account's row.

A row counts as the bytes of its texts and JSON documents, and 200 for the rest: ids, instants, index entries. The
activity of the account counts too; what follows from other rows (steps) or is limited otherwise (mails) does not.

The listeners below see every flush and every bulk deletion of a session. They do not see rows that the database deletes
with their parent: after a deletion of applications, the retention task calls `recount`.
"""

import json
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import JSON, LargeBinary, Text, cast, event, inspect
from sqlalchemy.orm import ORMExecuteState
from sqlmodel import SQLModel, col, func, select, union_all, update
from sqlmodel.sql.sqltypes import AutoString

from api.errors import QuotaExceededError
from api.models import Activity, IdempotentResponse, Mail, StepInstance, User
from api.storage.database import Database
from api.storage.raw_sql import OWNER, CompiledStatement, RawConnection, param
from api.storage.session import UNSYNCED, Owned, OwnedSession

ROW_BYTES = 200
UNCOUNTED = (StepInstance, Mail)
BESIDE = (Activity, IdempotentResponse)  # written beside every change of a fact
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
def text_columns(table: type[SQLModel]) -> tuple[tuple[str, bool], ...]:
    """Return the names of a table's columns with texts or JSON, each with whether it is JSON."""
    columns = inspect(table).local_table.columns
    kinds = AutoString | JSON
    return tuple((column.name, isinstance(column.type, JSON)) for column in columns if isinstance(column.type, kinds))


def _size(value: object, *, is_json: bool) -> int:
    if isinstance(value, str) and not is_json:
        return len(value) if value.isascii() else len(value.encode())
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


@event.listens_for(OwnedSession, "do_orm_execute")
def _count_deletion(state: ORMExecuteState) -> None:
    """Subtract what a bulk deletion is about to delete."""
    session, mapper, statement = state.session, state.bind_mapper, state.statement
    if not state.is_delete or mapper is None or mapper.class_ not in counted_tables():
        return
    if not isinstance(session, OwnedSession) or state.execution_options.get("any_owner"):
        return
    session.flush()
    where: Any = statement.whereclause  # type: ignore[attr-defined]  # of a deletion
    freed = _sum(session, mapper.class_)
    _grow(session, mapper.class_, -session.execute(freed if where is None else freed.where(where)).scalar_one())


def count_activity(session: OwnedSession, *texts: str) -> None:
    """Add a row of the activity, which is inserted without the session."""
    _grow(session, Activity, ROW_BYTES + sum(_size(one, is_json=False) for one in texts))


def _grow(session: OwnedSession, table: type[Any], growth: int) -> None:
    session.grown_bytes += growth
    if table not in BESIDE:
        session.grown_bytes_of_facts += growth


def _sum(session: OwnedSession, table: Any) -> Any:  # noqa: ANN401  # a table, a statement
    """Return the statement of what the user's rows of a table count."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    size: Any = ROW_BYTES
    for name, is_json in text_columns(table):
        column: Any = getattr(table, name)
        text = cast(column, Text) if is_json else column
        length = func.length(cast(text, LargeBinary)) if is_sqlite else func.octet_length(text)
        size = func.coalesce(length, 0) + size
    return select(func.coalesce(func.sum(size), 0)).select_from(table).where(table.user_id == session.user_id)


@event.listens_for(OwnedSession, "before_commit")
def _store_growth(session: OwnedSession) -> None:
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


def total(session: OwnedSession) -> int:
    """Return what all rows of the user count, by one statement."""
    found = session.execute(union_all(*(_sum(session, table) for table in counted_tables())))
    return sum(int(one) for (one,) in found)


def recount(database: Database, user_id: str, now: datetime) -> bool:
    """Store what the rows of an account count; return whether that succeeded.

    It reads a snapshot, so it keeps no other write waiting. It fails if something is written meanwhile.
    """
    with database.read(now) as session:
        session.owner = user_id
        counter = session.exec(select(User.write_counter).where(User.id == user_id)).first()
        bytes_now = total(session)
    with database.write(now) as session:
        session.owner = user_id
        unchanged = update(User).where(col(User.id) == user_id, col(User.write_counter) == counter)
        done: Any = session.execute(unchanged.values(stored_bytes=bytes_now), execution_options=UNSYNCED)
        return bool(done.rowcount)
