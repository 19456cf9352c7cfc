"""Messages to references, and the sheet with the references for the employer."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from api.models.hint import DraftGaps, HintPublic, RecordLink
from api.models.letter import ParagraphPublic


class RecordPublic(RecordLink):
    """The request that records that it was done. Its instants are the time of this response: correct them."""

    body: dict[str, bool | datetime | str]


class Addressee(BaseModel):
    """The recipient, and ways to reach them; without `contacts:read` only the name."""

    identity: ClassVar[frozenset[str]] = frozenset({"name"})

    name: str
    phone: str | None
    email: str | None
    best_times: str | None


class ReferenceMessage(BaseModel):
    """A message that is ready to send, the parts without material, warnings, and the request that records it."""

    application_id: str
    reference_id: str
    to: Addressee
    subject: str
    paragraphs: list[ParagraphPublic]
    text: str
    missing: list[str]
    gaps: DraftGaps
    asked_within_60_days: int
    warnings: list[HintPublic]
    record: RecordPublic


class SheetPerson(BaseModel):
    """A person who has agreed to be named; without `contacts:read` only id and name."""

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
    """A person who was named but is not on the sheet, and why. It is never printed."""

    reference_id: str
    name: str
    why: Literal["not_given", "lapsed"]


class ReferenceSheet(BaseModel):
    """The references of an application who may be named now, for the employer, and those who are left out."""

    application_id: str
    company: str
    role: str
    people: list[SheetPerson]
    left_out: list[LeftOut]
    record: RecordPublic
