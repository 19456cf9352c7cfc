"""Applications (for a role at a company), and their stage history."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import MISSING, BaseModel, BeforeValidator, Field
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError
from sqlalchemy import Index, text
from sqlmodel import Field as Column

from api.models.base import (
    Amount,
    AnyId,
    Body,
    Currency,
    Day,
    Id,
    Instant,
    Line,
    Shown,
    Stored,
    Text,
    Url,
    Zone,
    id_column,
    json_column,
    owned_by_user,
    points_at,
)
from api.models.moment import MomentIO, MomentOut, moment_column
from api.models.policy import PolicyOverrides, PolicyOverridesPublic
from api.rules.facts import Moment


class Stage(StrEnum):
    """The stage of an application. The last five values close it."""

    SAVED = "saved"
    APPLIED = "applied"
    INTERVIEWING = "interviewing"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    NO_RESPONSE = "no_response"


class WorkMode(StrEnum):
    """Where the work is done."""

    ONSITE = "onsite"
    HYBRID = "hybrid"
    REMOTE = "remote"


class SalaryPeriod(StrEnum):
    """The period of a salary."""

    YEAR = "year"
    MONTH = "month"
    WEEK = "week"
    DAY = "day"
    HOUR = "hour"


KEY_LENGTH = 600  # a folded name can be longer, but PostgreSQL indexes only short texts
LIVE = text("closed_at IS NULL AND deleted_at IS NULL")
POSTED = text("posting_key IS NOT NULL")
ACCEPTED = text("closed_outcome = 'accepted' AND archived_at IS NULL AND deleted_at IS NULL")


class Application(Stored, table=True):
    """An application. Stage, offer and end are derived from its stage history, and stored for lists.

    `company_key` is the folded company: lists are sorted and filtered by it. `posting_key` is the form of `posting_url`
    by which a second application for the same posting is found.
    """

    __tablename__ = "application"
    __table_args__ = (
        owned_by_user(),
        points_at("contact", "status_contact_id", cascade=False),
        Index("ix_application_created", "user_id", "created_at", "id"),
        Index("ix_application_updated", "user_id", "updated_at", "id"),
        Index("ix_application_company", "user_id", "company_key", "id"),
        Index("ix_application_posting", "user_id", "posting_key", sqlite_where=POSTED, postgresql_where=POSTED),
        Index("ix_application_status_contact", "user_id", "status_contact_id"),
        Index("ix_application_accepted", "user_id", "closed_at", sqlite_where=ACCEPTED, postgresql_where=ACCEPTED),
        Index("ix_application_stage", "user_id", "deleted_at", "stage", "archived_at"),
        Index("ix_application_live", "user_id", "closed_at", "deleted_at", sqlite_where=LIVE, postgresql_where=LIVE),
    )

    company: str = Column(max_length=200)
    company_key: str = Column(max_length=KEY_LENGTH)
    role: str = Column(max_length=200)
    source: str | None = Column(default=None, max_length=200)
    posting_url: str | None = Column(default=None, max_length=2_000)
    posting_key: str | None = Column(default=None, max_length=KEY_LENGTH)
    posting_text: str | None = None
    why_role: str | None = None
    why_company: str | None = None
    location: str | None = Column(default=None, max_length=200)
    work_mode: str | None = Column(default=None, max_length=16)
    salary_min: float | None = None
    salary_max: float | None = None
    salary_currency: str | None = Column(default=None, max_length=3)
    salary_period: str | None = Column(default=None, max_length=16)
    applied_on: date | None = None
    time_zone: str = Column(max_length=64)
    status_contact_id: str | None = id_column(nullable=True)
    status_contact_since: datetime | None = None
    references_given_at: datetime | None = None
    reference_check: Moment | None = moment_column()
    references_not_needed_at: datetime | None = None
    policy: dict[str, object] = json_column(dict)
    archived_at: datetime | None = None
    stage: str = Column(max_length=16)
    offered_at: datetime | None = None
    closed_at: datetime | None = None
    closed_outcome: str | None = Column(default=None, max_length=16)
    deleted_at: datetime | None = None


PostingText = Annotated[
    Text | None,
    Field(description="The text of the posting, because its page may be removed; briefings of references use it."),
]
WhyRole = Annotated[Text | None, Field(description="Why you want this job, in your own words; letters use it.")]
WhyCompany = Annotated[
    Text | None, Field(description="Why you want to work for this company, in your own words; letters use it.")
]
AppliedOn = Annotated[Day | None, Field(description="When you applied. On creation it also records a search activity.")]
StatusContactId = Annotated[AnyId | None, Field(description="The contact to ask about the status of the application.")]
ReferencesGivenAt = Annotated[
    Instant | None, Field(description="When you gave the names of your references to the employer.")
]
# Requests have a MomentIO and responses a MomentOut, with the same description.
REFERENCE_CHECK = Field(description="When the employer said that they would call your references.")
ArchivedAt = Annotated[Instant | None, Field(description="Only for a closed application; only lists use it.")]


class ApplicationCreate(Body):
    """An application for a role at a company; `stage` becomes the first entry of the stage history."""

    company: Line
    role: Line
    source: Line | None = None
    posting_url: Url | None = None
    posting_text: PostingText = None
    why_role: WhyRole = None
    why_company: WhyCompany = None
    location: Line | None = None
    work_mode: WorkMode | None = None
    salary_min: Amount | None = None
    salary_max: Amount | None = None
    salary_currency: Currency | None = None
    salary_period: SalaryPeriod | None = None
    applied_on: AppliedOn = None
    time_zone: Annotated[
        Zone | None, Field(description="The employer's zone, for business days and calls. Default: yours.")
    ] = None
    status_contact_id: StatusContactId = None
    status_contact_since: Instant | None = None
    references_given_at: ReferencesGivenAt = None
    reference_check: Annotated[MomentIO | None, REFERENCE_CHECK] = None
    references_not_needed_at: Instant | None = None
    archived_at: ArchivedAt = None
    id: Id | None = None
    stage: Stage = Stage.APPLIED
    stage_at: Annotated[Instant | None, Field(description="Default: applied_on, else no date.")] = None
    policy: PolicyOverrides | None = None


def _told_at_the_stages(_value: object) -> object:
    detail = "It is derived from the stage history: change that at /v1/applications/{application_id}/stages."
    raise PydanticCustomError("read_only", detail)


Derived = Annotated[object, BeforeValidator(_told_at_the_stages), SkipJsonSchema()]


class ApplicationUpdate(Body):
    """A merge patch: an absent field stays as it is, null clears it. An application for a role at a company."""

    company: Line | MISSING = MISSING
    role: Line | MISSING = MISSING
    source: Line | MISSING | None = MISSING
    posting_url: Url | MISSING | None = MISSING
    posting_text: PostingText | MISSING = MISSING
    why_role: WhyRole | MISSING = MISSING
    why_company: WhyCompany | MISSING = MISSING
    location: Line | MISSING | None = MISSING
    work_mode: WorkMode | MISSING | None = MISSING
    salary_min: Amount | MISSING | None = MISSING
    salary_max: Amount | MISSING | None = MISSING
    salary_currency: Currency | MISSING | None = MISSING
    salary_period: SalaryPeriod | MISSING | None = MISSING
    applied_on: AppliedOn | MISSING = MISSING
    time_zone: Zone | MISSING = MISSING
    status_contact_id: StatusContactId | MISSING = MISSING
    status_contact_since: Instant | MISSING | None = MISSING
    references_given_at: ReferencesGivenAt | MISSING = MISSING
    reference_check: Annotated[MomentIO | MISSING | None, REFERENCE_CHECK] = MISSING
    references_not_needed_at: Instant | MISSING | None = MISSING
    archived_at: ArchivedAt | MISSING = MISSING
    policy: PolicyOverrides | MISSING | None = MISSING
    stage: Derived | MISSING = MISSING
    offered_at: Derived | MISSING = MISSING
    closed_at: Derived | MISSING = MISSING
    closed_outcome: Derived | MISSING = MISSING


class ApplicationPublic(Shown):
    """An application for a role at a company, in the employer's time zone."""

    company: str
    role: str
    source: Line | None
    posting_url: Url | None
    posting_text: PostingText
    why_role: WhyRole
    why_company: WhyCompany
    location: Line | None
    work_mode: WorkMode | None
    salary_min: Amount | None
    salary_max: Amount | None
    salary_currency: Currency | None
    salary_period: SalaryPeriod | None
    applied_on: AppliedOn
    time_zone: str
    status_contact_id: StatusContactId
    status_contact_since: Instant | None
    references_given_at: ReferencesGivenAt
    reference_check: Annotated[MomentOut | None, REFERENCE_CHECK]
    references_not_needed_at: Instant | None
    archived_at: ArchivedAt
    policy: PolicyOverridesPublic
    stage: Stage
    offered_at: datetime | None
    closed_at: datetime | None
    closed_outcome: Stage | None


class PossibleDuplicate(BaseModel):
    """An application that you have already, for the same posting, or for the same role at the same company."""

    id: str
    href: str


class RecordedApplication(ApplicationPublic):
    """An application that was recorded now. `possible_duplicate`: another one that may be the same."""

    possible_duplicate: PossibleDuplicate | None


class StageApplications(BaseModel):
    """The number of applications at a stage, and how many of them are archived."""

    stage: Stage
    applications: int
    archived: int


class ApplicationSummary(BaseModel):
    """The applications in numbers, without deleted ones; `total` is the sum of `live` and `closed`.

    `archived` are closed ones, too. `stages` has every stage in its order, also those without applications.
    """

    total: int
    live: int
    closed: int
    archived: int
    stages: list[StageApplications]


class StageChange(Stored, table=True):
    """An entry of the stage history, ordered by (dated, at, id): an undated first entry sorts first."""

    __tablename__ = "stage_change"
    __table_args__ = (
        points_at("application", "application_id"),
        Index("ix_stage_change_order", "user_id", "application_id", "dated", "at", "id"),
    )

    application_id: str = id_column()
    stage: str = Column(max_length=16)
    at: datetime
    dated: bool = True
    note: str | None = None


class StageCreate(Body):
    """An entry of the stage history: a stage, and since when the application is at it."""

    stage: Stage
    at: Annotated[Instant | None, Field(description="Default: now.")] = None
    note: Text | None = None
    id: Id | None = None


class StageUpdate(Body):
    """A merge patch: an absent field stays as it is, null clears it. An entry of the stage history."""

    stage: Stage | MISSING = MISSING
    at: Instant | MISSING = MISSING
    note: Text | MISSING | None = MISSING


class StagePublic(Shown):
    """An entry of the stage history: a stage, and since when the application is at it."""

    application_id: str
    stage: Stage
    at: datetime
    note: Text | None
    dated: bool
