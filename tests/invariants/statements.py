"""Record the SQL statements of a request, and read their query plans."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, event
from sqlmodel import SQLModel

from api.storage.database import Database
from api.storage.raw_sql import CompiledStatement
from api.storage.session import Owned

OWNED = frozenset(
    str(mapper.local_table.name)  # type: ignore[attr-defined]  # a mapper's table is a Table
    for mapper in SQLModel._sa_registry.mappers
    if issubclass(mapper.class_, Owned)
)
NAMED = re.compile(r"\b(?:FROM|JOIN|UPDATE|INTO) (\w+(?:, \w+)*)")
PLACE = re.compile(r"%\((\w+)\)s(?:::\w+)*")
CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "SAVEPOINT", "RELEASE")


@dataclass(frozen=True)
class Statement:
    """A statement that was sent to the database, with `?` for each parameter, and its sets of parameters."""

    text: str
    parameters: list[list[str]]
    sent: tuple[str, Any]

    @property
    def tables(self) -> set[str]:
        """The owned tables in the statement."""
        named = NAMED.findall(" ".join(self.text.split()))
        return {name for names in named for name in names.split(", ")} & OWNED

    @property
    def verb(self) -> str:
        return self.text.split(maxsplit=1)[0].upper()


@contextmanager
def recorded(database: Database) -> Iterator[list[Statement]]:
    """Record all statements of a block, except transaction control and pragmas."""
    found: list[Statement] = []

    def record(_connection: object, _cursor: object, text: str, parameters: Any, _context: object, many: bool) -> None:
        if not text.startswith(CONTROL):
            sets = parameters if many else [parameters]
            names = PLACE.findall(text)
            values = [[one[name] for name in names] if names else one for one in sets]
            plain = [[str(value).replace("-", "") for value in row] for row in values]
            found.append(Statement(PLACE.sub("?", text), plain, (text, parameters)))

    compiled, compiled_many = CompiledStatement.bind, CompiledStatement.bind_many

    def on(statement: CompiledStatement, dialect: Dialect, values: Any) -> tuple[str, Any]:
        text, parameters = compiled(statement, dialect, values)
        record(None, None, text, parameters if isinstance(parameters, dict) else tuple(parameters), None, many=False)
        return text, parameters

    def many(statement: CompiledStatement, dialect: Dialect, *values: Any) -> tuple[str, list[Any]]:
        text, parameters = compiled_many(statement, dialect, *values)
        record(None, None, text, parameters, None, many=True)
        return text, parameters

    event.listen(database.engine, "before_cursor_execute", record)
    CompiledStatement.bind_many = many  # type: ignore[method-assign,assignment]  # see below
    CompiledStatement.bind = on  # type: ignore[method-assign,assignment]  # raw statements bypass the events of the engine
    try:
        yield found
    finally:
        CompiledStatement.bind, CompiledStatement.bind_many = compiled, compiled_many  # type: ignore[method-assign]
        event.remove(database.engine, "before_cursor_execute", record)


def plan(database: Database, statement: Statement) -> list[str]:
    """Return the lines of a statement's query plan.

    PostgreSQL prefers to scan and sort a handful of rows. Scans and sorts are disabled here, so that a plan shows one
    only if no index can replace it.
    """
    text, parameters = statement.sent
    with database.engine.connect() as connection:
        if database.is_sqlite:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", parameters)
            return [str(row[3]) for row in rows]
        for dear in ("seqscan", "sort", "bitmapscan"):
            connection.exec_driver_sql(f"SET LOCAL enable_{dear} = off")
        return [str(row[0]) for row in connection.exec_driver_sql(f"EXPLAIN {text}", parameters)]


def counted(database: Database, act: Callable[[], Any]) -> int:
    """Return the number of statements that a function runs."""
    with recorded(database) as found:
        act()
    return len(found)
