"""Load interviews and steps as entries of a calendar, in a constant number of queries.

Step 7 is one entry for the whole search, whatever the number of applications: of its open rows, the one that is due
first. Its sequence is the account's write counter, because the row may change to that of another application.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, text
from sqlmodel import col, func, or_, select

from api.errors import NotFoundError
from api.models import Application, Contact, Interview, InterviewInterviewer, StepInstance, User
from api.protocol.app_links import app_link
from api.services.steps.rows import COLUMNS, StoredStep, record_from_row
from api.storage.codecs import (
    from_db_id,
    from_db_instant,
    from_db_instant_or_none,
    is_id,
    to_db_id,
    to_db_instant,
)
from api.storage.raw_sql import (
    ID,
    IDS,
    INSTANT,
    OWNER,
    CompiledStatement,
    RawConnection,
    Row,
    param,
    select_as_text,
)
from api.words.calendar_entries import Employer, Look, Meeting, Task

MAX_COMPONENTS = 1_000
SEARCH = 7
NOT_HELD = ("cancelled", "no_show")
SINCE, RECENT, LIMIT = param("since", INSTANT), param("recent", INSTANT), param("limit")
EMPLOYER = (Application.company, Application.role, Application.updated_at)
MEETING = (
    Interview.id,
    Interview.application_id,
    Interview.round_no,
    Interview.kind,
    Interview.starts_at,
    Interview.effective_end_at,
    Interview.time_zone,
    Interview.status,
    Interview.location,
    Interview.link,
    Interview.created_at,
    Interview.changed_at,
    Interview.changed_seq,
)
STEP = (*COLUMNS, StepInstance.changed_at, StepInstance.changed_seq)


@dataclass(frozen=True, slots=True)
class Window:
    """What is shown: what ends or is due from `since` on; what is closed or cancelled only if it changed `recent`ly."""

    since: datetime
    recent: datetime

    @property
    def values(self) -> dict[str, str]:
        """The parameters of the statements."""
        return {"since": to_db_instant(self.since), "recent": to_db_instant(self.recent)}


@dataclass(frozen=True, slots=True)
class Entries:
    """What a calendar shows, and how many components did not fit into it."""

    meetings: Sequence[Meeting]
    tasks: Sequence[Task]
    omitted: int = 0


def _selected(table: Any, columns: Iterable[Any], *conditions: Any) -> Any:  # noqa: ANN401  # a table, a statement
    """Return the statement of rows with their employers; those of deleted applications are left out."""
    mine = col(Application.id) == table.application_id
    wanted = select_as_text(*columns, *EMPLOYER).join(Application, mine)
    return wanted.where(col(Application.deleted_at).is_(None), *conditions)


def _limited(table: Any, columns: Iterable[Any], order: Any, *conditions: Any) -> tuple[Any, Any]:  # noqa: ANN401  # as above
    """Return the statements of the newest rows and of the number of all."""
    newest = _selected(table, columns, *conditions).order_by(order.desc(), col(table.id).desc()).limit(LIMIT)
    count = select(func.count()).select_from(_selected(table, [table.id], *conditions).subquery())
    return CompiledStatement(newest), CompiledStatement(count)


IS_SHOWN = or_(col(Interview.status).not_in(NOT_HELD), col(Interview.changed_at) >= RECENT)
MEETINGS = _limited(
    Interview, MEETING, col(Interview.effective_end_at), col(Interview.effective_end_at) >= SINCE, IS_SHOWN
)
IS_OPEN = and_(col(StepInstance.closed_state).is_(None), col(StepInstance.due_at) >= SINCE)
OPEN = _limited(StepInstance, STEP, col(StepInstance.due_at), IS_OPEN, col(StepInstance.number) != SEARCH)
# Written out, because a parameter cannot choose a partial index.
IS_CLOSED = text("step_instance.closed_state IS NOT NULL AND step_instance.number <> 7")
CLOSED = _limited(
    StepInstance,
    STEP,
    col(StepInstance.changed_at),
    IS_CLOSED,
    col(StepInstance.changed_at) >= RECENT,
    col(StepInstance.due_at) >= SINCE,
)
FIRST_SEARCH = CompiledStatement(
    _selected(StepInstance, STEP, IS_OPEN, col(StepInstance.number) == SEARCH)
    .order_by(col(StepInstance.due_at), col(StepInstance.id))
    .limit(1)
)
WRITES = CompiledStatement(select_as_text(User.id, User.write_counter).where(col(User.id) == OWNER), owned=False)
ONE_MEETING = CompiledStatement(_selected(Interview, MEETING, col(Interview.id) == param("id", ID)))
ONE_STEP = CompiledStatement(_selected(StepInstance, STEP, col(StepInstance.id) == param("id", ID)))
STEPS_BY_ID = CompiledStatement(_selected(StepInstance, STEP, col(StepInstance.id).in_(IDS)))
MEETINGS_BY_ID = CompiledStatement(_selected(Interview, MEETING, col(Interview.id).in_(IDS)))
PEOPLE = CompiledStatement(
    select_as_text(
        InterviewInterviewer.interview_id,
        Contact.full_name,
        Contact.updated_at,
        Contact.deleted_at,
    )
    .join(Contact, col(Contact.id) == InterviewInterviewer.contact_id)
    .where(col(InterviewInterviewer.interview_id).in_(IDS))
    .order_by(col(Contact.full_name), col(Contact.id))
)


def load_entries(raw: RawConnection, look: Look, window: Window, app_url: str = "") -> Entries:
    """Load what a feed shows, at most 1,000 components: interviews, then open steps, then closed ones, newest first."""
    room, omitted, values = MAX_COMPONENTS, 0, window.values
    meetings: list[Row] = []
    if look.has_interviews:
        meetings, omitted = _newest(raw, MEETINGS, room, values)
        room -= len(meetings)
    size = look.has_events + look.has_todos
    rows: list[Row] = []
    search: list[Task] = []
    if size:
        if room >= size:
            search = _search(raw, values)
            room -= len(search) * size
        rows, beyond = _newest(raw, OPEN, room // size, values)
        room, omitted = room - len(rows) * size, omitted + beyond * size
    if look.has_todos:
        closed, beyond = _newest(raw, CLOSED, room, values)
        rows, omitted = [*rows, *closed], omitted + beyond
    tasks = [*search, *map(_task, rows)]
    return Entries(_with_people(raw, meetings, app_url), [_linked(task, app_url) for task in tasks], omitted)


def _newest(
    raw: RawConnection, statements: tuple[CompiledStatement, CompiledStatement], limit: int, values: dict[str, str]
) -> tuple[list[Row], int]:
    """Return at most so many rows, and how many more there are; they are counted only if there may be more."""
    newest, count = statements
    rows = raw.all(newest, limit=limit, **values) if limit else []
    if len(rows) < limit:
        return rows, 0
    counted = raw.first(count, **values)
    return rows, (counted[0] if counted else 0) - len(rows)


def _search(raw: RawConnection, values: dict[str, str]) -> list[Task]:
    """Return step 7 of the account as one entry, or none if no application has it open."""
    row, account = raw.first(FIRST_SEARCH, **values), raw.first(WRITES)
    if row is None or account is None:
        return []
    return [replace(_task(row), id=f"7-{raw.user_id}", application=None, sequence=account[1])]


def meetings_of(raw: RawConnection, ids: Collection[str], app_url: str = "") -> list[Meeting]:
    """Return interviews by their ids."""
    return _with_people(raw, raw.all(MEETINGS_BY_ID, ids=list(ids)), app_url)


def tasks_of(raw: RawConnection, ids: Collection[str], app_url: str = "") -> list[Task]:
    """Return steps by their ids, by deadline. Each is an entry of its own, also step 7."""
    found = [_linked(_task(row), app_url) for row in raw.all(STEPS_BY_ID, ids=list(ids))]
    return sorted(found, key=lambda task: (task.due_at, task.id))


def one_meeting(raw: RawConnection, id_: str, app_url: str = "") -> Meeting:
    """Return one interview. Raises NotFoundError."""
    row = raw.first(ONE_MEETING, id=to_db_id(id_.lower())) if is_id(id_) else None
    if row is None:
        raise NotFoundError
    return _with_people(raw, [row], app_url)[0]


def one_task(raw: RawConnection, id_: str, app_url: str = "") -> Task:
    """Return one step. Raises NotFoundError."""
    row = raw.first(ONE_STEP, id=to_db_id(id_.lower())) if is_id(id_) else None
    if row is None:
        raise NotFoundError
    return _linked(_task(row), app_url)


def _with_people(raw: RawConnection, rows: Sequence[Row], app_url: str) -> list[Meeting]:
    """Return rows of interviews with the names of their interviewers.

    A contact that was deleted is not named, but the interview counts as changed then.
    """
    names: dict[str, list[str]] = {}
    changes: dict[str, datetime] = {}
    for interview_id, name, updated_at, deleted_at in raw.all(PEOPLE, ids=[from_db_id(row[0]) for row in rows]):
        at = from_db_instant(updated_at)
        changes[interview_id] = max(at, changes.get(interview_id, at))
        if deleted_at is None and name is not None:
            names.setdefault(interview_id, []).append(name)
    return [_meeting(row, names.get(row[0], ()), changes.get(row[0]), app_url) for row in rows]


def _meeting(row: Row, names: Sequence[str], people_changed_at: datetime | None, app_url: str) -> Meeting:
    id_, application_id, round_no, kind, start, end, zone, status, location, link, created_at, changed_at, sequence = (
        row[:-3]
    )
    company, role, updated_at = row[-3:]
    changes = [from_db_instant(changed_at), from_db_instant(updated_at), *filter(None, [people_changed_at])]
    return Meeting(
        from_db_id(id_),
        from_db_id(application_id),
        Employer(company, role),
        round_no,
        kind,
        from_db_instant(start),
        from_db_instant(end),
        zone,
        is_cancelled=status in NOT_HELD,
        location=location,
        link=link,
        interviewers=names,
        created_at=from_db_instant(created_at),
        changed_at=max(changes),
        sequence=sequence,
        url=app_link(app_url, "interview", from_db_id(id_)),
    )


def _task(row: Row) -> Task:
    stored = StoredStep._make(row[: len(COLUMNS)])
    changed_at, sequence, company, role, updated_at = row[len(COLUMNS) :]
    record = record_from_row(stored)
    data = record.detail.get("data", {})
    times = (data.get("started_at"), data.get("ended_at"), data.get("zone"))
    return Task(
        from_db_id(stored.id),
        record.number,
        record.scope,
        Employer(company, role),
        from_db_instant(stored.opens_at),
        from_db_instant(stored.due_at),
        record.detail["zone"],
        record.detail["basis"],
        record.closed_state,
        from_db_instant_or_none(stored.completed_at),
        total=record.detail.get("total", 0),
        missing=len(record.missing),
        interview=(datetime.fromisoformat(times[0]), datetime.fromisoformat(times[1]), times[2])
        if all(times)
        else None,
        changed_at=max(from_db_instant(changed_at), from_db_instant(updated_at)),
        sequence=sequence,
    )


def _linked(task: Task, app_url: str) -> Task:
    """Return a step with the address of its page in the frontend; the one of the whole search has none."""
    return task if task.application is None else replace(task, url=app_link(app_url, "step", task.id))
