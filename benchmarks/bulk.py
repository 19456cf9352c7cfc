"""Bulk inserts in the fastest way of each driver, with values converted as the columns convert them."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, DateTime, Dialect, Uuid
from sqlmodel import SQLModel

from api.storage.codecs import to_db_id, to_db_instant
from benchmarks.facts import Row

BindProcessor = Callable[[Any], Any] | None


def insert(connection: Connection, table: type[SQLModel], rows: Sequence[Row]) -> None:
    """Insert rows in the connection's transaction; a column that a row does not name is null."""
    if not rows:
        return
    names = sorted({name for row in rows for name in row})
    writers = _writers(table, connection.dialect)
    columns = [_bound(writers[name], [row.get(name) for row in rows]) for name in names]
    driver: Any = connection.connection.driver_connection
    target = f"{table.__tablename__} ({', '.join(names)})"
    values = zip(*columns, strict=True)
    if connection.dialect.name == "sqlite":
        driver.executemany(f"INSERT INTO {target} VALUES ({', '.join('?' * len(names))})", values).close()
        return
    with driver.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for row in values:
            copy.write_row(row)


def _bound(writer: BindProcessor, values: list[Any]) -> list[Any]:
    return values if writer is None else [None if value is None else writer(value) for value in values]


@cache
def _writers(table: type[SQLModel], dialect: Dialect) -> dict[str, BindProcessor]:
    """Return the function of each column that converts a value for the driver."""
    columns: Any = table.__table__.columns  # type: ignore[attr-defined]  # every table passed has one
    return {column.name: _writer(column.type, dialect) for column in columns}


def _writer(kind: Any, dialect: Dialect) -> BindProcessor:
    """Return the function that converts a column's values for the driver; None if no conversion is needed."""
    if isinstance(kind, Uuid):
        return to_db_id
    if isinstance(getattr(kind, "impl_instance", kind), DateTime) and dialect.name == "sqlite":
        return to_db_instant
    found: BindProcessor = kind.dialect_impl(dialect).bind_processor(dialect)
    return found
