"""Cards: what to ask before one leaves an interview, and what to say when one rings."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import BaseModel

from api.models.follow_up import FollowUpChannel, Outcome
from api.models.hint import HintPublic


class UnknownDetails(BaseModel):
    """What is not known of an interviewer yet."""

    contact_id: str
    name: str | None
    missing: list[Literal["full_name", "job_title", "reach"]]


class PrepCard(BaseModel):
    """For before an interview: when and where, the closing questions still open, and what to find out about people."""

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
    """Whom to ring. Without `contacts:read`, title, phone number and e-mail address are null."""

    identity: ClassVar[frozenset[str]] = frozenset({"contact_id", "name"})

    contact_id: str
    name: str | None
    title: str | None
    phone: str | None
    email: str | None


class CallHours(BaseModel):
    """Where the employer's clock stands at `as_of`, and whether they are at work."""

    as_of: datetime
    local_time: str
    time_zone: str
    opens: str
    closes: str
    is_open: bool


class CallPoint(BaseModel):
    """One thing worth saying, with the note that it rests on."""

    text: str
    note_id: str


class CallOutcome(BaseModel):
    """A choice for the form to record the call with."""

    outcome: Outcome
    channel: FollowUpChannel
    text: str


class CallCard(BaseModel):
    """For the call: whom, when they are there, what to say and to ask, what was promised, and how to note it down."""

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
    record: HintPublic
