"""Instants, zones and business days: every date of a step is computed here.

An instant is an aware UTC datetime in whole seconds. A zone is an IANA name; only names in `ZONES` are accepted,
because `ZoneInfo` answers some others with operating system errors, and a few mean another zone on every machine.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from api.rules.facts import Moment

ZONES = frozenset(available_timezones()) - {"Factory", "localtime", "posixrules"}
FIRST_YEAR, LAST_YEAR = 1970, 2200
SEARCH_LIMIT_DAYS = 3_660
DAY = timedelta(days=1)
POST_TAKES = timedelta(days=3)


class NoBusinessDayError(ValueError):
    """The calendar has no business day within `SEARCH_LIMIT_DAYS` days."""


def is_within_reach(day: date) -> bool:
    """Tell whether a date, or an instant in UTC, lies from 1970 to the end of 2199: any deadline of it can be kept."""
    return FIRST_YEAR <= day.year < LAST_YEAR


def in_utc(instant: datetime) -> datetime:
    """Return an aware instant in UTC. Raises ValueError where it is not within reach."""
    try:
        there = instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("beyond all instants") from error
    if not is_within_reach(there):
        raise ValueError("out of reach")
    return there


@cache
def hours(count: int) -> timedelta:
    """Return some hours: the policy's figures are few."""
    return timedelta(hours=count)


@lru_cache(maxsize=65_536)
def resolve(day: date, clock: time, zone: str) -> datetime:
    """Return the instant of a wall time: a repeated one is the first, a missing one keeps the offset before the gap."""
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)


@lru_cache(maxsize=65_536)
def day_start(day: date, zone: str) -> datetime:
    """Return the first instant of a local date."""
    return resolve(day, time(), zone)


def day_end(day: date, zone: str) -> datetime:
    """Return the first instant after a local date: the end is open."""
    return day_start(day + DAY, zone)


@lru_cache(maxsize=65_536)
def exists(day: date, zone: str) -> bool:
    """Tell whether the zone had or will have a date: one that it skipped has no instant."""
    return day_start(day, zone) < day_end(day, zone)


def local_date(instant: datetime, zone: str) -> date:
    """Return the calendar date that a clock in the zone shows."""
    return instant.astimezone(ZoneInfo(zone)).date()


def same_day(instant: datetime, zone: str, floor: timedelta) -> datetime:
    """Return the end of the instant's local day, or `floor` later when less of the day than that is left [12]."""
    return max(day_end(local_date(instant, zone), zone), instant + floor)


@dataclass(frozen=True, slots=True)
class Office:
    """The employer's calendar and office hours: where business days and hours are counted."""

    zone: str
    workdays: Collection[int]
    holidays: Collection[date]
    opens: time
    closes: time

    def is_business_day(self, day: date) -> bool:
        """Tell whether work is done that day; a date which the zone skipped does not exist and is none."""
        return day.weekday() in self.workdays and day not in self.holidays and exists(day, self.zone)

    def add_business_days(self, day: date, count: int) -> date:
        """Return the `count`-th business day after `day`; for 0 the day itself, or the next one that is.

        Raises NoBusinessDayError when there is none within ten years.
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
        """Return when a given moment begins; without a time at opening. Given dates are never shifted."""
        return resolve(moment.date, moment.time or self.opens, self.zone)

    def end_of(self, moment: Moment) -> datetime:
        """Return when a given moment ends; without a time at closing. Given dates are never shifted."""
        return resolve(moment.date, moment.time or self.closes, self.zone)
