"""Invitations in calendar files (RFC 5545, 5546): what they say about a meeting, and in which zone its times are."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from icalendar import Calendar

from api.rules.calendar import ZONES, is_within_reach
from api.words.calendar_file import clean
from api.words.csv_file import TableError, certain_encoding
from api.words.invitation_zones import UnknownRuleError, cut_zones, offset_at

MAX_COMPONENTS, MAX_DEPTH, MAX_PEOPLE = 50, 3, 50
BEGIN = re.compile(r"^BEGIN:", re.IGNORECASE | re.MULTILINE)
ADDRESS = re.compile(r"https?://[^\s<>\"'\\)\]]+")
MEETING_HOST = re.compile(
    r"https?://(?:[\w-]+\.)*(?:zoom\.us|zoomgov\.com|teams\.microsoft\.com|teams\.live\.com|meet\.google\.com|webex\.com"
    r"|whereby\.com|gotomeeting\.com|gotomeet\.me|goto\.com|bluejeans\.com|chime\.aws|meet\.jit\.si|skype\.com"
    r"|ringcentral\.com|around\.co|livestorm\.co)(?:[/?#]|$)",
    re.IGNORECASE,
)
LINK_PROPERTIES = (
    "CONFERENCE",
    "X-GOOGLE-CONFERENCE",
    "X-MICROSOFT-SKYPETEAMSMEETINGURL",
    "LOCATION",
    "DESCRIPTION",
    "URL",
)
REFUSED = {"REPLY": "an answer to an invitation", "COUNTER": "a proposal of another time", "REFRESH": "a request"}
MORNING, EVENING = time(9), time(17)
PLACES = ZONES - {"UTC"}  # calendars write instants in UTC: it is not the zone of a place
Properties = Any  # a component: icalendar types its properties as one of thirty classes
MAX_LINE, MAX_UID = 200, 1_000
LONGEST = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Person:
    """An organiser or attendee."""

    name: str | None
    email: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A time of a meeting: an instant, or a local time without a zone. `zone`: its IANA name, if it has one.

    `note`: zone_assumed or zone_worked_out, if the file did not name a zone that is known. `needs_zone`: the file
    defines its zone in a way that cannot be read.
    """

    local: datetime
    instant: datetime | None
    zone: str | None = None
    note: str | None = None
    needs_zone: bool = False


@dataclass
class Invitation:
    """A meeting of a calendar file. `faults`: codes and sentences of what cannot be imported."""

    uid: str | None
    sequence: int
    stamp: datetime | None
    is_cancelled: bool
    summary: str
    location: str | None
    link: str | None
    is_phone: bool
    start: Moment | None = None
    end: Moment | None = None
    length: timedelta | None = None
    is_all_day: bool = False
    people: list[Person] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)

    @property
    def needs_zone(self) -> bool:
        """Whether somebody must name the zone of its times."""
        return any(one is not None and one.needs_zone for one in (self.start, self.end))


def invitations(content: bytes) -> list[Invitation]:
    """Return the meetings of a calendar file. Raises TableError for a file that is none, or too large."""
    encoding = certain_encoding(content)
    if encoding is None:
        raise TableError("not_text", "Calendar files are in UTF-8: export this one again from your calendar.")
    text, zones = cut_zones(content.decode(encoding))
    _check_size(text)
    try:
        calendars = Calendar.from_ical(text, multiple=True)
        found = [one for calendar in calendars for one in _events(calendar, zones)]
    except TableError:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, OSError) as error:
        detail = "The file cannot be read as a calendar: export the invitation again from your calendar."
        raise TableError("broken_calendar", detail) from error
    if not found:
        raise TableError("empty", "The file has no meetings: send an invitation, a file that ends in .ics.")
    return found


def _check_size(text: str) -> None:
    """Raise TableError for many or nested components, before they are parsed."""
    if len(BEGIN.findall(text)) > MAX_COMPONENTS * 2:
        raise TableError("too_many_rows", f"Send at most {MAX_COMPONENTS} meetings in one file.")
    depth = 0
    for line in text.split("\r\n"):
        upper = line[:6].upper()
        depth += upper.startswith("BEGIN:")
        depth -= upper.startswith("END:")
        if depth > MAX_DEPTH:
            raise TableError("broken_calendar", "The file has components within components: send one invitation.")


def _events(calendar: Any, zones: Mapping[str, str]) -> Iterator[Invitation]:  # noqa: ANN401  # a component
    method = str(calendar.get("METHOD", "")).upper()
    if method in REFUSED:
        raise TableError("not_an_invitation", f"This is {REFUSED[method]}: send the invitation itself.")
    events = calendar.walk("VEVENT")
    if len(events) > MAX_COMPONENTS:
        raise TableError("too_many_rows", f"Send at most {MAX_COMPONENTS} meetings in one file.")
    for event in events:
        yield _invitation(event, method, zones)


def _invitation(event: Properties, method: str, zones: Mapping[str, str]) -> Invitation:
    location = _line(event, "LOCATION")
    link, is_phone = _link(event, location)
    made = Invitation(
        uid=_line(event, "UID", MAX_UID),
        sequence=_sequence(event),
        stamp=_stamp(event),
        is_cancelled=method == "CANCEL" or str(event.get("STATUS", "")).upper() == "CANCELLED",
        summary=_line(event, "SUMMARY") or "",
        location=None if location and ADDRESS.fullmatch(location) else location,
        link=link,
        is_phone=is_phone,
        people=_people(event),
    )
    if made.uid is None:
        made.faults.append(("missing", "The meeting has no UID: export it again from your calendar."))
    if "RRULE" in event or "RDATE" in event:
        made.faults.append(("recurring", "A meeting that repeats is no interview: record each one by itself."))
    if "DTSTART" in event or not made.is_cancelled:  # a cancellation may leave its times out
        _set_times(made, event, zones)
    return made


def _set_times(made: Invitation, event: Properties, zones: Mapping[str, str]) -> None:
    broken = {name.upper() for name, _ in getattr(event, "errors", ())}
    try:
        start, end = event.get("DTSTART"), event.get("DTEND")
        if broken & {"DTSTART", "DTEND"}:
            start = None
        made.is_all_day = not isinstance(start.dt, datetime)
        made.start = _moment(start, zones, MORNING)
        if end is not None:
            made.end = _moment(end, zones, EVENING, is_end=True)
        elif "DURATION" in event:
            made.length = event["DURATION"].dt
            if not timedelta() < made.length <= LONGEST:
                made.faults.append(("broken_time", "It must end after its start, within 24 hours."))
        if end is None and made.is_all_day:
            made.end, made.length = Moment(datetime.combine(made.start.local.date(), EVENING), None), None
    except (ValueError, TypeError, AttributeError, OverflowError):
        made.faults.append(("broken_time", "Its time cannot be read: record the interview by hand."))


def _moment(value: Any, zones: Mapping[str, str], of_day: time, *, is_end: bool = False) -> Moment:  # noqa: ANN401  # a property
    """Return the time of a property. Raises ValueError."""
    found = value.dt
    if not is_within_reach(found.date() if isinstance(found, datetime) else found):
        raise ValueError("out of range")
    if not isinstance(found, datetime):
        day: date = found - timedelta(days=1) if is_end else found  # the end of all-day events is the day after
        return Moment(datetime.combine(day, of_day), None)
    local = found.replace(tzinfo=None, microsecond=0)
    if found.tzinfo is not None:
        zone = getattr(found.tzinfo, "key", None)
        return Moment(local, found.astimezone(UTC).replace(microsecond=0), zone if zone in PLACES else None)
    name = str(value.params.get("TZID", ""))
    if not name or name not in zones:
        return Moment(local, None, note="zone_assumed")
    try:
        offset = offset_at(zones[name], local)
    except UnknownRuleError:
        return Moment(local, None, needs_zone=True)
    if offset is None:
        return Moment(local, None, note="zone_assumed")
    return Moment(local, local.replace(tzinfo=offset).astimezone(UTC), note="zone_worked_out")


def _line(event: Properties, name: str, most: int = MAX_LINE) -> str | None:
    """Return a property on one line, cut to a length; None if it is missing or blank."""
    value = event.get(name)
    text = " ".join(clean(str(value[0] if isinstance(value, list) else value)).split()) if value is not None else ""
    return text[:most] or None


def _sequence(event: Properties) -> int:
    try:
        return min(max(int(event.get("SEQUENCE", 0)), 0), 2**31 - 1)
    except (ValueError, TypeError):
        return 0


def _stamp(event: Properties) -> datetime | None:
    found = getattr(event.get("DTSTAMP"), "dt", None)
    return found.astimezone(UTC).replace(microsecond=0) if isinstance(found, datetime) and found.tzinfo else None


def _link(event: Properties, location: str | None) -> tuple[str | None, bool]:
    """Return the address of a video meeting, else of any page in the location, and whether it is a call by phone."""
    pages = []
    for name in LINK_PROPERTIES:
        value = event.get(name)
        for one in value if isinstance(value, list) else [value]:
            pages += [(name, page.rstrip(".,;")) for page in ADDRESS.findall(clean(str(one or "")))]
    meeting = next((page for _, page in pages if MEETING_HOST.match(page)), None)
    other = next((page for name, page in pages if name not in ("DESCRIPTION", "URL")), None)
    is_phone = meeting is None and (location or "").lower().startswith(("tel:", "phone", "telefon", "+", "call "))
    return meeting or other, is_phone


def is_meeting_link(link: str | None) -> bool:
    """Tell whether an address is that of a known service for video meetings."""
    return link is not None and MEETING_HOST.match(link) is not None


def _people(event: Properties) -> list[Person]:
    """Return organiser and attendees with an address, without rooms and other resources."""
    found: dict[str, Person] = {}
    for name in ("ORGANIZER", "ATTENDEE"):
        value = event.get(name)
        for one in value if isinstance(value, list) else [value]:
            if one is None or str(one.params.get("CUTYPE", "")).upper() in ("ROOM", "RESOURCE"):
                continue
            email = clean(str(one)).strip()
            email = email[7:] if email.lower().startswith("mailto:") else email
            said = " ".join(clean(str(one.params.get("CN", ""))).split())[:MAX_LINE]
            if "@" in email and len(found) < MAX_PEOPLE:
                found.setdefault(email.casefold(), Person(None if "@" in said or not said else said, email))
    return list(found.values())
