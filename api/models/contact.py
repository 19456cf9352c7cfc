"""Contacts: people at employers and agencies, and their links to applications."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import MISSING, BaseModel, ConfigDict, Field
from sqlalchemy import Index, text
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
from api.storage.session import Owned


class ContactRole(StrEnum):
    """The role of a person in the application."""

    INTERVIEWER = "interviewer"
    HIRING_MANAGER = "hiring_manager"
    HR = "hr"
    RECRUITER = "recruiter"
    ASSISTANT = "assistant"
    OTHER = "other"


class PreferredChannel(StrEnum):
    """How a person prefers to be contacted."""

    EMAIL = "email"
    PHONE = "phone"
    POST = "post"
    HAND = "hand"


class DetailsSource(StrEnum):
    """Where the details come from."""

    CARD = "card"
    RECEPTION = "reception"
    HR = "hr"
    SIGNATURE = "signature"
    WEB = "web"
    OTHER = "other"


KEPT = text("deleted_at IS NULL")


class Contact(Stored, table=True):
    """A person. The two `…_since` are derived from the other fields; an erased person has `erased_at`.

    `search_key` is what a search reads: name, company and e-mail address, folded, each in a line.
    `address_by_agent`: an assistant was the last to set an address or the phone number, and no person has compared the
    name since.
    """

    __tablename__ = "contact"
    __table_args__ = (
        owned_by_user(),
        Index("ix_contact_created", "user_id", "created_at", "id"),
        Index("ix_contact_kept", "user_id", "deleted_at", sqlite_where=KEPT, postgresql_where=KEPT),
    )

    full_name: str | None = Column(default=None, max_length=200)
    honorific: str | None = Column(default=None, max_length=200)
    job_title: str | None = Column(default=None, max_length=200)
    company: str | None = Column(default=None, max_length=200)
    role: str | None = Column(default=None, max_length=16)
    email: str | None = Column(default=None, max_length=254)
    phone: str | None = Column(default=None, max_length=200)
    postal_address: str | None = None
    preferred_channel: str | None = Column(default=None, max_length=16)
    details_source: str | None = Column(default=None, max_length=16)
    name_verified: bool = False
    address_by_agent: bool = False
    notes: str | None = None
    search_key: str = ""
    details_complete_since: datetime | None = None
    reachable_since: datetime | None = None
    erased_at: datetime | None = None
    deleted_at: datetime | None = None


NameVerified = Annotated[Flag, Field(description="You have compared the name with a card or a signature.")]
LearnedAt = Annotated[
    Instant | None,
    Field(
        description="Since when you know the details in this request. Default: now. Sent alone, it corrects the date."
    ),
]


class ContactFields(Body):
    """A person: the full name as they spell it, the job title, and ways to reach them."""

    full_name: Line | None = None
    honorific: Line | None = None
    job_title: Line | None = None
    company: Line | None = None
    role: ContactRole | None = None
    email: Email | None = None
    phone: Line | None = None
    postal_address: Text | None = None
    preferred_channel: PreferredChannel | None = None
    details_source: DetailsSource | None = None
    name_verified: NameVerified = False
    notes: Text | None = None


class ContactCreate(ContactFields):
    """A person: the full name as they spell it, the job title, and ways to reach them."""

    id: Id | None = None
    learned_at: LearnedAt = None


class ContactUpdate(Body):
    """A merge patch: an absent field stays as it is, null clears it. A person, and ways to reach them."""

    full_name: Line | MISSING | None = MISSING
    honorific: Line | MISSING | None = MISSING
    job_title: Line | MISSING | None = MISSING
    company: Line | MISSING | None = MISSING
    role: ContactRole | MISSING | None = MISSING
    email: Email | MISSING | None = MISSING
    phone: Line | MISSING | None = MISSING
    postal_address: Text | MISSING | None = MISSING
    preferred_channel: PreferredChannel | MISSING | None = MISSING
    details_source: DetailsSource | MISSING | None = MISSING
    name_verified: NameVerified | MISSING = MISSING
    notes: Text | MISSING | None = MISSING
    learned_at: LearnedAt | MISSING = MISSING


class ContactPublic(Shown):
    """A person: the full name as they spell it, the job title, and ways to reach them.

    Where another object shows it, a token without `contacts:read` sees only id, name and role.
    """

    identity: ClassVar[frozenset[str]] = frozenset({*Shown.model_fields, "full_name", "role", "name_verified"})

    full_name: Line | None
    honorific: Line | None
    job_title: Line | None
    company: Line | None
    role: ContactRole | None
    email: Email | None
    phone: Line | None
    postal_address: Text | None
    preferred_channel: PreferredChannel | None
    details_source: DetailsSource | None
    name_verified: NameVerified
    notes: Text | None
    details_complete_since: datetime | None
    reachable_since: datetime | None
    erased_at: datetime | None


class ApplicationContact(Owned, Versioned, table=True):
    """A contact's role in one application."""

    __tablename__ = "application_contact"
    __table_args__ = (
        points_at("application", "application_id"),
        points_at("contact", "contact_id"),
        Index("ix_application_contact_contact", "user_id", "contact_id"),
    )

    application_id: str = id_column(primary_key=True)
    contact_id: str = id_column(primary_key=True)
    role: str | None = Column(default=None, max_length=16)


class ApplicationContactPut(Body):
    """The role of a contact in this application."""

    role: ContactRole | None = None


class ApplicationContactPublic(BaseModel):
    """A contact with its role in this application."""

    model_config = ConfigDict(from_attributes=True)

    application_id: str
    contact_id: str
    role: ContactRole | None
    contact: ContactPublic
    etag: str
