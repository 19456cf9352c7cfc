"""The log of what assistants wrote: the rows as they were before, for a day, so that a write can be undone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Index
from sqlmodel import Field as Column

from api.models.base import AnyId, id_column, json_column, owned_by_user
from api.storage.session import Owned

WrittenType = Literal[
    "application",
    "application_contact",
    "application_reference",
    "contact",
    "follow_up",
    "interview",
    "interviewer",
    "letter",
    "letter_template",
    "note",
    "offer",
    "reference",
    "search_activity",
    "stage",
    "step",
    "step_override",
]
# The tables of which the type is not the name.
TYPES: Mapping[str, WrittenType] = {
    "interview_interviewer": "interviewer",
    "reference_person": "reference",
    "stage_change": "stage",
    "step_instance": "step",
}
RowChange = Literal["created", "changed", "deleted"]
NotRestoredCode = Literal["snooze_ended", "letter_was_sent"]


class AgentWrite(Owned, table=True):
    """One write of the token of an assistant, or one undoing of such a write by anybody.

    `images`: table, key, change, the row before, and a digest of the row after, for each row; see
    `api/services/write_log/images.py`. `size`: bytes of the images. `retry_key`: the key of the stored response.
    `undoes`: the write that this one undid. `undone_by`: the write that undid this one. `ended_snoozes`: step and
    instant of snoozes that ended because the write closed or moved their step.
    """

    __tablename__ = "agent_write"
    __table_args__ = (owned_by_user(), Index("ix_agent_write_at", "user_id", "at", "id"))

    id: str = id_column(primary_key=True)
    at: datetime
    token_id: str = id_column()
    token_name: str = Column(max_length=200)
    operation: str = Column(max_length=64)
    tool: str | None = Column(default=None, max_length=40)
    object: str = Column(max_length=200)
    scopes: list[str] = json_column(list)
    images: list[dict[str, Any]] = json_column(list)
    size: int
    ended_snoozes: list[dict[str, Any]] = json_column(list)
    retry_key: str | None = Column(default=None, max_length=64)
    undoes: str | None = id_column(nullable=True)
    undone_by: str | None = id_column(nullable=True)


def type_of(table: str) -> WrittenType:
    """Return the type of the rows of a table."""
    same: WrittenType = table  # type: ignore[assignment]  # the others have the name of the table
    return TYPES.get(table, same)


class WrittenRow(BaseModel):
    """A row that a write created, changed or deleted, without its contents.

    `id` is that of the row: of a link, that of the contact or reference, of a step that was snoozed, that of the step.
    """

    type: WrittenType
    id: AnyId
    change: RowChange


class WritePublic(BaseModel):
    """What an assistant wrote: with which token, by which operation, on which object."""

    model_config = ConfigDict(from_attributes=True)

    id: AnyId
    at: datetime
    token_id: AnyId
    token_name: str
    operation: Annotated[str, Field(description="The id of the operation in the OpenAPI document.")]
    tool: Annotated[str | None, Field(description="With which of its tools the assistant did it, as it says itself.")]
    object: Annotated[str, Field(description="The address of the object.")]
    undo_until: datetime
    undoes: Annotated[AnyId | None, Field(description="The write that this one undid.")]
    undone_by: Annotated[AnyId | None, Field(description="The write that undid this one.")]
    rows: list[WrittenRow]


class NotRestored(BaseModel):
    """What undoing does not bring back: a snooze that ended, or the letter itself, if it was sent."""

    code: NotRestoredCode
    id: Annotated[AnyId, Field(description="Of the step or of the letter.")]
    detail: str


class UndoneWrite(WritePublic):
    """A write that was undone, and what was not brought back."""

    not_restored: list[NotRestored]
