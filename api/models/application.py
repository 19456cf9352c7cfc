"""Applications: a role at a company, and all that follows from its interviews."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError
from sqlalchemy import Index
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
    MomentIO,
    Stored,
    Text,
    Url,
    Zone,
    id_column,
    json_column,
    merge_patch,
    moment_column,
    owned_by_user,
    points_at,
    shown,
)
from api.models.policy import PolicyOverrides, PolicyOverridesPublic
from api.rules.facts import Moment


class Stage(StrEnum):
    """Where an application stands; the last five end it."""

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
    """What the salary is counted by."""

    YEAR = "year"
    MONTH = "month"
    WEEK = "week"
    DAY = "day"
    HOUR = "hour"


class Application(Stored, table=True):
    """An application. Stage, offer and ending are derived from its stage history and kept for lists."""

    __tablename__ = "application"
    __table_args__ = (
        owned_by_user(),
        points_at("contact", "status_contact_id", cascade=False),
        Index("ix_application_created", "user_id", "created_at", "id"),
        Index("ix_application_updated", "user_id", "updated_at", "id"),
        Index("ix_application_company", "user_id", "company_key", "id"),
        Index("ix_application_status_contact", "user_id", "status_contact_id"),
    )

    company: str = Column(max_length=200)
    company_key: str = Column(max_length=600)
    role: str = Column(max_length=200)
    source: str | None = Column(default=None, max_length=200)
    posting_url: str | None = Column(default=None, max_length=2_000)
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


class ApplicationFields(Body):
    """A role at a company, in the employer's time zone."""

    company: Line
    role: Line
    source: Line | None = None
    posting_url: Url | None = None
    posting_text: Annotated[Text | None, Field(description="Postings vanish; a reference's briefing needs it.")] = None
    why_role: Annotated[Text | None, Field(description="Why this job, in your own words: letters say it.")] = None
    why_company: Annotated[Text | None, Field(description="Why this company, in your own words.")] = None
    location: Line | None = None
    work_mode: WorkMode | None = None
    salary_min: Amount | None = None
    salary_max: Amount | None = None
    salary_currency: Currency | None = None
    salary_period: SalaryPeriod | None = None
    applied_on: Annotated[Day | None, Field(description="On creation also writes a search activity.")] = None
    time_zone: Annotated[
        Zone | None, Field(description="The employer's zone: business days and calls. Default: the user's.")
    ] = None
    status_contact_id: Annotated[AnyId | None, Field(description="Whom to ask about the application.")] = None
    status_contact_since: Instant | None = None
    references_given_at: Annotated[Instant | None, Field(description="When the names were handed over.")] = None
    reference_check: Annotated[MomentIO | None, Field(description="When they said they would ring.")] = None
    references_not_needed_at: Instant | None = None
    archived_at: Annotated[Instant | None, Field(description="Only of a closed application; for lists only.")] = None


class ApplicationCreate(ApplicationFields):
    """A role at a company; its first stage is the first line of the stage history."""

    id: Id | None = None
    stage: Stage = Stage.APPLIED
    stage_at: Annotated[Instant | None, Field(description="Default: applied_on, else undated.")] = None
    policy: PolicyOverrides | None = None


def _told_at_the_stages(_value: object) -> object:
    detail = "It follows from the stage history: change that at /v1/applications/{application_id}/stages."
    raise PydanticCustomError("read_only", detail)


Derived = Annotated[object, BeforeValidator(_told_at_the_stages), SkipJsonSchema()]
ApplicationUpdate = merge_patch(
    ApplicationFields,
    "ApplicationUpdate",
    without=["time_zone"],
    also={
        "time_zone": Zone,
        "policy": PolicyOverrides | None,
        **dict.fromkeys(("stage", "offered_at", "closed_at", "closed_outcome"), Derived),
    },
)
ApplicationPublic = shown(
    ApplicationFields,
    "ApplicationPublic",
    without=["time_zone"],
    time_zone=str,
    policy=PolicyOverridesPublic,
    stage=Stage,
    offered_at=datetime | None,
    closed_at=datetime | None,
    closed_outcome=Stage | None,
)


class StageChange(Stored, table=True):
    """A line of the stage history, ordered by (dated, at, id): an undated first line sorts first."""

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


class StageFields(Body):
    """A line of the stage history: since when the application stands where."""

    stage: Stage
    at: Annotated[Instant | None, Field(description="Default: now.")] = None
    note: Text | None = None


class StageCreate(StageFields):
    """A line of the stage history: since when the application stands where."""

    id: Id | None = None


StageUpdate = merge_patch(StageFields, "StageUpdate", without=["at"], also={"at": Instant})
StagePublic = shown(StageFields, "StagePublic", without=["at"], application_id=str, at=datetime, dated=bool)
