"""Letters: drafts and sent letters, with a snapshot of the recipients at sending."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import MISSING, BaseModel, Field
from sqlalchemy import Index
from sqlmodel import Field as Column
from typing_extensions import TypeAliasType

from api.models.base import (
    AnyId,
    Body,
    Flag,
    Id,
    Instant,
    Line,
    Shown,
    Stored,
    Text,
    id_column,
    json_column,
    points_at,
)
from api.models.hint import HintPublic, labelled


class LetterKind(StrEnum):
    """What a letter is for; only thank-you letters complete step 4."""

    THANK_YOU = "thank_you"
    FOLLOW_UP = "follow_up"
    OTHER = "other"


class Channel(StrEnum):
    """How a letter is sent."""

    EMAIL = "email"
    POST = "post"
    HAND = "hand"


LetterStatus = Literal["draft", "sent"]
CheckName = Literal[
    "recipient_named",
    "name_verified",
    "uses_positive",
    "answers_concerns",
    "why_this_job",
    "why_this_company",
    "specific_to_interview",
    "fits_one_page",
    "preferred_channel",
]


class Letter(Stored, table=True):
    """A letter. `recipients`: ids of contacts. `snapshot`: their names, titles and addresses at sending.

    `is_as_composed`: subject and body are as they were composed. `named_contacts`: ids of the contacts whom the
    composed text names, also when the recipients were changed since. `text_erased_at`: when subject and body were
    deleted with the personal data of somebody whom they named.
    """

    __tablename__ = "letter"
    __table_args__ = (
        points_at("application", "application_id"),
        points_at("interview", "interview_id", cascade=False),
        Index("ix_letter_created", "user_id", "application_id", "created_at", "id"),
        Index("ix_letter_interview", "user_id", "interview_id"),
    )

    application_id: str = id_column()
    interview_id: str | None = id_column(nullable=True)
    kind: str = Column(max_length=16)
    channel: str | None = Column(default=None, max_length=16)
    subject: str | None = Column(default=None, max_length=200)
    body: str | None = None
    paragraphs: list[dict[str, Any]] = json_column(list)
    recipients: list[str] = json_column(list)
    snapshot: list[dict[str, str | None]] = json_column(list)
    note_ids: list[str] = json_column(list)
    checklist: dict[str, bool] = json_column(dict)
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    is_as_composed: bool = False
    named_contacts: list[str] = json_column(list)
    text_erased_at: datetime | None = None


RecipientIds = Annotated[
    list[AnyId], Field(max_length=20, description="Ids of contacts. Empty: the letter counts for every interviewer.")
]
NoteIds = Annotated[list[AnyId], Field(description="The notes that it uses.")]
ChosenNoteIds = Annotated[NoteIds, Field(max_length=100)]
Checklist = TypeAliasType(
    "Checklist", Annotated[dict[CheckName, Flag], Field(description="The ticks of the checklist before sending.")]
)  # an alias with a name is a component of the document


class LetterCreate(Body):
    """A draft, or with `sent_at` a letter that was already sent."""

    interview_id: AnyId | None = None
    kind: LetterKind = LetterKind.THANK_YOU
    channel: Channel | None = None
    subject: Line | None = None
    body: Text | None = None
    recipients: RecipientIds = Field(default_factory=list)
    note_ids: ChosenNoteIds = Field(default_factory=list)
    checklist: Checklist = Field(default_factory=dict)
    id: Id | None = None
    sent_at: Annotated[Instant | None, Field(description="When it was sent. Without it, the letter is a draft.")] = None


class LetterUpdate(Body):
    """A merge patch: an absent field stays as it is, null clears it.

    After a letter was sent, only `sent_at`, `channel` and `delivered_at` can be changed.
    """

    interview_id: AnyId | MISSING | None = MISSING
    kind: LetterKind | MISSING = MISSING
    channel: Channel | MISSING | None = MISSING
    subject: Line | MISSING | None = MISSING
    body: Text | MISSING | None = MISSING
    recipients: RecipientIds | MISSING = MISSING
    note_ids: ChosenNoteIds | MISSING = MISSING
    checklist: Checklist | MISSING = MISSING
    sent_at: Instant | MISSING = MISSING
    delivered_at: Instant | MISSING | None = MISSING


class LetterSend(Body):
    """When and how the letter was sent. A `channel` replaces that of the draft."""

    sent_at: Annotated[
        Instant | None, Field(description="When it was handed over or posted, not when it arrived. Default: now.")
    ] = None
    channel: Channel | None = None


TextErasedAt = Annotated[
    datetime | None,
    Field(description="When subject and body were deleted because they named a contact that you erased."),
]


class ParagraphPublic(BaseModel):
    """A paragraph of the body, with its role and the notes that it uses. Your own text has the role `own`."""

    text: str
    role: Annotated[str, labelled("paragraph_role")]
    source_note_ids: list[str]


class Recipient(BaseModel):
    """A recipient: for a draft with the contact's details now, for a sent letter with those at sending.

    Without `contacts:read`, title, company and address are null.
    """

    identity: ClassVar[frozenset[str]] = frozenset({"contact_id", "name"})

    contact_id: str
    name: str | None
    title: str | None
    company: str | None
    address: str | None


class LetterPublic(Shown):
    """A letter: a draft or a sent one."""

    derived: ClassVar[tuple[str, ...]] = ("recipients", "warnings")

    application_id: str
    interview_id: AnyId | None
    kind: LetterKind
    status: LetterStatus
    channel: Channel | None
    subject: Line | None
    body: Text | None
    paragraphs: list[ParagraphPublic]
    recipients: list[Recipient]
    note_ids: NoteIds
    checklist: Checklist
    sent_at: datetime | None
    delivered_at: datetime | None
    text_erased_at: TextErasedAt
    warnings: list[HintPublic]
