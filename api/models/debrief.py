"""A debrief: everything that is known right after an interview, in one request."""

from typing import Annotated

from pydantic import BaseModel, Field

from api.models.base import AnyId, Body, Flag, Instant, MomentIO, Text
from api.models.contact import ContactFields, ContactPublic
from api.models.interview import InterviewPublic, NextStageUnknown, NotAskedFor, TimingUnknown
from api.models.note import NotePublic
from api.models.step import HeadlineStep


class DebriefPerson(ContactFields):
    """Somebody who was there: with `contact_id` one you have, and what you have learned since; else a new contact."""

    contact_id: AnyId | None = None
    optional: NotAskedFor = False
    is_status_contact: Annotated[Flag, Field(description="The one to ask about the application.")] = False


class DebriefNote(Body):
    """One thing worth noting; `wording` is how a letter may say it."""

    text: Text
    wording: Text | None = None


class Debrief(Body):
    """Who was there, what went well, what is open, and what comes next. Every part may be left out."""

    at: Annotated[Instant | None, Field(description="When all this was known. Default: now.")] = None
    actual_end: Annotated[Instant | None, Field(description="When the interview really ended.")] = None
    people: Annotated[list[DebriefPerson], Field(default_factory=list, max_length=20)]
    positives: Annotated[list[DebriefNote], Field(default_factory=list, max_length=50)]
    concerns: Annotated[list[DebriefNote], Field(default_factory=list, max_length=50)]
    remarks: Annotated[
        list[DebriefNote],
        Field(
            default_factory=list, max_length=50, description="What only this talk had: a letter begins with the first."
        ),
    ]
    no_positives: Annotated[Flag, Field(description="Nothing went so well as to repeat it.")] = False
    no_concerns: Annotated[Flag, Field(description="Nothing is left open.")] = False
    next_stage: Text | None = None
    next_stage_unknown: NextStageUnknown = False
    contact_from: MomentIO | None = None
    contact_by: MomentIO | None = None
    hear_by: MomentIO | None = None
    timing_unknown: TimingUnknown = False


class Debriefed(BaseModel):
    """What was recorded, and how the seven steps stand now."""

    interview: InterviewPublic
    contacts: list[ContactPublic]
    notes: list[NotePublic]
    headline: list[HeadlineStep]
