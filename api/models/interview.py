"""Interviews (rounds): times, interviewers, what was learned about the next stage, and the debrief."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import MISSING, BaseModel, ConfigDict, Field
from sqlalchemy import DateTime, Index, text
from sqlmodel import Field as Column

from api.models.base import (
    WHOLE,
    AnyId,
    Body,
    Flag,
    Id,
    Instant,
    Line,
    Link,
    Shown,
    Stored,
    Text,
    Versioned,
    WallTime,
    WallTimeOut,
    Zone,
    id_column,
    json_column,
    points_at,
)
from api.models.contact import ContactFields
from api.models.hint import HintPublic
from api.models.moment import MomentIO, MomentOut, moment_column
from api.models.step import QueueApplication
from api.rules.facts import Moment
from api.storage.session import Owned

ROUNDS = text("round_no > 0")  # all: only a statement that names it reads the index across applications
INVITED = text("calendar_uid IS NOT NULL")


class InterviewKind(StrEnum):
    """The kind of an interview."""

    PHONE = "phone"
    VIDEO = "video"
    ONSITE = "onsite"
    PANEL = "panel"
    ASSESSMENT = "assessment"
    INFORMAL = "informal"


class InterviewStatus(StrEnum):
    """The status of an interview. A scheduled one counts as held after its end."""

    SCHEDULED = "scheduled"
    HELD = "held"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


class Interview(Stored, table=True):
    """An interview, stored as local times with zone and fold; its instants are derived from them.

    `calendar_uid` and `calendar_sequence`: of the invitation from which it was imported.

    `changed_seq` is the account's write counter when the row, its stored end or its interviewers changed last,
    `changed_at` the instant: for calendars, also where the version stays.
    """

    __tablename__ = "interview"
    __table_args__ = (
        points_at("application", "application_id"),
        points_at("contact", "told_by", cascade=False),
        Index("ix_interview_start", "user_id", "application_id", "starts_at", "id"),
        Index("ix_interview_by_start", "user_id", "starts_at", "id", sqlite_where=ROUNDS, postgresql_where=ROUNDS),
        Index("ix_interview_end", "user_id", "effective_end_at", "id"),
        Index("ix_interview_calendar_uid", "user_id", "calendar_uid", sqlite_where=INVITED, postgresql_where=INVITED),
        Index("ix_interview_told_by", "user_id", "told_by"),
    )

    application_id: str = id_column()
    round_no: int
    kind: str = Column(max_length=16)
    start_local: datetime = Column(sa_type=DateTime)
    start_fold: int = 0
    end_local: datetime | None = Column(default=None, sa_type=DateTime)
    end_fold: int | None = None
    time_zone: str = Column(max_length=64)
    starts_at: datetime
    ends_at: datetime | None = None
    actual_end: datetime | None = None
    effective_end_at: datetime
    status: str = Column(max_length=16)
    cancelled_at: datetime | None = None
    cancelled_by: str | None = Column(default=None, max_length=200)
    location: str | None = Column(default=None, max_length=200)
    link: str | None = Column(default=None, max_length=2_000)
    rescheduled_from: list[dict[str, str | bool | None]] = json_column(list)
    next_stage: str | None = None
    next_stage_unknown: bool = False
    stage_learned_at: datetime | None = None
    contact_from: Moment | None = moment_column()
    contact_by: Moment | None = moment_column()
    hear_by: Moment | None = moment_column()
    timing_unknown: bool = False
    timing_learned_at: datetime | None = None
    told_by: str | None = id_column(nullable=True)
    no_positives_at: datetime | None = None
    no_concerns_at: datetime | None = None
    changed_seq: int = 0
    changed_at: datetime
    calendar_uid: str | None = Column(default=None, max_length=1_000)
    calendar_sequence: int | None = None


RoundNo = Annotated[int, Field(strict=True, ge=1, le=1_000), WHOLE]


ActualEnd = Annotated[Instant | None, Field(description="When it actually ended.")]
NextStage = Annotated[Text | None, Field(description="The next stage of hiring.")]
NextStageUnknown = Annotated[Flag, Field(description="They did not want to say.")]
# Requests have a MomentIO and responses a MomentOut, with the same description.
CONTACT_FROM = Field(description="From when you may call them.")
CONTACT_BY = Field(description="Until when you may call them.")
HEAR_BY = Field(description="By when they said that they would contact you.")
TimingUnknown = Annotated[Flag, Field(description="They did not want to say when.")]
ToldBy = Annotated[AnyId | None, Field(description="The contact who told you.")]
NoPositivesAt = Annotated[
    Instant | None, Field(description="When you ticked that nothing went well enough to repeat it in the letter.")
]
NoConcernsAt = Annotated[
    Instant | None, Field(description="When you ticked that there is nothing that needs a better answer.")
]


NotAskedFor = Annotated[Flag, Field(description="Steps 2 and 4 do not require this person.")]


class DebriefPerson(ContactFields):
    """An interviewer: an existing contact (`contact_id`), changed by the other fields, or a new contact."""

    contact_id: AnyId | None = None
    optional: NotAskedFor = False
    is_status_contact: Annotated[Flag, Field(description="This is the person to ask about the application.")] = False


class InterviewCreate(Body):
    """An interview: times (either local times or instants), what you learned about the next stage, and the debrief."""

    round_no: Annotated[RoundNo | None, Field(description="Default: the next number.")] = None
    kind: InterviewKind = InterviewKind.ONSITE
    time_zone: Annotated[
        Zone | None, Field(description="The zone of the interview's local times. Default: the employer's.")
    ] = None
    start_local: Annotated[WallTime | None, Field(description="Local time in time_zone; or send starts_at.")] = None
    end_local: WallTime | None = None
    starts_at: Annotated[Instant | None, Field(description="The start as an instant; or send start_local.")] = None
    ends_at: Instant | None = None
    actual_end: ActualEnd = None
    status: InterviewStatus = InterviewStatus.SCHEDULED
    cancelled_at: Instant | None = None
    cancelled_by: Line | None = None
    location: Line | None = None
    link: Link | None = None
    next_stage: NextStage = None
    next_stage_unknown: NextStageUnknown = False
    stage_learned_at: Instant | None = None
    contact_from: Annotated[MomentIO | None, CONTACT_FROM] = None
    contact_by: Annotated[MomentIO | None, CONTACT_BY] = None
    hear_by: Annotated[MomentIO | None, HEAR_BY] = None
    timing_unknown: TimingUnknown = False
    timing_learned_at: Instant | None = None
    told_by: ToldBy = None
    no_positives_at: NoPositivesAt = None
    no_concerns_at: NoConcernsAt = None
    people: Annotated[
        list[DebriefPerson],
        Field(
            default_factory=list, max_length=20, description="The interviewers. They need the scope `contacts:write`."
        ),
    ]
    id: Id | None = None


class InterviewUpdate(Body):
    """A merge patch: an absent field stays as it is, null clears it. An interview: times, next stage, debrief."""

    round_no: RoundNo | MISSING = MISSING
    kind: InterviewKind | MISSING = MISSING
    time_zone: Zone | MISSING = MISSING
    start_local: WallTime | MISSING = MISSING
    end_local: WallTime | MISSING | None = MISSING
    starts_at: Instant | MISSING = MISSING
    ends_at: Instant | MISSING | None = MISSING
    actual_end: ActualEnd | MISSING = MISSING
    status: InterviewStatus | MISSING = MISSING
    cancelled_at: Instant | MISSING | None = MISSING
    cancelled_by: Line | MISSING | None = MISSING
    location: Line | MISSING | None = MISSING
    link: Link | MISSING | None = MISSING
    next_stage: NextStage | MISSING = MISSING
    next_stage_unknown: NextStageUnknown | MISSING = MISSING
    stage_learned_at: Instant | MISSING | None = MISSING
    contact_from: Annotated[MomentIO | MISSING | None, CONTACT_FROM] = MISSING
    contact_by: Annotated[MomentIO | MISSING | None, CONTACT_BY] = MISSING
    hear_by: Annotated[MomentIO | MISSING | None, HEAR_BY] = MISSING
    timing_unknown: TimingUnknown | MISSING = MISSING
    timing_learned_at: Instant | MISSING | None = MISSING
    told_by: ToldBy | MISSING = MISSING
    no_positives_at: NoPositivesAt | MISSING = MISSING
    no_concerns_at: NoConcernsAt | MISSING = MISSING


class Rescheduled(BaseModel):
    """The times of an interview before it was moved."""

    start_local: str
    end_local: str | None
    time_zone: str
    moved_at: datetime
    end_moved_too: Annotated[
        bool, Field(description="Only a new start was sent: the end moved with it, so the length stayed the same.")
    ]


class InterviewPublic(Shown):
    """An interview: times as local times and as instants, what you learned about the next stage, and the debrief."""

    derived: ClassVar[tuple[str, ...]] = ("effective_end_at", "warnings")

    application_id: str
    round_no: int
    kind: InterviewKind
    time_zone: str
    start_local: WallTimeOut
    start_fold: int
    end_local: WallTimeOut | None
    end_fold: int | None
    starts_at: datetime
    ends_at: Instant | None
    actual_end: ActualEnd
    effective_end_at: datetime
    status: InterviewStatus
    cancelled_at: Instant | None
    cancelled_by: Line | None
    location: Line | None
    link: Link | None
    rescheduled_from: list[Rescheduled]
    next_stage: NextStage
    next_stage_unknown: NextStageUnknown
    stage_learned_at: Instant | None
    contact_from: Annotated[MomentOut | None, CONTACT_FROM]
    contact_by: Annotated[MomentOut | None, CONTACT_BY]
    hear_by: Annotated[MomentOut | None, HEAR_BY]
    timing_unknown: TimingUnknown
    timing_learned_at: Instant | None
    told_by: ToldBy
    no_positives_at: NoPositivesAt
    no_concerns_at: NoConcernsAt
    warnings: list[HintPublic]


class ListedInterview(InterviewPublic):
    """An interview in a list across applications, with its application."""

    application: QueueApplication


class InterviewInterviewer(Owned, Versioned, table=True):
    """A contact who took part in an interview. Steps 2 and 4 do not require an optional one."""

    __tablename__ = "interview_interviewer"
    __table_args__ = (
        points_at("interview", "interview_id"),
        points_at("contact", "contact_id"),
        Index("ix_interview_interviewer_contact", "user_id", "contact_id"),
    )

    interview_id: str = id_column(primary_key=True)
    contact_id: str = id_column(primary_key=True)
    optional: bool = False


class InterviewerPut(Body):
    """The link of a contact to an interview."""

    optional: NotAskedFor = False


class InterviewerPublic(BaseModel):
    """A contact who took part in an interview. Without `contacts:read`, some fields are null."""

    model_config = ConfigDict(from_attributes=True)
    identity: ClassVar[frozenset[str]] = frozenset({"interview_id", "contact_id", "optional", "full_name", "etag"})

    interview_id: str
    contact_id: str
    optional: bool
    full_name: str | None
    job_title: str | None
    details_complete_since: datetime | None
    etag: str
