"""Raw SQL for hot paths: statements that are compiled once and run directly on the driver.

Rows stay tuples. As in a session, the owner's criteria are added to every owned table.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Integer, Text, Uuid, bindparam, cast, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import with_loader_criteria
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import select

from api.errors import InlineReadError
from api.storage.codecs import to_db_id, to_db_instant
from api.storage.deadline import check_deadline
from api.storage.session import Owned, OwnedSession

Row = tuple[Any, ...]
INSTANT, ID = DateTime(timezone=True), Uuid(as_uuid=False)
LIST_SIZES = (0, 1, 10, 100, 500)  # lists of ids are padded to one of these sizes, so that few statements are compiled
MAX_IDS = LIST_SIZES[-1]
STREAMED_AT_ONCE = 500
NAMED = re.compile(r":([a-z_]+)")


def param(name: str, kind: Any = None) -> Any:  # noqa: ANN401  # a parameter of any type
    """Return a parameter of a statement."""
    return bindparam(name, required=False, type_=kind)


class _RowLimit(FunctionElement[int]):
    """The parameter `limit` in a form whose value SQLite does not look at before the statement runs.

    Otherwise SQLite prepares a statement with a parameter as LIMIT again for every execution, to plan for the value.
    That takes as long as a short read, or longer.
    """

    inherit_cache = True
    type = Integer()


@compiles(_RowLimit)
def _as_it_is(element: _RowLimit, compiler: Any, **options: Any) -> str:  # noqa: ANN401  # SQLAlchemy's signature
    return str(compiler.process(element.clauses, **options))


@compiles(_RowLimit, "sqlite")
def _hidden(element: _RowLimit, compiler: Any, **options: Any) -> str:  # noqa: ANN401  # as above
    return f"+{compiler.process(element.clauses, **options)}"


ROW_LIMIT: Any = _RowLimit(param("limit", Integer()))
OWNER = param("user_id", ID)
IDS = bindparam("ids", expanding=True, required=False, type_=ID)


def as_text(column: Any) -> Any:  # noqa: ANN401  # a column, or an expression of its type
    """Cast a column to text where the drivers return different types."""
    kind = getattr(column.type, "impl_instance", column.type)
    return cast(column, Text).label(None) if isinstance(kind, DateTime | Uuid | JSON) else column


def select_as_text(*columns: Any) -> Any:  # noqa: ANN401  # a statement
    """Select columns, each cast to text where the drivers return different types."""
    return select(*map(as_text, columns))


class CompiledStatement:
    """A statement with named parameters. `owned`: add the owner's criteria to every owned table.

    It is compiled once per dialect and size of the list of ids.
    """

    def __init__(self, statement: Any, *, owned: bool = True) -> None:  # noqa: ANN401  # any statement
        if owned:
            named = with_loader_criteria(Owned, lambda row: row.user_id == OWNER, include_aliases=True)
            statement = statement.options(named)
        self._statement = statement
        self._compiled: dict[tuple[str, int], tuple[str, Sequence[str] | None, Mapping[str, Any]]] = {}

    def bind(self, dialect: Dialect, values: Mapping[str, Any]) -> tuple[str, Any]:
        """Return the compiled statement and its bound values, in the form of the dialect's driver."""
        ids: Sequence[str] = values.get("ids", ())
        size = len(ids) if len(ids) < 2 else next(size for size in LIST_SIZES if len(ids) <= size)
        written, order, constants = self._for(dialect, size)
        known = {**constants, **values}
        for number in range(size):
            known[f"ids_{number + 1}"] = to_db_id(ids[min(number, len(ids) - 1)])
        return written, known if order is None else [known[name] for name in order]

    def bind_many(
        self, dialect: Dialect, sets: Iterable[Mapping[str, Any]], shared: Mapping[str, Any]
    ) -> tuple[str, list[Any]]:
        """Return the compiled statement and many sets of bound values, in the form of the dialect's driver."""
        written, order, constants = self._for(dialect, 0)
        base = {**constants, **shared}
        known = [{**base, **one} for one in sets]
        return written, list(known) if order is None else [[one[name] for name in order] for one in known]

    def _for(self, dialect: Dialect, size: int) -> tuple[str, Sequence[str] | None, Mapping[str, Any]]:
        """Return the statement for a number of ids, the order of positional values (else None), and its constants."""
        key = (dialect.name, size)
        if key not in self._compiled:
            ids = {"ids": [""] * size} if size else None
            whole: Any = self._statement.compile(dialect=dialect).construct_expanded_state(ids)
            self._compiled[key] = (whole.statement, whole.positiontup, whole.parameters)
        return self._compiled[key]


def written_statement(written: str) -> CompiledStatement:
    """Return a statement for what only one database has; it must name the owner, `:user_id`, itself."""
    named = [param(name) for name in dict.fromkeys(NAMED.findall(written))]
    return CompiledStatement(text(written).bindparams(*named), owned=False)


class RawConnection:
    """Runs compiled statements for one user on a driver's connection, which may be that of a session's transaction.

    `max_rows`: `all` raises InlineReadError for more rows, so that the event loop never reads a long result.
    `shows_contacts` and `write_count`: as of a session. In a write, the parameters `changed_seq` and `changed_at` of a
    statement are the write counter and the instant.
    """

    def __init__(
        self,
        driver: Any,  # noqa: ANN401  # either driver's connection
        dialect: Dialect,
        now: datetime,
        user_id: str | None = None,
        *,
        max_rows: int | None = None,
        shows_contacts: bool = True,
        write_count: int | None = None,
    ) -> None:
        self.now = now
        self.shows_contacts = shows_contacts
        self._max_rows = max_rows
        self._driver = driver
        self._dialect = dialect
        self._owner = user_id
        self._values: dict[str, Any] = {} if user_id is None else {"user_id": to_db_id(user_id)}
        if write_count is not None:
            self._values |= {"changed_seq": write_count, "changed_at": to_db_instant(now)}

    @property
    def user_id(self) -> str:
        """The owner. Raises RuntimeError if there is none."""
        if self._owner is None:
            raise RuntimeError("These rows have no owner yet.")
        return self._owner

    @classmethod
    def of(cls, session: OwnedSession) -> "RawConnection":
        """Return the raw connection of a session's transaction and owner; it does not see changes before a flush."""
        connection = session.connection()
        return cls(
            connection.connection.driver_connection,
            connection.dialect,
            session.now,
            session.owner,
            shows_contacts=session.shows_contacts,
            write_count=session.write_count,
        )

    def owned_by(self, user_id: str, *, shows_contacts: bool = True) -> "RawConnection":
        """Return the same connection for a user."""
        return RawConnection(
            self._driver, self._dialect, self.now, user_id, max_rows=self._max_rows, shows_contacts=shows_contacts
        )

    def all(self, statement: CompiledStatement, **values: Any) -> list[Row]:  # noqa: ANN401  # whatever a column holds
        """Return all rows of a statement. `ids`: several queries for more than 500; an empty list has no rows.

        Raises InlineReadError for more rows than `max_rows`, if it is set.
        """
        return [row for piece in _pieces(values) for row in self._fetched(self._run(statement, piece))]

    def _fetched(self, cursor: Any) -> list[Row]:  # noqa: ANN401  # the driver's cursor
        rows: list[Row] = cursor.fetchall() if self._max_rows is None else cursor.fetchmany(self._max_rows + 1)
        if self._max_rows is not None and len(rows) > self._max_rows:
            cursor.close()
            raise InlineReadError
        return rows

    def stream(self, statement: CompiledStatement, **values: Any) -> Iterator[Row]:  # noqa: ANN401  # whatever a column holds
        """Yield the rows of a statement, of which only some are in memory at a time.

        On PostgreSQL this needs a transaction: the rows are those of a cursor in the server.
        """
        check_deadline()
        is_sqlite = self._dialect.name == "sqlite"
        cursor = self._driver.cursor() if is_sqlite else self._driver.cursor(name="streamed")
        with closing(cursor):
            cursor.execute(*statement.bind(self._dialect, {**self._values, **values}))
            while rows := cursor.fetchmany(STREAMED_AT_ONCE):
                check_deadline()
                yield from rows

    def all_pipelined(self, statements: Sequence[CompiledStatement], **values: Any) -> list[list[Row]]:  # noqa: ANN401  # see all
        """Return all rows of each statement, in one pipeline if the driver has one and there are at most 500 `ids`."""
        if not (hasattr(self._driver, "pipeline") and 0 < len(values.get("ids", ("",))) <= MAX_IDS):
            return [self.all(statement, **values) for statement in statements]
        with self._driver.pipeline():
            asked = [self._run(statement, values) for statement in statements]
            return [cursor.fetchall() for cursor in asked]

    def first(self, statement: CompiledStatement, **values: Any) -> Row | None:  # noqa: ANN401  # whatever a column holds
        """Return the first row of a statement."""
        row: Row | None = self._run(statement, values).fetchone()
        return row

    def execute(self, statement: CompiledStatement, **values: Any) -> None:  # noqa: ANN401  # whatever a column holds
        """Run a statement that writes. `ids`: as for `all`."""
        for piece in _pieces(values):
            self._run(statement, piece)

    def execute_many(self, statement: CompiledStatement, values: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement that writes, once for each set of values."""
        check_deadline()
        if values:
            self._driver.cursor().executemany(*statement.bind_many(self._dialect, values, self._values))

    def _run(self, statement: CompiledStatement, values: Mapping[str, Any]) -> Any:  # noqa: ANN401  # the driver's cursor
        check_deadline()
        return self._driver.execute(*statement.bind(self._dialect, {**self._values, **values}))


def _pieces(values: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """Return the values of each query: one, or one for each 500 `ids`."""
    ids = values.get("ids")
    if ids is None:
        return [values]
    return [{**values, "ids": ids[at : at + MAX_IDS]} for at in range(0, len(ids), MAX_IDS)]
