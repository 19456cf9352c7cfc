"""Rows of exported tables: applications, contacts, interviews and the queue.

The rows of an export are read by a constant number of statements, and only some are in memory at a time. Columns keep
their order; new ones are added at the end, because people's own programs read these files.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col

from api.models import Application, Contact, Interview, InterviewInterviewer, StageChange, StepInstance
from api.rules.answers import Answer
from api.rules.outcome import STEPS
from api.services.current_user import current_user
from api.services.facts.application_filters import ApplicationFilter
from api.services.reports.cells import SEPARATOR, RowsBeside, StageLine, Times, columns_of, named_twice, streamed
from api.services.steps import queue
from api.services.steps.queue import QueueFilter
from api.storage.raw_sql import RawConnection
from api.storage.session import OwnedSession
from api.words.csv_text import Cell

Cells = Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Export:
    """An exported table. `name` is part of the file's name; `rows` reads them in the transaction of a session."""

    name: str
    header: Sequence[str]
    rows: Callable[[OwnedSession], Iterator[Cells]]


APPLICATION_INSTANTS = ("stage_since", "closed_at", "next_step_due_at", "created_at", "updated_at")
APPLICATION_HEADER = named_twice(
    (
        *("id", "company", "role", "stage", "stage_since", "applied_on", "closed_at", "closed_outcome", "source"),
        *("location", "work_mode", "salary_min", "salary_max", "salary_currency", "salary_period", "posting_url"),
        *("time_zone", "next_step", "next_step_due_at", "stage_history", "created_at", "updated_at"),
    ),
    APPLICATION_INSTANTS,
)


def export_applications(only: ApplicationFilter, *, with_steps: bool) -> Export:
    """Return applications in the order of their ids. `with_steps`: the token may read steps, else they are empty."""
    return Export("applications", APPLICATION_HEADER, lambda session: _applications(session, only, with_steps))


APPLICATION_COLUMNS = tuple(
    getattr(Application, name)
    for name in (
        *("id", "company", "role", "stage", "applied_on", "closed_at", "closed_outcome", "source", "location"),
        *("work_mode", "salary_min", "salary_max", "salary_currency", "salary_period", "posting_url", "time_zone"),
        *("created_at", "updated_at"),
    )
)


def _applications(
    session: OwnedSession,
    only: ApplicationFilter,
    with_steps: bool,  # noqa: FBT001  # see export_applications
) -> Iterator[Cells]:
    conditions, zone = only.conditions(), current_user(session).time_zone
    times, wanted = Times(zone), columns_of(*APPLICATION_COLUMNS).where(*conditions).order_by(col(Application.id))
    history = RowsBeside(streamed(session, _stage_lines(conditions)))
    steps = RowsBeside(streamed(session, _open_steps(conditions)) if with_steps else iter(()))
    for app in streamed(session, wanted):
        lines = [StageLine(stage, at if dated else None) for _, stage, dated, at in history.of(app.id)]
        name, due = _next_step(steps.of(app.id), session.now)
        yield (
            *(app.id, app.company, app.role, app.stage, *times.both(lines[-1].at if lines else None)),
            *(app.applied_on and app.applied_on.isoformat(), *times.both(app.closed_at), app.closed_outcome),
            *(app.source, app.location, app.work_mode, app.salary_min, app.salary_max, app.salary_currency),
            *(app.salary_period, app.posting_url, app.time_zone, name, *times.both(due)),
            " > ".join(_stage(line, app, zone) for line in lines),
            *(*times.both(app.created_at), *times.both(app.updated_at)),
        )


def _stage_lines(conditions: Sequence[Any]) -> Any:  # noqa: ANN401  # a statement
    line = StageChange
    wanted = columns_of(line.application_id, line.stage, line.dated, line.at)
    wanted = wanted.join(Application, col(Application.id) == col(line.application_id)).where(*conditions)
    return wanted.order_by(col(line.application_id), col(line.dated), col(line.at), col(line.id))


def _open_steps(conditions: Sequence[Any]) -> Any:  # noqa: ANN401  # a statement
    step = StepInstance
    wanted = columns_of(step.application_id, step.number, step.opens_at, step.due_at)
    wanted = wanted.join(Application, col(Application.id) == col(step.application_id))
    return wanted.where(*conditions, col(step.closed_state).is_(None)).order_by(col(step.application_id))


def _stage(line: StageLine, app: Any, zone: str) -> str:  # noqa: ANN401  # a row
    day = line.day(app.applied_on, app.time_zone, zone)
    return f"{line.stage} {day or 'without date'}"


def _next_step(rows: Iterator[Sequence[Any]], now: datetime) -> tuple[str | None, datetime | None]:
    """Return name and deadline of the most urgent step: those that have opened come first, then the deadline counts."""
    waiting = [(opens_at > now, due_at, number) for _, number, opens_at, due_at in rows]
    if not waiting:
        return None, None
    _, due, number = min(waiting)
    return STEPS[number], due


CONTACT_NAMES = (
    *("id", "full_name", "honorific", "job_title", "company", "role", "email", "phone", "postal_address"),
    *("preferred_channel", "details_source", "name_verified", "notes", "created_at", "updated_at"),
)
CONTACT_COLUMNS = tuple(getattr(Contact, name) for name in CONTACT_NAMES)
CONTACT_HEADER = named_twice(CONTACT_NAMES, ("created_at", "updated_at"))


def export_contacts() -> Export:
    """Return contacts in the order of their ids, without those that were deleted or erased."""
    return Export("contacts", CONTACT_HEADER, _contacts)


def _contacts(session: OwnedSession) -> Iterator[Cells]:
    times = Times(current_user(session).time_zone)
    kept = (col(Contact.deleted_at).is_(None), col(Contact.erased_at).is_(None))
    for one in streamed(session, columns_of(*CONTACT_COLUMNS).where(*kept).order_by(col(Contact.id))):
        yield (
            *(one.id, one.full_name, one.honorific, one.job_title, one.company, one.role, one.email, one.phone),
            *(one.postal_address, one.preferred_channel, one.details_source, "true" if one.name_verified else "false"),
            *(one.notes, *times.both(one.created_at), *times.both(one.updated_at)),
        )


INTERVIEW_HEADER = named_twice(
    (
        *("id", "application_id", "company", "role", "round_no", "kind", "status", "starts_at", "ends_at"),
        *("effective_end_at", "time_zone", "start_local", "end_local", "location", "link", "interviewers"),
        *("next_stage", "contact_from", "contact_by", "hear_by", "created_at", "updated_at"),
    ),
    ("starts_at", "ends_at", "effective_end_at", "created_at", "updated_at"),
)


def export_interviews() -> Export:
    """Return interviews by their start, without those of deleted applications."""
    return Export("interviews", INTERVIEW_HEADER, _interviews)


def _interviews(session: OwnedSession) -> Iterator[Cells]:
    times, order = Times(current_user(session).time_zone), (col(Interview.starts_at), col(Interview.id))
    of_live = (col(Application.id) == col(Interview.application_id), col(Application.deleted_at).is_(None))
    people = RowsBeside(streamed(session, _interviewers(of_live, order)))
    rows = columns_of(Interview, Application.company, Application.role).join(Application, of_live[0]).where(of_live[1])
    for one, company, role in streamed(session, rows.order_by(*order)):
        names = SEPARATOR.join(name for _, name in people.of(one.id))
        yield (
            *(one.id, one.application_id, company, role, one.round_no, one.kind, one.status),
            *(*times.both(one.starts_at), *times.both(one.ends_at), *times.both(one.effective_end_at)),
            *(one.time_zone, f"{one.start_local:%Y-%m-%d %H:%M}"),
            *(one.end_local and f"{one.end_local:%Y-%m-%d %H:%M}", one.location, one.link, names or None),
            *(one.next_stage, *(_moment(value) for value in (one.contact_from, one.contact_by, one.hear_by))),
            *(*times.both(one.created_at), *times.both(one.updated_at)),
        )


def _interviewers(of_live: Sequence[Any], order: Sequence[Any]) -> Any:  # noqa: ANN401  # a statement
    """Return a statement with the names of interviewers who were not deleted or erased, in the order of interviews."""
    wanted = columns_of(Interview.id, Contact.full_name).join(
        InterviewInterviewer, col(InterviewInterviewer.interview_id) == col(Interview.id)
    )
    wanted = wanted.join(Contact, col(Contact.id) == col(InterviewInterviewer.contact_id)).join(Application, of_live[0])
    there = (col(Contact.deleted_at).is_(None), col(Contact.erased_at).is_(None), col(Contact.full_name).is_not(None))
    return wanted.where(of_live[1], *there).order_by(*order, col(Contact.full_name), col(Contact.id))


def _moment(value: Any) -> str | None:  # noqa: ANN401  # a moment or None
    return None if value is None else f"{value.date}{f' {value.time:%H:%M}' if value.time else ''}"


QUEUE_INSTANTS = ("opens_at", "due_at", "snoozed_until", "helps_until")
QUEUE_HEADER = named_twice(
    (
        *("step_id", "application_id", "company", "role", "number", "step", "state", "opens_at", "due_at"),
        *("due_zone", "reason", "missing", "next_action", "snoozed_until", "helps_until", "stale"),
    ),
    QUEUE_INSTANTS,
)


def export_queue(wanted: QueueFilter, *, sort: str, now: datetime) -> Export:
    """Return the steps of the queue, as they are at `now`."""
    return Export("queue", QUEUE_HEADER, lambda session: _queue(session, wanted, sort, now))


def _queue(session: OwnedSession, wanted: QueueFilter, sort: str, now: datetime) -> Iterator[Cells]:
    times = Times(current_user(session).time_zone)
    for item in queue.stream(RawConnection.of(session), wanted, sort=sort, now=now):
        application, action = item["application"], item["next_action"]
        yield (
            *(item["id"], item["application_id"], application["company"], application["role"], item["number"]),
            *(item["step"], item["state"], *_both(times, item["opens_at"]), *_both(times, item["due_at"])),
            *(item["due_zone"], item["reason"]["text"], SEPARATOR.join(item["progress"]["missing"]) or None),
            *(action and action["text"], *_both(times, item["snoozed_until"])),
            *(*_both(times, item["helps_until"]), str(item["stale"]).lower()),
        )


def _both(times: Times, said: Answer | str | None) -> tuple[Cell, Cell]:
    return times.both(datetime.fromisoformat(str(said)) if said else None)
