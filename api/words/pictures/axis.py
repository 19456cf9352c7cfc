"""The axis of time: positions of instants, and ticks at local midnights."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from api.rules.calendar import day_start, local_date
from api.rules.words import MONTHS

MAX_TICKS = 12
MAX_DAYS = 400  # a longer time has ticks at months only
STEPS_IN_DAYS = (1, 2, 7, 14)
STEPS_IN_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Maps the instants from `starts_at` to `ends_at` to the coordinates from `left` to `right`."""

    starts_at: datetime
    ends_at: datetime
    left: float
    right: float

    def x(self, at: datetime) -> float:
        """Return the coordinate of an instant; one outside is moved to the nearer end."""
        share = (at - self.starts_at) / max(self.ends_at - self.starts_at, timedelta(seconds=1))
        return self.left + (self.right - self.left) * min(max(share, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Tick:
    """A line at the beginning of a local day; `year` is empty unless the year differs from that of the last tick."""

    at: datetime
    label: str
    year: str


def ticks(starts_at: datetime, ends_at: datetime, zone: str, most: int) -> list[Tick]:
    """Return at most `most` ticks at local midnights: days, weeks (Mondays) or months (their first days)."""
    first, last = local_date(starts_at, zone), local_date(ends_at, zone)
    days = (last - first).days
    for step in STEPS_IN_DAYS:
        if days <= MAX_DAYS and days // step + 1 <= most:
            return _labelled(list(_days(first, last, step)), zone, is_monthly=False)
    months = (last.year - first.year) * 12 + last.month - first.month
    step = next(step for step in STEPS_IN_MONTHS if months // step + 1 <= most or step == STEPS_IN_MONTHS[-1])
    return _labelled(list(_months(first, last, step))[:most], zone, is_monthly=True)


def _days(first: date, last: date, step: int) -> Iterator[date]:
    day = first if step < 7 else first + timedelta(days=-first.weekday() % 7)
    while day <= last:
        yield day
        day += timedelta(days=step)


def _months(first: date, last: date, step: int) -> Iterator[date]:
    month = first.year * 12 + first.month - 1
    month += -month % step
    while (day := date(month // 12, month % 12 + 1, 1)) <= last:
        if day >= first:
            yield day
        month += step


def _labelled(days: list[date], zone: str, *, is_monthly: bool) -> list[Tick]:
    found, year = [], 0
    for day in days:
        month = MONTHS[day.month - 1]
        label = month if is_monthly else f"{day.day} {month}"
        found.append(Tick(day_start(day, zone), label, str(day.year) if day.year != year else ""))
        year = day.year
    return found


class Rows:
    """Places labels into rows so that they do not overlap; labels that are placed first are placed for certain."""

    def __init__(self, most: int) -> None:
        self._taken: list[list[tuple[float, float]]] = [[] for _ in range(most)]

    @property
    def used(self) -> int:
        """The number of rows that are not empty."""
        return sum(bool(row) for row in self._taken)

    def place(self, left: float, right: float) -> int | None:
        """Return the first row with room from `left` to `right`, or None if there is none."""
        for number, row in enumerate(self._taken):
            if all(right <= begin or left >= end for begin, end in row):
                row.append((left, right))
                return number
        return None
