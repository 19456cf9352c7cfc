"""Which SQL statements a request runs, and how the database reads its tables for them."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event
from sqlmodel import SQLModel

from api.db import Database, Owned

OWNED = frozenset(
    str(mapper.local_table.name)  # type: ignore[attr-defined]  # a mapper's table is a Table
    for mapper in SQLModel._sa_registry.mappers
    if issubclass(mapper.class_, Owned)
)
NAMED = re.compile(r"\b(?:FROM|JOIN|UPDATE|INTO) (\w+(?:, \w+)*)")
CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "SAVEPOINT", "RELEASE")


@dataclass(frozen=True)
class Statement:
    """One statement as it was sent to the database. `many` is its number of parameter sets."""

    text: str
    parameters: Any
    many: bool

    @property
    def tables(self) -> set[str]:
        """The owned tables that it names."""
        named = NAMED.findall(" ".join(self.text.split()))
        return {name for names in named for name in names.split(", ")} & OWNED

    @property
    def verb(self) -> str:
        return self.text.split(maxsplit=1)[0].upper()


@contextmanager
def recorded(database: Database) -> Iterator[list[Statement]]:
    """Record every statement of a block but those that only begin and end transactions."""
    found: list[Statement] = []

    def record(_connection: object, _cursor: object, text: str, parameters: Any, _context: object, many: bool) -> None:
        if not text.startswith(CONTROL):
            found.append(Statement(text, parameters, many))

    event.listen(database.engine, "before_cursor_execute", record)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", record)


def plan(database: Database, statement: Statement) -> list[str]:
    """Return the steps in which SQLite reads its tables for a statement."""
    with database.engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement.text}", statement.parameters)
        return [str(row[3]) for row in rows]


def counted(database: Database, act: Callable[[], Any]) -> int:
    """Return how many statements something takes."""
    with recorded(database) as found:
        act()
    return len(found)
