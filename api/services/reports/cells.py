"""What the cells of exported tables have in common: instants, lists, stage histories, and rows read side by side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import select

from api.rules.calendar import day_start, local_date
from api.rules.words import rfc3339
from api.storage.session import OwnedSession
from api.words.csv_text import Cell

AT_ONCE = 500  # rows in memory
SEPARATOR = "; "


@dataclass(frozen=True, slots=True)
class StageLine:
    """An entry of a stage history; `at` is None if the entry is not dated."""

    stage: str
    at: datetime | None

    def day(self, applied_on: date | None, employer_zone: str, zone: str) -> date | None:
        """Return the local date in the user's zone.

        The first entry that was derived from `applied_on` begins with that date in the employer's zone, which may be
        another date in the user's zone: it stays that date.
        """
        if self.at is None:
            return None
        is_derived = applied_on is not None and self.at == day_start(applied_on, employer_zone)
        return applied_on if is_derived else local_date(self.at, zone)


class RowsBeside:
    """The rows of a second statement for each row of a first one, both in the order of the first column.

    The second statement has no row for which the first has none. Neither result is read as a whole.
    """

    def __init__(self, rows: Iterator[Sequence[Any]]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def of(self, key: str) -> Iterator[Sequence[Any]]:
        """Yield the rows of a key; each key must be read to its end, in the order of the first statement."""
        while self._next is not None and self._next[0] == key:
            yield self._next
            self._next = next(self._rows, None)


def columns_of(*columns: Any) -> Any:  # noqa: ANN401  # columns, a statement
    """Return a statement that selects any number of columns; the overloads of `select` end at four."""
    return select(*columns)


def streamed(session: OwnedSession, statement: Any) -> Iterator[Any]:  # noqa: ANN401  # a statement, its rows
    """Return the rows of a statement, of which only some are in memory at a time."""
    return iter(session.execute(statement, execution_options={"yield_per": AT_ONCE}))


class Times:
    """Writes instants twice: in UTC as RFC 3339, and as the date and time of the user's zone."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)

    def both(self, instant: datetime | None) -> tuple[Cell, Cell]:
        """Return an instant in UTC and as local time."""
        return (rfc3339(instant), f"{instant.astimezone(self._zone):%Y-%m-%d %H:%M}") if instant else (None, None)


def named_twice(names: Sequence[str], instants: Sequence[str]) -> tuple[str, ...]:
    """Return a header in which each instant is followed by a column for its local time, such as `due_at_local`."""
    return tuple(column for name in names for column in ((name, f"{name}_local") if name in instants else (name,)))
