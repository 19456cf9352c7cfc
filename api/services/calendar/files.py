"""Interviews, steps and contacts as files: one object, or all of a list in chunks of bounded size."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from itertools import islice
from typing import Any

from sqlmodel import col

from api.errors import NotFoundError
from api.models import Application, Contact, Interview
from api.services.calendar.entries import meetings_of, one_meeting, one_task, tasks_of
from api.services.steps import queue
from api.services.steps.queue import QueueFilter
from api.storage.codecs import from_db_id, from_db_instant, to_db_id
from api.storage.raw_sql import ID, CompiledStatement, RawConnection, Row, param, select_as_text
from api.storage.session import OwnedSession
from api.words.calendar_entries import Look
from api.words.calendar_file import (
    CalendarName,
    calendar_bytes,
    calendar_chunks,
    meeting_event,
    task_components,
    task_event,
)
from api.words.vcard import Person, VcardVersion, vcard

AT_ONCE = 500
NAME = CalendarName("Afterword")
PERSON = tuple(field.name for field in fields(Person))
AFTER, LIMIT = param("after", ID), param("limit")
CONTACTS = CompiledStatement(
    select_as_text(*(getattr(Contact, name) for name in PERSON))
    .where(col(Contact.id) > AFTER, col(Contact.deleted_at).is_(None), col(Contact.erased_at).is_(None))
    .order_by(col(Contact.id))
    .limit(LIMIT)
)
INTERVIEWS = CompiledStatement(
    select_as_text(Interview.id)
    .join(Application, col(Application.id) == Interview.application_id)
    .where(col(Interview.id) > AFTER, col(Application.deleted_at).is_(None))
    .order_by(col(Interview.id))
    .limit(LIMIT)
)
FIRST = "00000000-0000-0000-0000-000000000000"


def interview_file(session: OwnedSession, interview_id: str, app_url: str = "") -> bytes:
    """Return a calendar with one interview. Raises NotFoundError."""
    look = Look()
    meeting = one_meeting(RawConnection.of(session), interview_id, app_url)
    return calendar_bytes(NAME, [meeting_event(meeting, look)])


def step_file(session: OwnedSession, step_id: str, app_url: str = "") -> bytes:
    """Return a calendar with one step: an event while it is open, a to-do once it is closed. Raises NotFoundError."""
    task = one_task(RawConnection.of(session), step_id, app_url)
    look = Look() if task.closed_state is None else Look(has_events=False, has_todos=True)
    return calendar_bytes(NAME, task_components(task, look))


def contact_file(contact: Contact, version: VcardVersion) -> bytes:
    """Return the card of a contact. Raises NotFoundError for an erased one."""
    if contact.erased_at is not None:
        raise NotFoundError
    return vcard(Person(*(getattr(contact, name) for name in PERSON)), version)


def interviews_file(session: OwnedSession, app_url: str = "") -> Iterator[bytes]:
    """Yield a calendar with all interviews of the account."""
    raw, look = RawConnection.of(session), Look()
    batches = (meetings_of(raw, [from_db_id(row[0]) for row in rows], app_url) for rows in _batches(raw, INTERVIEWS))
    yield from calendar_chunks(NAME, (meeting_event(one, look) for batch in batches for one in batch))


def queue_file(
    session: OwnedSession, *, only: QueueFilter, sort: str, now: datetime, app_url: str = ""
) -> Iterator[bytes]:
    """Yield a calendar with an event for each step of the queue at an instant."""
    raw, look = RawConnection.of(session), Look()
    ids = queue.stream_ids(raw, only, sort=sort, now=now)
    batches = (tasks_of(raw, some, app_url) for some in iter(lambda: list(islice(ids, AT_ONCE)), []))
    yield from calendar_chunks(NAME, (task_event(task, look) for batch in batches for task in batch))


def contacts_file(session: OwnedSession, version: VcardVersion = "3.0") -> Iterator[bytes]:
    """Yield the cards of all contacts, without those that were deleted or erased."""
    for rows in _batches(RawConnection.of(session), CONTACTS):
        yield from (vcard(_person(row), version) for row in rows)


def _person(row: Row) -> Person:
    values: dict[str, Any] = dict(zip(PERSON, row, strict=True))
    return Person(**{**values, "id": from_db_id(row[0]), "updated_at": from_db_instant(row[-1])})


def _batches(raw: RawConnection, statement: CompiledStatement) -> Iterator[list[Row]]:
    """Yield the rows of a statement in the order of their ids, which are the first column."""
    after = to_db_id(FIRST)
    while rows := raw.all(statement, after=after, limit=AT_ONCE):
        yield rows
        after = to_db_id(from_db_id(rows[-1][0]))
