"""Reason texts: the fact, the rule and the date of a step. Every date has weekday, year and the name of its zone."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from api.rules.calendar import day_end, local_date
from api.rules.outcome import Data, StepRecord
from api.rules.sentences import count

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def rfc3339(instant: datetime) -> str:
    """Format an instant as RFC 3339 in UTC with `Z`."""
    if instant.tzinfo is not UTC:
        instant = instant.astimezone(UTC)
    return f"{instant.isoformat()[:19]}Z"


@lru_cache(maxsize=16_384)
def wall(instant: datetime, zone: str) -> str:
    """Format an instant in local time, with seconds unless they are 0: `11:00 on Tue 3 Mar 2026 (EST)`."""
    local = instant.astimezone(ZoneInfo(zone))
    clock = f"{local.hour:02}:{local.minute:02}" + (f":{local.second:02}" if local.second else "")
    return f"{clock} on {_day(local)} ({zone_name(local, zone)})"


def _day(day: date) -> str:
    return f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def zone_name(instant: datetime, zone: str) -> str:
    """Return the abbreviation of a zone at an instant, `EST`; or `UTC+05:45` if it has none."""
    name = instant.astimezone(ZoneInfo(zone)).tzname() or zone
    return _offset_name(name) if name[:1] in "+-" else name


def zone_name_with_offset(instant: datetime, zone: str) -> str:
    """Return the abbreviation with the offset, `EST, UTC-05`, because several zones share abbreviations."""
    name = zone_name(instant, zone)
    if name.startswith("UTC") or name == "GMT":
        return name
    return f"{name}, {_offset_name(f'{instant.astimezone(ZoneInfo(zone)):%z}')}"


def _offset_name(offset: str) -> str:
    """Format an offset such as `+0545` or `-03`: `UTC+05:45`, `UTC-03`; without minutes if they are 0."""
    hours, minutes = offset[:3], offset[3:5]
    return f"UTC{hours}:{minutes}" if minutes not in ("", "00") else f"UTC{hours}"


def zone_beside(day: date, clock: time, zone: str, others: Iterable[str]) -> str | None:
    """Return the name of the zone of a local time if another zone shows a different time then, else None."""
    local = datetime.combine(day, clock.replace(tzinfo=None), ZoneInfo(zone))
    if all(local.astimezone(ZoneInfo(other)).utcoffset() == local.utcoffset() for other in others):
        return None
    return zone_name(local, zone)


@lru_cache(maxsize=16_384)
def clock(instant: str, zone: str) -> str:
    """Format an RFC 3339 instant in local time."""
    return wall(datetime.fromisoformat(instant), zone)


@lru_cache(maxsize=16_384)
def deadline(instant: str, zone: str) -> str:
    """Format a deadline as the words after “until”; local midnight is `the end of Mon 2 Mar 2026 (EST)`."""
    due = datetime.fromisoformat(instant)
    last = (due - SECOND).astimezone(ZoneInfo(zone))
    if day_end(last.date(), zone) != due:
        return wall(due, zone)
    return f"the end of {_day(last)} ({zone_name(last, zone)})"


@lru_cache(maxsize=16_384)
def last_day(instant: str, zone: str) -> str:
    """Return the last local date before a deadline, `2026-03-02`: that of its last second, also at midnight."""
    return local_date(datetime.fromisoformat(instant) - SECOND, zone).isoformat()


@lru_cache(maxsize=16_384)
def _offset(instant: str, zone: str) -> timedelta | None:
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(zone)).utcoffset()


@lru_cache(maxsize=16_384)
def _same_day(ended_at: str, due_at: str, zone: str) -> str:
    """Return `the same day`, or the hours if `same_day_floor_hours` moves the deadline past midnight."""
    end, due = datetime.fromisoformat(ended_at), datetime.fromisoformat(due_at)
    if local_date(due - SECOND, zone) == local_date(end, zone):
        return "the same day"
    return f"within {count((due - end) // HOUR, 'hour')}"


def _round(data: Data, now: str) -> str:
    start, end, zone = str(data["started_at"]), str(data["ended_at"]), str(data["zone"])
    if now < start:
        return f"Your interview starts at {clock(start, zone)}."
    return f"Your interview {'ends' if now < end else 'ended'} at {clock(end, zone)}."


def _hours(record: StepRecord) -> str:
    """Return the number of hours, and say so if the offset of the zone changes in between."""
    data, zone = record.detail["data"], record.detail["zone"]
    hours = f"within {count(data['hours'], 'hour')}"
    if _offset(data["ended_at"], zone) != _offset(record.due_at, zone):
        hours += " of elapsed time (the clocks change in between)"
    return hours


def _next_stage(record: StepRecord, now: str) -> str:
    data, zone = record.detail["data"], record.detail["zone"]
    soon = _same_day(data["ended_at"], record.due_at, zone)
    return f"{_round(data, now)} Find out what comes next and write it down {soon}."


def _contact_details(record: StepRecord, now: str) -> str:
    return f"{_round(record.detail['data'], now)} Names, job titles and contact details are due {_hours(record)}."


def _notes(record: StepRecord, now: str) -> str:
    data, zone, soon = record.detail["data"], record.detail["zone"], "before you send the letter"
    if record.detail["basis"] == "local_day":
        soon = _same_day(data["ended_at"], record.due_at, zone)
    return f"{_round(data, now)} Notes on what went well and on what needs a better answer are due {soon}."


def _thank_you(record: StepRecord, now: str) -> str:
    return f"{_round(record.detail['data'], now)} A thank-you letter is due {_hours(record)}."


def _references(record: StepRecord, now: str) -> str:
    data = record.detail["data"]
    at = clock(data["opened_at"], record.detail["zone"])
    if data["names_given"]:
        fact = f"You {'give' if now < data['opened_at'] else 'gave'} the names of your references at {at}."
    else:
        fact = f"Your first interview {'ends' if now < data['opened_at'] else 'ended'} at {at}."
    return f"{fact} Tell and brief your references before anybody calls them."


def _status_call(record: StepRecord, _now: str) -> str:
    opens = clock(record.opens_at, record.detail["zone"])
    if record.detail["basis"] == "promised":
        return f"They gave you a date. Ask for the status of your application from {opens}."
    days = record.detail["data"].get("business_days")
    wait = "after some business days, " if days is None else f"after {count(days, 'business day')}, " if days else ""
    fact = "They gave you no date." if record.scope.startswith("interview:") else "They gave you no new date."
    return f"{fact} Ask for the status of your application {wait}from {opens}."


def _keep_looking(record: StepRecord, now: str) -> str:
    data = record.detail["data"]
    since, is_ahead = clock(data["since"], record.detail["zone"]), now < data["since"]
    if not data["elsewhere"]:
        fact = f"Your first interview {'ends' if is_ahead else 'ended'} at {since}."
    else:
        fact = f"Your latest {'interview elsewhere ends' if is_ahead else 'activity elsewhere was'} at {since}."
    return f"{fact} Do something for your search elsewhere within {count(data['days'], 'day')}."


OPEN: Mapping[int, Callable[[StepRecord, str], str]] = {
    1: _next_stage,
    2: _contact_details,
    3: _notes,
    4: _thank_you,
    5: _references,
    6: _status_call,
    7: _keep_looking,
}
CLOSED = {
    "no_interview": "No interview is recorded yet. Record one, and this step gets its dates.",
    "evidence": "Done at {completed}, according to your records. {deadline}",
    "by_hand": "Marked by hand as done at {completed}. {deadline}",
    "company_contacted_you": "They contacted you at {completed}. {deadline}",
    "skipped_by_user": "You skipped this step. {deadline}",
    "disabled_by_policy": "Your policy disables this step.",
    "superseded_by_next_round": "Another interview round was arranged, so you need not ask any more.",
    "restarted": "A later round was cancelled, so a new call replaces this one.",
    "interview_cancelled": "The interview was cancelled, so this step does not apply.",
    "interview_not_held": "The interview did not take place, so this step does not apply.",
    "references_not_needed": "You recorded that no references are wanted.",
    "offer_received": "You received an offer, so you need not ask for the status any more.",
    "no_one_to_thank": "No interviewer is recorded for this assessment, so there is nobody to thank.",
    "application_closed": "The application is closed. {deadline}",
}
REASONS = (
    "not_open_yet",
    "ask_next_stage",
    "collect_contacts",
    "write_notes",
    "send_thank_you",
    "choose_references",
    "alert_references",
    "call_for_status",
    "keep_looking",
    *CLOSED,
)


def reason_text(record: StepRecord, now: str) -> str:
    """Return the text that explains the state of a step at `now`."""
    zone = record.detail["zone"]
    due = deadline(record.due_at, zone)
    if record.closed_state is None:
        verb = "had" if now >= record.due_at else "have"
        return f"{OPEN[record.number](record, now)} You {verb} until {due}."
    if record.reason == "application_closed" and record.closed_state != "missed":
        return unscheduled(record.reason)
    completed = clock(record.completed_at, zone) if record.completed_at else ""
    line = f"You had until {due}." if now >= record.due_at else f"The deadline is {due}."
    return CLOSED[record.reason].format(completed=completed, deadline=line)


def unscheduled(reason: str) -> str:
    """Return the text that explains the state of a step without dates."""
    return "The application is closed." if reason == "application_closed" else CLOSED[reason]
