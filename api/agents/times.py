"""Read and write times: wall times of the user, dates that employers named, and instants of the API."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from api.agents.problems import Refusal

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
WALL = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?", re.ASCII)
ABSOLUTE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|z|[+-]\d\d:?\d\d)", re.ASCII)
GRACE = timedelta(minutes=5)  # clocks differ; the API cuts such an instant to its own now
EXAMPLE = "2026-03-19T15:10"


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def zone_of(name: str, argument: str = "time_zone") -> ZoneInfo:
    """Return a zone by its IANA name."""
    if name not in _zones():
        raise Refusal(f"{argument} wants an IANA name such as America/New_York.")
    return ZoneInfo(name)


def _abbreviation(local: datetime) -> str:
    name = local.tzname() or "UTC"
    if name[:1] not in "+-":
        return name
    hours, minutes = name[:3], name[3:5]
    return f"UTC{hours}:{minutes}" if minutes not in ("", "00") else f"UTC{hours}"


def spoken_day(day: date) -> str:
    """Return a date with its weekday: `Thu 19 Mar 2026`."""
    return f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def spoken(instant: str | datetime, zone: str) -> str:
    """Return an instant in a zone: `Thu 19 Mar 2026, 17:00 EDT`."""
    at = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    local = at.astimezone(ZoneInfo(zone))
    return f"{spoken_day(local)}, {local:%H:%M} {_abbreviation(local)}"


def spoken_moment(moment: dict[str, Any]) -> str:
    """Return a date that an employer named: `Fri 13 Mar 2026` or `Fri 13 Mar 2026, 14:30`, in the employer's zone."""
    clock = moment.get("time")
    return spoken_day(date.fromisoformat(str(moment["date"]))) + (f", {str(clock)[:5]}" if clock else "")


def rfc3339(instant: datetime) -> str:
    """Return an instant as the API takes it."""
    return f"{instant.astimezone(UTC).isoformat()[:19]}Z"


def end_of_day(now: datetime, days: int, zone: str) -> datetime:
    """Return the end of the local day that is `days` after today."""
    tomorrow = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=days + 1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=ZoneInfo(zone))


def wall_time(text: str, zone: str, argument: str) -> datetime:
    """Return a wall time in a zone. Raises Refusal if a clock change skips or repeats it."""
    if DAY.fullmatch(text):
        raise Refusal(f"{argument} is a date alone. Say the time of day too, such as {EXAMPLE}: ask the user.")
    found = WALL.fullmatch(text)
    if found is None:
        raise Refusal(f"{argument} wants a date and time such as {EXAMPLE}, or one with an offset.")
    try:
        naive = datetime.fromisoformat(f"{found[1]}T{found[2]}{found[3] or ''}")
    except ValueError:
        raise Refusal(f"{argument} is not in the calendar: ask the user.") from None
    return _only(naive, zone, argument)


def _only(naive: datetime, zone: str, argument: str) -> datetime:
    first = naive.replace(tzinfo=zone_of(zone))
    second = first.replace(fold=1)
    if first.utcoffset() == second.utcoffset():
        return first
    if first.astimezone(UTC).astimezone(first.tzinfo).replace(tzinfo=None) != naive:
        raise Refusal(f"{argument}: the clocks are put forward in {zone}, so that time does not exist. Ask the user.")
    raise Refusal(
        f"{argument}: the clocks are put back in {zone}, so that time comes twice. Ask the user which, and send it "
        f"with an offset."
    )


def absolute(text: str, argument: str) -> datetime:
    """Return an instant with an offset."""
    if ABSOLUTE.fullmatch(text):
        try:
            return datetime.fromisoformat(text.upper())
        except (ValueError, OverflowError):
            pass
    raise Refusal(f"{argument} is not in the calendar: ask the user.")


def instant(text: str, zone: str, argument: str) -> datetime:
    """Return an instant from a wall time in a zone, or from a time with an offset."""
    at = absolute(text, argument) if ABSOLUTE.fullmatch(text) else wall_time(text, zone, argument)
    if not 1970 <= at.year <= 2199:
        raise Refusal(f"{argument} wants a year from 1970 to 2199.")
    return at


def past(text: str, zone: str, argument: str, now: datetime) -> datetime:
    """Return an instant that has come."""
    at = instant(text, zone, argument)
    if at > now + GRACE:
        raise Refusal(f"{argument} lies in the future (now: {spoken(now, zone)}). Record it once it has happened.")
    return at


def moment(text: str, argument: str) -> dict[str, str]:
    """Return a date that an employer named, with or without a time, as the API takes it."""
    found = WALL.fullmatch(text)
    day, clock = (found[1], found[2]) if found else (text, None)
    if not DAY.fullmatch(day):
        raise Refusal(f"{argument} wants 2026-03-13 or 2026-03-13T14:30, in the employer's zone and without an offset.")
    return {"date": _real_day(day, argument), **({"time": clock} if clock else {})}


def _real_day(text: str, argument: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Refusal(f"{argument} is not in the calendar: ask the user.") from None


def day(text: str, argument: str) -> str:
    """Return a date as the API takes it."""
    if not DAY.fullmatch(text):
        raise Refusal(f"{argument} wants a date such as 2026-03-13.")
    return _real_day(text, argument)


def deadline(instant: str, zone: str) -> str:
    """Return a deadline in a zone; at local midnight it is `the end of Mon 2 Mar 2026`, not the day after."""
    local = datetime.fromisoformat(instant).astimezone(ZoneInfo(zone))
    if (local.hour, local.minute) == (0, 0):
        return f"the end of {spoken_day(local.date() - timedelta(days=1))}"
    return spoken(local, zone)
