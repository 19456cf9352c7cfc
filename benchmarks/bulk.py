"""Many rows of one table at once, as each driver takes them fastest; values are written as the columns write them."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, DateTime, Dialect, Uuid
from sqlmodel import SQLModel

from api.plain import held, kept
from benchmarks.facts import Row

Writer = Callable[[Any], Any] | None


def insert(connection: Connection, table: type[SQLModel], rows: Sequence[Row]) -> None:
    """Insert rows in the connection's transaction; what a row does not name is empty."""
    if not rows:
        return
    names = sorted({name for row in rows for name in row})
    writers = _writers(table, connection.dialect)
    columns = [_written(writers[name], [row.get(name) for row in rows]) for name in names]
    driver: Any = connection.connection.driver_connection
    target = f"{table.__tablename__} ({', '.join(names)})"
    values = zip(*columns, strict=True)
    if connection.dialect.name == "sqlite":
        driver.executemany(f"INSERT INTO {target} VALUES ({', '.join('?' * len(names))})", values).close()
        return
    with driver.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for row in values:
            copy.write_row(row)


def _written(writer: Writer, values: list[Any]) -> list[Any]:
    return values if writer is None else [None if value is None else writer(value) for value in values]


@cache
def _writers(table: type[SQLModel], dialect: Dialect) -> dict[str, Writer]:
    """Return what turns a value of each column into what the driver takes."""
    columns: Any = table.__table__.columns  # type: ignore[attr-defined]  # every table passed has one
    return {column.name: _writer(column.type, dialect) for column in columns}


def _writer(kind: Any, dialect: Dialect) -> Writer:
    if isinstance(kind, Uuid):
        return held
    kind = kind.dialect_impl(dialect)
    if isinstance(getattr(kind, "impl_instance", kind), DateTime) and dialect.name == "sqlite":
        return kept
    writer: Writer = kind.bind_processor(dialect)
    return writer
