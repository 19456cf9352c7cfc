"""Events of steps: what a transaction or the time did to a step, as data for receivers."""

from datetime import datetime
from typing import Any

from api.models.event import EventType, Told
from api.protocol.app_links import app_link
from api.rules.answers import state_of
from api.rules.outcome import STEPS
from api.rules.words import rfc3339
from api.services.events.drafts import Data, Draft
from api.services.steps.changes import Announced, StepChange
from api.services.steps.rows import StoredStep, is_same_instant, record_from_row
from api.storage.codecs import db_to_json_instant, from_db_id, to_db_instant

DONE = ("done", "done_late")


def is_moved(change: StepChange) -> bool:
    """Tell whether a step came, went, closed, opened again or has other dates: then it has a new notice."""
    before, after = change.before, change.after
    if before is None or after is None:
        return True
    is_same = is_same_instant(before.opens_at, after.opens_at) and is_same_instant(before.due_at, after.due_at)
    return not is_same or before.closed_state != after.closed_state


def event_of(change: StepChange) -> EventType | None:
    """Return the event of a change; None if no date and no state changed."""
    before, after = change.before, change.after
    if before is None or after is None:
        return EventType.STEP_SCHEDULED if after else EventType.STEP_REMOVED if before else None
    if not is_moved(change):
        return None
    if after.closed_state is not None and after.closed_state != before.closed_state:
        return EventType.STEP_DONE if after.closed_state in DONE else EventType.STEP_CLOSED
    return EventType.STEP_REOPENED if before.closed_state != after.closed_state else EventType.STEP_CHANGED


def step_draft(type_: EventType, change: StepChange, known: Announced | None, now: datetime, app_url: str) -> Draft:
    """Return the draft of an event that a write made. `known`: the notice of before."""
    row = change.after or change.before
    assert row is not None  # noqa: S101  # `event_of` has no event for it
    previous = None
    if change.before is not None:
        before = record_from_row(change.before)
        previous = {"state": state_of(before, rfc3339(now)), "due_at": before.due_at}
    data: Data = {
        "step": step_data(row, now, app_url),
        "previous": previous,
        "corrected": is_corrected(type_, change.after, known, now),
    }
    return Draft(type_, now, data, from_db_id(row.application_id))


def time_draft(type_: EventType, row: StoredStep, at: datetime, now: datetime, app_url: str) -> Draft:
    """Return the draft of an event that time made at an instant, which may be some time ago."""
    data: Data = {"step": step_data(row, now, app_url), "previous": None, "corrected": False}
    return Draft(type_, at, data, from_db_id(row.application_id))


def is_corrected(type_: EventType, after: StoredStep | None, known: Announced | None, now: datetime) -> bool:
    """Tell whether a step had been announced as overdue, and by what is known now it was not."""
    if known is None or known.told != Told.OVERDUE:
        return False
    if after is None:
        return True
    if after.closed_state is not None:
        return after.closed_state == "done"
    is_later = after.due_at[:19] > known.due_at[:19]
    return type_ is EventType.STEP_CHANGED and is_later and to_db_instant(now)[:19] < after.due_at[:19]


def step_data(row: StoredStep, now: datetime, app_url: str) -> dict[str, Any]:
    """Return a step for receivers: names, dates and states, without any text of the user."""
    step, id_ = record_from_row(row), from_db_id(row.id)
    state = state_of(step, rfc3339(now))
    return {
        "id": id_,
        "number": step.number,
        "step": STEPS[step.number],
        "scope": step.scope,
        "state": state,
        "opens_at": step.opens_at,
        "due_at": step.due_at,
        "due_zone": step.detail["zone"],
        "due_basis": step.detail["basis"],
        "completed_at": step.completed_at,
        "reason": {"code": "not_open_yet" if state == "upcoming" else step.reason},
        "missing": step.missing,
        "snoozed_until": row.snoozed_until and db_to_json_instant(row.snoozed_until),
        "app_url": app_link(app_url, "step", id_),
    }
