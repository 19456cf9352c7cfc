"""A debrief: what is known right after an interview, in one request."""

from typing import Annotated

from pydantic import BaseModel, Field

from api.models.base import Body, Flag, Instant, Text
from api.models.contact import ContactPublic
from api.models.interview import DebriefPerson, InterviewPublic, NextStageUnknown, TimingUnknown
from api.models.moment import MomentIO
from api.models.note import NotePublic
from api.models.step import HeadlineStep


class DebriefNote(Body):
    """A note. `wording` is how a letter can say it."""

    text: Text
    wording: Text | None = None


class Debrief(Body):
    """Who was there, what went well, what needs a better answer, and what comes next. Every field is optional."""

    at: Annotated[Instant | None, Field(description="When you knew all this. Default: now.")] = None
    actual_end: Annotated[Instant | None, Field(description="When the interview actually ended.")] = None
    people: Annotated[list[DebriefPerson], Field(default_factory=list, max_length=20)]
    positives: Annotated[list[DebriefNote], Field(default_factory=list, max_length=50)]
    concerns: Annotated[list[DebriefNote], Field(default_factory=list, max_length=50)]
    remarks: Annotated[
        list[DebriefNote],
        Field(
            default_factory=list,
            max_length=50,
            description="What was special about this conversation; a letter begins with the first.",
        ),
    ]
    no_positives: Annotated[Flag, Field(description="Nothing went well enough to repeat it in the letter.")] = False
    no_concerns: Annotated[Flag, Field(description="There is nothing that needs a better answer.")] = False
    next_stage: Text | None = None
    next_stage_unknown: NextStageUnknown = False
    contact_from: MomentIO | None = None
    contact_by: MomentIO | None = None
    hear_by: MomentIO | None = None
    timing_unknown: TimingUnknown = False


class Debriefed(BaseModel):
    """What was recorded, and the state of the seven steps now."""

    interview: InterviewPublic
    contacts: list[ContactPublic]
    notes: list[NotePublic]
    headline: list[HeadlineStep]
