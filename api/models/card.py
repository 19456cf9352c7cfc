"""Cards: what to ask at the end of an interview, and what to say in the call."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import BaseModel

from api.models.follow_up import FollowUpChannel, Outcome
from api.models.hint import RecordLink


class UnknownDetails(BaseModel):
    """The details of an interviewer that are still missing."""

    contact_id: str
    name: str | None
    missing: list[Literal["full_name", "job_title", "reach"]]


class PrepCard(BaseModel):
    """The card for an interview: when and where, the questions to ask at the end, and what to find out about people."""

    interview_id: str
    application_id: str
    company: str
    role: str
    starts_at: datetime
    time_zone: str
    place: str | None
    questions: list[str]
    people: list[UnknownDetails]
    is_anybody_known: bool


class CallPerson(BaseModel):
    """The person to call. Without `contacts:read`, title, phone number and e-mail address are null."""

    identity: ClassVar[frozenset[str]] = frozenset({"contact_id", "name"})

    contact_id: str
    name: str | None
    title: str | None
    phone: str | None
    email: str | None


class CallHours(BaseModel):
    """The employer's local time at `as_of`, their office hours, and whether the office is open then."""

    as_of: datetime
    local_time: str
    time_zone: str
    opens: str
    closes: str
    is_open: bool


class CallPoint(BaseModel):
    """A point to mention, and the id of the note that it comes from."""

    text: str
    note_id: str


class CallOutcome(BaseModel):
    """A possible outcome of the call, to record it."""

    outcome: Outcome
    channel: FollowUpChannel
    text: str


class CallCard(BaseModel):
    """The card for a call: the person, office hours, what to say and ask, what was promised, and how to record it."""

    application_id: str
    company: str
    role: str
    whom: CallPerson | None
    hours: CallHours
    opening: str
    points: list[CallPoint]
    question: str
    promised: list[str]
    outcomes: list[CallOutcome]
    record: RecordLink
