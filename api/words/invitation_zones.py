"""Time zones that a calendar file defines itself: the offset of one local time by its VTIMEZONE.

The definitions are cut out of a file before `icalendar` reads it, because that package keeps every definition under its
name for the whole process: the file of one user would change the times of another one.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

FOLD = re.compile(r"(?:\r\n|\r|\n)[ \t]")
LINE_END = re.compile(r"\r\n|\r|\n")
MAX_PARTS, MAX_DATES = 100, 200
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
BY_DAY = re.compile(r"([+-]?[1-5])(MO|TU|WE|TH|FR|SA|SU)")
OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)(?:\d\d)?")
KNOWN_PARTS = {"FREQ", "BYMONTH", "BYDAY", "UNTIL", "INTERVAL", "WKST"}


class UnknownRuleError(ValueError):
    """A zone changes its offset by a rule that is not a yearly one."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A STANDARD or DAYLIGHT part: from its onsets on, the offset is `after`."""

    first: datetime
    before: timedelta
    after: timedelta
    rule: Mapping[str, str] | None
    dates: Sequence[datetime]

    def onsets(self, year: int) -> Iterable[datetime]:
        """Yield onsets up to a year. Raises UnknownRuleError."""
        yield self.first
        yield from self.dates
        if self.rule is None:
            return
        if self.rule.get("FREQ") != "YEARLY" or self.rule.get("INTERVAL", "1") != "1" or self.rule.keys() - KNOWN_PARTS:
            raise UnknownRuleError
        until = _local(self.rule["UNTIL"]) if "UNTIL" in self.rule else None
        last = year if until is None else min(year, until.year)
        for one in (last - 1, last):
            at = self._in_year(one)
            if at is not None and at >= self.first and (until is None or at - timedelta(days=1) <= until):
                yield at

    def _in_year(self, year: int) -> datetime | None:
        assert self.rule is not None  # noqa: S101  # the caller checks
        month = int(self.rule.get("BYMONTH", self.first.month))
        if "BYDAY" not in self.rule:
            day: date | None = date(year, month, self.first.day)
        else:
            found = BY_DAY.fullmatch(self.rule["BYDAY"])
            if found is None:
                raise UnknownRuleError
            day = _nth(year, month, int(found[1]), WEEKDAYS.index(found[2]))
        return None if day is None else datetime.combine(day, self.first.time())


def cut_zones(text: str) -> tuple[str, dict[str, str]]:
    """Return an unfolded calendar without its VTIMEZONEs, and these by their TZID."""
    kept: list[str] = []
    zones: dict[str, str] = {}
    inside: list[str] | None = None
    for line in LINE_END.split(FOLD.sub("", text)):
        upper = line.strip().upper()
        if upper == "BEGIN:VTIMEZONE":
            inside = []
        elif inside is None:
            kept.append(line)
        elif upper == "END:VTIMEZONE":
            name = next((one.partition(":")[2].strip() for one in inside if one.upper().startswith("TZID")), "")
            zones.setdefault(name, "\n".join(inside))
            inside = None
        elif len(inside) < 20 * MAX_PARTS:
            inside.append(line)
    return "\r\n".join(kept), zones


def offset_at(zone: str, local: datetime) -> timezone | None:
    """Return the offset of a local time by the definition of its zone; None if that cannot be read.

    Raises UnknownRuleError.
    """
    parts = _parts(zone)
    if not parts:
        return None
    try:
        onsets = [(onset, part.after) for part in parts for onset in part.onsets(local.year) if onset <= local]
    except ValueError as error:
        raise UnknownRuleError from error
    offset = max(onsets)[1] if onsets else min(parts, key=lambda one: one.first).before
    return timezone(offset)


def _parts(zone: str) -> list[_Part]:
    found: list[_Part] = []
    fields: dict[str, list[str]] | None = None
    for line in zone.split("\n"):
        name, _, value = line.partition(":")
        key = name.partition(";")[0].strip().upper()
        if key == "BEGIN":
            fields = {}
        elif key == "END" and fields is not None:
            part = _part(fields)
            if part is not None and len(found) < MAX_PARTS:
                found.append(part)
            fields = None
        elif fields is not None:
            fields.setdefault(key, []).append(value.strip())
    return found


def _part(fields: Mapping[str, Sequence[str]]) -> _Part | None:
    try:
        rule = dict(one.split("=", 1) for one in fields["RRULE"][0].upper().split(";")) if "RRULE" in fields else None
        dates = [_local(one) for value in fields.get("RDATE", ()) for one in value.split(",")[:MAX_DATES]]
        return _Part(
            _local(fields["DTSTART"][0]),
            _offset(fields["TZOFFSETFROM"][0]),
            _offset(fields["TZOFFSETTO"][0]),
            rule,
            dates[:MAX_DATES],
        )
    except (KeyError, ValueError):
        return None


def _local(text: str) -> datetime:
    return datetime.fromisoformat(text.rstrip("Z")[:15])


def _offset(text: str) -> timedelta:
    found = OFFSET.fullmatch(text)
    if found is None:
        raise ValueError(text)
    size = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return -size if found[1] == "-" else size


def _nth(year: int, month: int, number: int, weekday: int) -> date | None:
    """Return the n-th weekday of a month, from its end for a negative number."""
    if number > 0:
        first = date(year, month, 1)
        day = first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))
    else:
        following = date(year + month // 12, month % 12 + 1, 1)
        last = following - timedelta(days=1)
        day = last - timedelta(days=(last.weekday() - weekday) % 7 + 7 * (-number - 1))
    return day if day.month == month else None
