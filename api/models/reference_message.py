"""What is said to and handed over about references: messages ready to send, and the sheet."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from api.models.hint import HintPublic
from api.models.letter import ParagraphPublic


class RecordPublic(HintPublic):
    """How to note down that it was done: what to send where. Its instants are those of this answer: correct them."""

    model_config = ConfigDict(title="Record")

    body: dict[str, bool | datetime | str]


class Addressee(BaseModel):
    """Whom it goes to, and how they are reached; without `contacts:read` only the name."""

    identity: ClassVar[frozenset[str]] = frozenset({"name"})

    name: str
    phone: str | None
    email: str | None
    best_times: str | None


class ReferenceMessage(BaseModel):
    """A message ready to send, what there was no material for, what to know before, and how to note it down."""

    application_id: str
    reference_id: str
    to: Addressee
    subject: str
    paragraphs: list[ParagraphPublic]
    text: str
    missing: list[str]
    asked_within_60_days: int
    warnings: list[HintPublic]
    record: RecordPublic


class SheetPerson(BaseModel):
    """Somebody who has agreed to be named; without `contacts:read` only id and name."""

    model_config = ConfigDict(from_attributes=True)
    identity: ClassVar[frozenset[str]] = frozenset({"reference_id", "name"})

    reference_id: str
    name: str
    title: str | None
    company: str | None
    relation: str | None
    phone: str | None
    email: str | None
    best_times: str | None


class LeftOut(BaseModel):
    """Somebody who was named but is not on the sheet, and why; it is never printed."""

    reference_id: str
    name: str
    why: Literal["not_given", "lapsed"]


class ReferenceSheet(BaseModel):
    """The references of an application who may be named now, to hand over; and who is left out."""

    application_id: str
    company: str
    role: str
    people: list[SheetPerson]
    left_out: list[LeftOut]
    record: RecordPublic
