"""References: the people, and their links to applications."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import MISSING, BaseModel, ConfigDict, Field
from sqlalchemy import Index
from sqlmodel import Field as Column

from api.models.base import (
    Body,
    Email,
    Flag,
    Id,
    Instant,
    Line,
    Shown,
    Stored,
    Text,
    Versioned,
    id_column,
    owned_by_user,
    points_at,
)
from api.models.hint import HintPublic
from api.storage.session import Owned

Consent = Literal["not_given", "given", "lapsed"]


class AlertChannel(StrEnum):
    """How a reference was informed."""

    PHONE = "phone"
    EMAIL = "email"
    IN_PERSON = "in_person"
    MESSAGE = "message"


class Reference(Stored, table=True):
    """A person who recommends the user to employers, for any application."""

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


PermissionAt = Annotated[Instant | None, Field(description="When they agreed to be named.")]
PermissionExpiresAt = Annotated[
    Instant | None,
    Field(description="From when you may no longer name them; null: no end. It is cleared with permission_at."),
]


class ReferenceCreate(Body):
    """A person who recommends you to employers."""

    name: Line
    title: Line | None = None
    company: Line | None = None
    relation: Line | None = None
    email: Email | None = None
    phone: Line | None = None
    best_times: Line | None = None
    permission_at: PermissionAt = None
    permission_expires_at: PermissionExpiresAt = None
    last_asked_at: Instant | None = None
    id: Id | None = None


class ReferenceUpdate(Body):
    """A merge patch: an absent field stays as it is, null clears it. A person who recommends you."""

    name: Line | MISSING = MISSING
    title: Line | MISSING | None = MISSING
    company: Line | MISSING | None = MISSING
    relation: Line | MISSING | None = MISSING
    email: Email | MISSING | None = MISSING
    phone: Line | MISSING | None = MISSING
    best_times: Line | MISSING | None = MISSING
    permission_at: PermissionAt | MISSING = MISSING
    permission_expires_at: PermissionExpiresAt | MISSING = MISSING
    last_asked_at: Instant | MISSING | None = MISSING


class ReferencePublic(Shown):
    """A person who recommends you to employers."""

    derived: ClassVar[tuple[str, ...]] = ("uses", "asked_within_60_days", "consent", "warnings")

    name: str
    title: Line | None
    company: Line | None
    relation: Line | None
    email: Email | None
    phone: Line | None
    best_times: Line | None
    permission_at: PermissionAt
    permission_expires_at: PermissionExpiresAt
    last_asked_at: Instant | None
    uses: int
    asked_within_60_days: int
    consent: Consent
    warnings: list[HintPublic]


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


BriefedAt = Annotated[
    Instant | None, Field(description="When they were prepared. It counts only if both details were given.")
]
ContactedAt = Annotated[Instant | None, Field(description="When the employer called them.")]


class ApplicationReferencePut(Body):
    """What you told this reference about this application, and when the employer called them."""

    linked_at: Annotated[Instant | None, Field(description="When you named them. Default: now.")] = None
    alerted_at: Instant | None = None
    alert_channel: AlertChannel | None = None
    job_details_given: Flag = False
    company_details_given: Flag = False
    briefed_at: BriefedAt = None
    briefing_text: Text | None = None
    contacted_at: ContactedAt = None
    outcome: Text | None = None
    thanked_at: Instant | None = None


class ApplicationReferenceUpdate(Body):
    """A merge patch: an absent field stays as it is, null clears it. What you told this reference."""

    linked_at: Instant | MISSING = MISSING
    alerted_at: Instant | MISSING | None = MISSING
    alert_channel: AlertChannel | MISSING | None = MISSING
    job_details_given: Flag | MISSING = MISSING
    company_details_given: Flag | MISSING = MISSING
    briefed_at: BriefedAt | MISSING = MISSING
    briefing_text: Text | MISSING | None = MISSING
    contacted_at: ContactedAt | MISSING = MISSING
    outcome: Text | MISSING | None = MISSING
    thanked_at: Instant | MISSING | None = MISSING


class ApplicationReferencePublic(BaseModel):
    """What you told this reference about this application, and when the employer called them."""

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
