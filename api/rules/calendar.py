"""Conversion between instants and local time, and the employer's business days.

An instant is an aware UTC datetime in whole seconds. A zone is an IANA name; only names in `ZONES` are accepted,
because `ZoneInfo` raises operating system errors for some others, and a few depend on the machine.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from api.rules.facts import Moment

NO_PLACES = frozenset({"Factory", "localtime", "posixrules"})
FIRST_YEAR, LAST_YEAR = 1970, 2200
SEARCH_LIMIT_DAYS = 3_660
DAY = timedelta(days=1)
POST_TAKES = timedelta(days=3)


def zones_among(names: Collection[str]) -> frozenset[str]:
    """Return the names of zones of places: the others depend on the machine."""
    return frozenset(names) - NO_PLACES


ZONES = zones_among(available_timezones())


class NoBusinessDayError(ValueError):
    """The calendar has no business day within `SEARCH_LIMIT_DAYS` days."""


def is_within_reach(day: date) -> bool:
    """Tell whether a date, or an instant in UTC, lies in the years 1970 to 2199: all its deadlines can be stored."""
    return FIRST_YEAR <= day.year < LAST_YEAR


def in_utc(instant: datetime) -> datetime:
    """Convert an aware instant to UTC. Raises ValueError outside the years 1970 to 2199."""
    try:
        there = instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("beyond all instants") from error
    if not is_within_reach(there):
        raise ValueError("out of reach")
    return there


@cache
def hours(count: int) -> timedelta:
    """Return a number of hours as a `timedelta`, cached because policies use few different numbers."""
    return timedelta(hours=count)


@lru_cache(maxsize=65_536)
def resolve(day: date, clock: time, zone: str) -> datetime:
    """Return the instant of a local time: the first if it occurs twice; in a gap, with the offset before the gap."""
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)


@lru_cache(maxsize=65_536)
def day_start(day: date, zone: str) -> datetime:
    """Return the first instant of a local date."""
    return resolve(day, time(), zone)


def day_end(day: date, zone: str) -> datetime:
    """Return the first instant after a local date, which is the exclusive end of that day."""
    return day_start(day + DAY, zone)


@lru_cache(maxsize=65_536)
def exists(day: date, zone: str) -> bool:
    """Tell whether a date exists in the zone: a date that the zone skipped has no instant."""
    return day_start(day, zone) < day_end(day, zone)


def local_date(instant: datetime, zone: str) -> date:
    """Return the calendar date that a clock in the zone shows."""
    return instant.astimezone(ZoneInfo(zone)).date()


def same_day(instant: datetime, zone: str, floor: timedelta) -> datetime:
    """Return the end of the instant's local day, but at least `floor` after the instant [12]."""
    return max(day_end(local_date(instant, zone), zone), instant + floor)


@dataclass(frozen=True, slots=True)
class Office:
    """The employer's calendar: zone, working days, holidays and office hours."""

    zone: str
    workdays: Collection[int]
    holidays: Collection[date]
    opens: time
    closes: time

    def is_business_day(self, day: date) -> bool:
        """Tell whether a date is a working day, not a holiday, and not skipped by the zone."""
        return day.weekday() in self.workdays and day not in self.holidays and exists(day, self.zone)

    def add_business_days(self, day: date, count: int) -> date:
        """Return the `count`-th business day after `day`; for 0 `day` itself if it is one, else the next one.

        Raises NoBusinessDayError when there is none within 3,660 days.
        """
        candidate = day if count == 0 else day + DAY
        remaining, is_one = max(count, 1), self.is_business_day
        for _ in range(SEARCH_LIMIT_DAYS):
            if is_one(candidate):
                if remaining == 1:
                    return candidate
                remaining -= 1
            candidate += DAY
        raise NoBusinessDayError(f"no business day within {SEARCH_LIMIT_DAYS} days after {day.isoformat()}")

    def opening(self, day: date) -> datetime:
        """Return when the office opens on a date."""
        return resolve(day, self.opens, self.zone)

    def closing(self, day: date) -> datetime:
        """Return when the office closes on a date."""
        return resolve(day, self.closes, self.zone)

    def start_of(self, moment: Moment) -> datetime:
        """Return the start of a given moment: its time, else the opening hour. It is not moved off free days [28]."""
        return resolve(moment.date, moment.time or self.opens, self.zone)

    def end_of(self, moment: Moment) -> datetime:
        """Return the end of a given moment: its time, else the closing hour. It is not moved off free days [28]."""
        return resolve(moment.date, moment.time or self.closes, self.zone)
