"""References: the people, and what each was told about which application."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Index
from sqlmodel import Field as Column

from api.models.base import (
    Body,
    Email,
    Flag,
    Id,
    Instant,
    Line,
    Stored,
    Text,
    Versioned,
    id_column,
    merge_patch,
    owned_by_user,
    points_at,
    shown,
)
from api.models.hint import HintPublic
from api.storage.session import Owned

Consent = Literal["not_given", "given", "lapsed"]


class AlertChannel(StrEnum):
    """How a reference was told."""

    PHONE = "phone"
    EMAIL = "email"
    IN_PERSON = "in_person"
    MESSAGE = "message"


class Reference(Stored, table=True):
    """Somebody who speaks for the user, whatever the application."""

    __tablename__ = "reference_person"
    __table_args__ = (owned_by_user(), Index("ix_reference_person_created", "user_id", "created_at", "id"))

    name: str = Column(max_length=200)
    title: str | None = Column(default=None, max_length=200)
    company: str | None = Column(default=None, max_length=200)
    relation: str | None = Column(default=None, max_length=200)
    email: str | None = Column(default=None, max_length=254)
    phone: str | None = Column(default=None, max_length=200)
    best_times: str | None = Column(default=None, max_length=200)
    permission_at: datetime | None = None
    permission_expires_at: datetime | None = None
    last_asked_at: datetime | None = None


class ReferenceFields(Body):
    """Somebody who speaks for you."""

    name: Line
    title: Line | None = None
    company: Line | None = None
    relation: Line | None = None
    email: Email | None = None
    phone: Line | None = None
    best_times: Line | None = None
    permission_at: Annotated[Instant | None, Field(description="When they agreed to be named.")] = None
    permission_expires_at: Annotated[
        Instant | None,
        Field(description="From when you may not name them any more. Null: until they say otherwise. Goes with it."),
    ] = None
    last_asked_at: Instant | None = None


class ReferenceCreate(ReferenceFields):
    """Somebody who speaks for you."""

    id: Id | None = None


ReferenceUpdate = merge_patch(ReferenceFields, "ReferenceUpdate")
ReferencePublic = shown(
    ReferenceFields,
    "ReferencePublic",
    derived=["uses", "asked_within_60_days", "consent", "warnings"],
    uses=int,
    asked_within_60_days=int,
    consent=Consent,
    warnings=list[HintPublic],
)


class ApplicationReference(Owned, Versioned, table=True):
    """A reference named for an application."""

    __tablename__ = "application_reference"
    __table_args__ = (
        points_at("application", "application_id"),
        points_at("reference_person", "reference_id"),
        Index("ix_application_reference_reference", "user_id", "reference_id"),
    )

    application_id: str = id_column(primary_key=True)
    reference_id: str = id_column(primary_key=True)
    linked_at: datetime
    alerted_at: datetime | None = None
    alert_channel: str | None = Column(default=None, max_length=16)
    job_details_given: bool = False
    company_details_given: bool = False
    briefed_at: datetime | None = None
    briefing_text: str | None = None
    contacted_at: datetime | None = None
    outcome: str | None = None
    thanked_at: datetime | None = None


class ApplicationReferencePut(Body):
    """What this reference was told about this application, and whether the employer rang."""

    linked_at: Annotated[Instant | None, Field(description="When you named them. Default: now.")] = None
    alerted_at: Instant | None = None
    alert_channel: AlertChannel | None = None
    job_details_given: Flag = False
    company_details_given: Flag = False
    briefed_at: Annotated[Instant | None, Field(description="Counts only with both details given.")] = None
    briefing_text: Text | None = None
    contacted_at: Annotated[Instant | None, Field(description="When the employer rang them.")] = None
    outcome: Text | None = None
    thanked_at: Instant | None = None


ApplicationReferenceUpdate = merge_patch(
    ApplicationReferencePut, "ApplicationReferenceUpdate", without=["linked_at"], also={"linked_at": Instant}
)


class ApplicationReferencePublic(BaseModel):
    """What this reference was told about this application, and whether the employer rang."""

    model_config = ConfigDict(from_attributes=True)

    application_id: str
    reference_id: str
    name: str
    linked_at: datetime
    alerted_at: datetime | None
    alert_channel: AlertChannel | None
    job_details_given: bool
    company_details_given: bool
    briefed_at: datetime | None
    briefing_text: str | None
    contacted_at: datetime | None
    outcome: str | None
    thanked_at: datetime | None
    warnings: list[HintPublic]
    etag: str
