"""What a calendar shows of an interview and of a step, and how it is to look."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Look:
    """What is shown of an entry. `alarm_minutes`: how long before it a reminder is due, if there are reminders."""

    is_full: bool = True
    has_interviews: bool = True
    has_events: bool = True
    has_todos: bool = False
    has_alarms: bool = False
    alarm_minutes: int = 60


@dataclass(frozen=True, slots=True)
class Employer:
    """The application to which an entry belongs."""

    company: str
    role: str


@dataclass(frozen=True, slots=True)
class Meeting:
    """An interview. `changed_at`: the last change of anything that is shown; `sequence` grows with every change."""

    id: str
    application_id: str
    application: Employer
    round_no: int
    kind: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    is_cancelled: bool
    location: str | None
    link: str | None
    interviewers: Sequence[str]
    created_at: datetime
    changed_at: datetime
    sequence: int
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A step. Without an `application`, it is step 7, one for all applications.

    `missing` of `total` parts are not there yet. `interview`: start, end and zone of its round.
    """

    id: str
    number: int
    scope: str
    application: Employer | None
    opens_at: datetime
    due_at: datetime
    zone: str
    basis: str
    closed_state: str | None
    completed_at: datetime | None
    total: int
    missing: int
    interview: tuple[datetime, datetime, str] | None
    changed_at: datetime
    sequence: int
    url: str | None = None
