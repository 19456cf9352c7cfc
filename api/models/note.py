"""Notes: what went well, what is open, and everything else worth remembering."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import MISSING, Field
from sqlalchemy import Index
from sqlmodel import Field as Column

from api.models.base import AnyId, Body, Flag, Id, Instant, Shown, Stored, Text, id_column, points_at


class NoteKind(StrEnum):
    """The kind of a note. Step 3 and the letter use positives and concerns."""

    POSITIVE = "positive"
    CONCERN = "concern"
    QUESTION = "question"
    GENERAL = "general"


class Note(Stored, table=True):
    """A note of an application, usually about one of its interviews."""

    __tablename__ = "note"
    __table_args__ = (
        points_at("application", "application_id"),
        points_at("interview", "interview_id", cascade=False),
        points_at("letter", "addressed_by_letter_id", cascade=False),
        Index("ix_note_noted", "user_id", "application_id", "noted_at", "id"),
        Index("ix_note_interview", "user_id", "interview_id"),
        Index("ix_note_letter", "user_id", "addressed_by_letter_id"),
    )

    application_id: str = id_column()
    interview_id: str | None = id_column(nullable=True)
    kind: str = Column(max_length=16)
    text: str
    wording: str | None = None
    noted_at: datetime
    address_in_letter: bool = False
    addressed_by_letter_id: str | None = id_column(nullable=True)


Wording = Annotated[
    Text | None,
    Field(
        description="How a letter can say it, in your own words; for a concern, your answer. Without it, letters leave "
        "out a concern, and use the `text` of another note only if it starts with I, my, we, our, you or your."
    ),
]


class NoteCreate(Body):
    """A note. One `positive` and one `concern` of an interview complete step 3."""

    interview_id: AnyId | None = None
    kind: NoteKind
    text: Text
    wording: Wording = None
    noted_at: Annotated[Instant | None, Field(description="Default: now.")] = None
    address_in_letter: Annotated[
        Flag | None,
        Field(
            description="The letter should use this note: answer a concern, begin with a positive, or mention a remark "
            "(`general`, `question`) that was special about this conversation. Default: true for a concern."
        ),
    ] = None
    addressed_by_letter_id: AnyId | None = None
    id: Id | None = None


class NoteUpdate(Body):
    """A merge patch: an absent field stays as it is, null clears it. Notes of an interview can complete step 3."""

    interview_id: AnyId | MISSING | None = MISSING
    kind: NoteKind | MISSING = MISSING
    text: Text | MISSING = MISSING
    wording: Wording | MISSING = MISSING
    noted_at: Instant | MISSING = MISSING
    address_in_letter: Flag | MISSING = MISSING
    addressed_by_letter_id: AnyId | MISSING | None = MISSING


class NotePublic(Shown):
    """A note. One `positive` and one `concern` of an interview complete step 3."""

    application_id: str
    interview_id: AnyId | None
    kind: NoteKind
    text: str
    wording: Wording
    noted_at: datetime
    address_in_letter: bool
    addressed_by_letter_id: AnyId | None
