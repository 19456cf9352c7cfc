"""Dates in tables of other programs. The order of day and month is decided for a whole column, never for one cell."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Literal

from api.rules.calendar import is_within_reach
from api.words.terms import fold

DateOrder = Literal["dmy", "mdy", "ymd"]
ORDERS: tuple[DateOrder, ...] = ("dmy", "mdy", "ymd")
MONTHS = {
    1: "january jan januar janner janvier janv enero ene",
    2: "february feb februar fevrier fevr febrero",
    3: "march mar marz mrz maerz mars marzo",
    4: "april apr avril avr abril abr",
    5: "may mai mayo",
    6: "june jun juni juin junio",
    7: "july jul juli juillet juil julio",
    8: "august aug aout agosto ago",
    9: "september sep sept septembre septiembre set setiembre",
    10: "october oct oktober okt octobre octubre",
    11: "november nov novembre noviembre",
    12: "december dec dezember dez decembre diciembre dic",
}
MONTH_OF = {name: number for number, names in MONTHS.items() for name in names.split()}
CLOCK = r"(?:,?\s+|T)(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*([ap])?\.?(?:m\.?)?\s*(Z|[+-]\d\d:?\d\d)?"
NUMERIC = re.compile(rf"(\d{{1,4}})([/.-])(\d{{1,2}})\2(\d{{1,4}})\.?(?:{CLOCK})?", re.IGNORECASE)
DAY_MONTH = re.compile(
    rf"(\d{{1,2}})(?:st|nd|rd|th|er|\.)?\s+(?:de\s+)?([^\W\d_]+)\.?,?\s+(?:de\s+)?(\d{{4}})(?:{CLOCK})?", re.I
)
MONTH_DAY = re.compile(rf"([^\W\d_]+)\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})(?:{CLOCK})?", re.I)
WEEKDAY = re.compile(r"[^\W\d_]{2,10}\.?,\s+")
SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
FIRST_SERIAL, LAST_SERIAL = 25_569, 60_000  # 1970 to 2064
SERIAL_ZERO = date(1899, 12, 30)
CENTURY, LAST_SHORT_YEAR = 2000, 69


@dataclass(frozen=True, slots=True)
class When:
    """A date with an optional time of day and offset from UTC."""

    day: date
    at: time | None = None
    offset: timezone | None = None


@dataclass(frozen=True, slots=True)
class DateColumn:
    """What the values of a column tell of their dates.

    `orders`: the orders of day, month and year in which most of them can be read; several: somebody must be asked.
    `example`: a value that has several readings. `is_serial`: all are day numbers of a spreadsheet.
    """

    orders: tuple[DateOrder, ...] = ()
    example: str | None = None
    is_serial: bool = False

    @property
    def is_undecided(self) -> bool:
        """Whether somebody must say the order."""
        return len(self.orders) > 1


def date_column(values: Iterable[str]) -> DateColumn:
    """Return what the values of a column tell of their dates: the orders that most of the numeric ones allow."""
    filled = [first_of_range(value) for value in values if value]
    if filled and all(_is_serial(value) for value in filled):
        return DateColumn(is_serial=True)
    possible = [(value, tuple(found)) for value in filled if (found := readings(value))]
    certain = [orders[0] for _, orders in possible if len(orders) == 1]
    unclear = [(value, orders) for value, orders in possible if len(orders) > 1 and _differ(value)]
    most = max(map(certain.count, ORDERS))
    if most:
        left = tuple(order for order in ORDERS if certain.count(order) == most)
    else:
        left = tuple(order for order in ORDERS if all(order in orders for _, orders in unclear)) if unclear else ()
    example = next((value for value, _ in (*unclear, *possible)), None)
    return DateColumn(left, example if len(left) > 1 else None)


def _differ(value: str) -> bool:
    return len(set(readings(value).values())) > 1


def first_of_range(value: str) -> str:
    """Return the first date of a range with an arrow, or the value."""
    return value.partition("→")[0].strip()


def readings(value: str) -> dict[DateOrder, When]:
    """Return what a date in numbers can be, by order; nothing for a date of another form, or with the year first."""
    found = NUMERIC.fullmatch(first_of_range(value))
    if found is None or len(found[1]) == 4:
        return {}
    return {order: when for order in ORDERS if (when := _numeric(found, order)) is not None}


def parsed(value: str, column: DateColumn, order: DateOrder | None) -> When | None:
    """Return the date of a cell, or None if it is none, or not in the order of its column.

    `order`: the answer for columns that do not tell it.
    """
    text = first_of_range(value)
    if column.is_serial and _is_serial(text):
        return When(SERIAL_ZERO + timedelta(days=int(float(text))))
    found = NUMERIC.fullmatch(text)
    if found is None:
        return _named(text)
    if len(found[1]) == 4:
        return _when(found[1], found[3], found[4], found.groups()[4:])
    possible = readings(text)
    if possible and len(set(possible.values())) == 1 and len(possible) > 1:
        return next(iter(possible.values()))
    chosen = column.orders[0] if len(column.orders) == 1 else order
    return None if chosen is None else possible.get(chosen)


def _is_serial(value: str) -> bool:
    return bool(SERIAL.fullmatch(value)) and FIRST_SERIAL <= float(value) <= LAST_SERIAL


def _numeric(found: re.Match[str], order: DateOrder) -> When | None:
    """Return a date with the year last or, of two digits, first; nobody writes 26.03.02 for a date with it first."""
    first, separator, second, third = found[1], found[2], found[3], found[4]
    if order == "ymd":
        is_possible = len(first) == 2 and separator != "."
        return _when(first, second, third, found.groups()[4:]) if is_possible else None
    day, month = (first, second) if order == "dmy" else (second, first)
    return _when(third, month, day, found.groups()[4:])


def _named(value: str) -> When | None:
    text = WEEKDAY.sub("", value, count=1) if WEEKDAY.match(value) else value
    if found := DAY_MONTH.fullmatch(text):
        month = MONTH_OF.get(fold(found[2]))
        return _when(found[3], str(month), found[1], found.groups()[3:]) if month else None
    if found := MONTH_DAY.fullmatch(text):
        month = MONTH_OF.get(fold(found[1]))
        return _when(found[3], str(month), found[2], found.groups()[3:]) if month else None
    return None


def _when(year: str, month: str, day: str, clock: Sequence[str | None]) -> When | None:
    """Return a date and a time; None if there is no such day or time. A year of two digits is 2000 to 2069."""
    if len(year) not in (2, 4) or len(day) > 2 or len(month) > 2:
        return None
    number = int(year)
    if len(year) == 2:
        if number > LAST_SHORT_YEAR:
            return None
        number += CENTURY
    try:
        found = date(number, int(month), int(day))
        at, offset = _clock(clock)
    except ValueError:
        return None
    return When(found, at, offset) if is_within_reach(found) else None


def _clock(parts: Sequence[str | None]) -> tuple[time | None, timezone | None]:
    hour, minute, second, half, offset = parts
    if hour is None or minute is None:
        return None, None
    hours = int(hour)
    if half is not None:
        if not 1 <= hours <= 12:
            raise ValueError(hour)
        hours = hours % 12 + (12 if half.lower() == "p" else 0)
    zone = None
    if offset:
        zone = datetime.fromisoformat(f"2000-01-01T00:00:00{offset.upper()}").tzinfo
    return time(hours, int(minute), int(second or 0)), zone if isinstance(zone, timezone) else None
