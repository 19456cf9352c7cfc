"""The sentence behind every answer: fact, rule, date – always with the instant and its zone."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from api.rules.outcome import Data, StepRecord

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def rfc3339(instant: datetime) -> str:
    """Write an instant as RFC 3339 in UTC with `Z`."""
    if instant.tzinfo is not UTC:
        instant = instant.astimezone(UTC)
    return f"{instant.isoformat()[:19]}Z"


@lru_cache(maxsize=16_384)
def wall(instant: datetime, zone: str) -> str:
    """Write an instant as a local clock and calendar show it: `Tue 3 Mar, 11:00 EST`."""
    local = instant.astimezone(ZoneInfo(zone))
    name = local.tzname() or zone
    name = f"UTC{name}" if name[:1] in "+-" else name
    clock = f"{local.hour:02}:{local.minute:02}" + (f":{local.second:02}" if local.second else "")
    return f"{DAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]}, {clock} {name}"


@lru_cache(maxsize=16_384)
def clock(instant: str, zone: str) -> str:
    """Write an instant that is text already as a local clock and calendar show it."""
    return wall(datetime.fromisoformat(instant), zone)


@lru_cache(maxsize=16_384)
def _offset(instant: str, zone: str) -> timedelta | None:
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(zone)).utcoffset()


def _round(data: Data, now: str) -> str:
    start, end, zone = str(data["started_at"]), str(data["ended_at"]), str(data["zone"])
    if now < start:
        return f"Your interview begins {clock(start, zone)}."
    return f"Your interview {'ends' if now < end else 'ended'} {clock(end, zone)}."


def _hours(record: StepRecord) -> str:
    """Name the hours; say so where the local clock is changed in between."""
    data, zone = record.detail["data"], record.detail["zone"]
    hours = f"within {data['hours']} hours"
    if _offset(data["ended_at"], zone) != _offset(record.due_at, zone):
        hours += " as time elapses (the clocks change in between)"
    return hours


def _next_stage(record: StepRecord, now: str) -> str:
    return f"{_round(record.detail['data'], now)} What comes next is to be found out and written down the same day"


def _contact_details(record: StepRecord, now: str) -> str:
    return f"{_round(record.detail['data'], now)} Names, titles and ways to reach people are due {_hours(record)}"


def _notes(record: StepRecord, now: str) -> str:
    until = "the same day" if record.detail["basis"] == "local_day" else "before the letter"
    return f"{_round(record.detail['data'], now)} Notes on what went well and what is open are due {until}"


def _thank_you(record: StepRecord, now: str) -> str:
    return f"{_round(record.detail['data'], now)} A thank-you letter is due {_hours(record)}"


def _references(record: StepRecord, now: str) -> str:
    data = record.detail["data"]
    at = clock(data["opened_at"], record.detail["zone"])
    if data["names_given"]:
        fact = f"You handed over the names of your references {at}."
    else:
        fact = f"Your first interview {'ends' if now < data['opened_at'] else 'ended'} {at}."
    return f"{fact} Your references are to be told and briefed before anybody rings them"


def _status_call(record: StepRecord, _now: str) -> str:
    opens = clock(record.opens_at, record.detail["zone"])
    if record.detail["basis"] == "promised":
        return f"They gave you a date. Ask where things stand from {opens}"
    return f"No date was given. Ask where things stand after some business days, from {opens}"


def _keep_looking(record: StepRecord, _now: str) -> str:
    data = record.detail["data"]
    since = clock(data["since"], record.detail["zone"])
    fact = "Your search elsewhere counts from" if data["elsewhere"] else "Your first interview counts from"
    return f"{fact} {since}. Something elsewhere is due every {data['days']} days"


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
    "no_interview": "No interview is known yet: record one and this step gets its dates.",
    "evidence": "Done {completed}, by what you recorded; the deadline was {due}.",
    "by_hand": "Ticked by hand as done {completed}; the deadline was {due}.",
    "company_contacted_you": "They got in touch with you {completed}; the deadline was {due}.",
    "skipped_by_user": "You skipped this; its deadline was {due}.",
    "disabled_by_policy": "Your policy switches this step off.",
    "superseded_by_next_round": "A further round was arranged, so this is no longer to be asked.",
    "restarted": "A later round was cancelled, so the question starts anew.",
    "interview_cancelled": "The interview was cancelled, so nothing follows from it.",
    "interview_not_held": "The interview did not take place, so nothing follows from it.",
    "references_not_needed": "You noted that no references are wanted.",
    "offer_received": "An offer was received, so there is no status left to ask for.",
    "no_one_to_thank": "Nobody conducted this assessment, so there is no one to thank.",
    "application_closed": "The application is closed; the deadline was {due}.",
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
    """Say why a step stands as it does at `now`."""
    zone = record.detail["zone"]
    due = clock(record.due_at, zone)
    if record.closed_state is None:
        text = OPEN[record.number](record, now)
        return f"{text}; it was due {due}." if now >= record.due_at else f"{text}: by {due}."
    completed = clock(record.completed_at, zone) if record.completed_at else ""
    return CLOSED[record.reason].format(completed=completed, due=due)


def unscheduled(reason: str) -> str:
    """Say why a step without any date stands as it does."""
    return "The application is closed." if reason == "application_closed" else CLOSED[reason]
