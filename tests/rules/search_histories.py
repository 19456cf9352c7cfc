"""Drawn applications with dated events, and their statistics computed slowly and independently of `api/rules/progress`.

The computation looks at every event again for every question, and at every day in turn.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

ZONE = "America/New_York"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TODAY = date(2026, 6, 1)
STAGES = ("saved", "applied", "interviewing", "offered", "accepted", "declined", "rejected", "withdrawn", "no_response")
ENDINGS = STAGES[4:]
ORDER = ("applied", "answered", "interviewing", "offered", "accepted")
SIGNS = {
    "stage applied": "applied",
    "stage no_response": "applied",
    "stage rejected": "answered",
    "interview cancelled": "answered",
    "interview no_show": "answered",
    "contact in": "answered",
    "stage interviewing": "interviewing",
    "interview scheduled": "interviewing",
    "interview held": "interviewing",
    "offer": "offered",
    "stage offered": "offered",
    "stage declined": "offered",
    "stage accepted": "accepted",
}
RANGES = ((0, 2), (3, 7), (8, 14), (15, 30), (31, 60), (61, None))


@dataclass(frozen=True)
class Event:
    """Something that happened; `at` is None for a first stage without a date."""

    what: str
    at: datetime | None


@dataclass(frozen=True)
class Drawn:
    """An application. The first event is its first stage; the others are in the order of time."""

    applied_on: date | None
    events: tuple[Event, ...]

    @property
    def outcome(self) -> str | None:
        """How it ended, by the last stage."""
        last = [event.what.removeprefix("stage ") for event in self.events if event.what.startswith("stage ")][-1]
        return last if last in ENDINGS else None

    @property
    def closed_at(self) -> datetime | None:
        """When the last run of endings began."""
        found = None
        for event in self.events:
            if event.what.startswith("stage "):
                is_end = event.what.removeprefix("stage ") in ENDINGS
                found = (found or event.at or NOW) if is_end else None
        return found


EVENTS = (*(f"stage {name}" for name in STAGES), "contact in", "contact out", "offer")
ROUNDS = tuple(f"interview {status}" for status in ("scheduled", "held", "cancelled", "no_show"))
instants = st.integers(1, 24 * 90).map(lambda hours: NOW - timedelta(hours=hours))


@st.composite
def drawn_applications(draw: st.DrawFn) -> Drawn:
    """Draw an application of the last 90 days."""
    applied_on = draw(st.none() | st.integers(0, 90).map(lambda days: TODAY - timedelta(days=days)))
    is_dated = draw(st.booleans())
    first = Event(f"stage {draw(st.sampled_from(STAGES))}", draw(instants) if is_dated else None)
    more = draw(st.lists(st.tuples(st.sampled_from((*EVENTS, *ROUNDS)), instants), max_size=5))
    later = sorted({at: what for what, at in more}.items())
    begun = [first.at] if first.at else []
    kept = [Event(what, at) for at, what in later if not begun or not what.startswith("stage ") or at > begun[0]]
    return Drawn(applied_on, (first, *kept))


def slow_level(one: Drawn) -> str | None:
    """Return the furthest level: the last one of which any sign is there."""
    reached = [name for name in ORDER if any(SIGNS.get(event.what) == name for event in one.events)]
    if one.applied_on is not None:
        reached.insert(0, "applied")
    return max(reached, key=ORDER.index, default=None)


def slow_applied_day(one: Drawn) -> date | None:
    if one.applied_on is not None:
        return one.applied_on
    days = [_local(event.at) for event in one.events if event.what == "stage applied" and event.at]
    return days[0] if days else None


def _local(at: datetime) -> date:
    return at.astimezone(ZoneInfo(ZONE)).date()


def slow_funnel(found: list[Drawn]) -> dict[str, Any]:
    """Return levels, endings and live applications without an answer."""
    applied = [one for one in found if slow_level(one) is not None]
    levels = {}
    for name in ORDER:
        later = ORDER[ORDER.index(name) :]
        levels[name] = len([one for one in applied if slow_level(one) in later])
    endings = {name: len([one for one in applied if one.outcome == name]) for name in ENDINGS}
    waiting = len([one for one in applied if slow_level(one) == "applied" and one.outcome is None])
    return {"levels": levels, "endings": endings, "waiting": waiting}


def slow_days(one: Drawn) -> tuple[str, int] | None:
    """Go through the days from the application on, until there is an answer or the time is over."""
    begun = slow_applied_day(one)
    answers = [event for event in one.events if SIGNS.get(event.what) not in (None, "applied")]
    dated = [event.at for event in answers if event.at is not None]
    if begun is None or (answers and not dated):
        return None
    days, end = 0, _local(one.closed_at or NOW)
    while True:
        day = begun + timedelta(days=days)
        if any(_local(at) <= day for at in dated):
            return "answered", days
        if not dated and day >= end:
            return ("waiting" if one.outcome is None else "silent"), days
        days += 1


def slow_responses(found: list[Drawn]) -> dict[str, Any]:
    """Return counts by range of days, the median of the answers, and how many have no dates."""
    applied = [one for one in found if slow_level(one) is not None]
    known = [slow_days(one) for one in applied]
    days = {}
    for low, high in RANGES:
        for kind in ("answered", "waiting", "silent"):
            inside = [one for one in known if one and one[0] == kind and low <= one[1] and (not high or one[1] <= high)]
            days[low, kind] = len(inside)
    answers = [one[1] for one in known if one and one[0] == "answered"]
    median = None
    if len(answers) >= 5:
        median = next(day for day in range(1_000) if 2 * len([n for n in answers if n <= day]) >= len(answers))
    waits = [one[1] for one in known if one and one[0] == "waiting"]
    return {"days": days, "median": median, "undated": known.count(None), "longest": max(waits) if waits else None}
