"""Activity: the audit log of an account, without the contents of requests."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Index, text
from sqlmodel import Field as Column

from api.models.base import id_column, owned_by_user
from api.models.hint import labelled
from api.storage.session import Owned

BY_AGENT = text("agent = 1")


class Activity(Owned, table=True):
    """One operation: when, by which session or token (which may be deleted by now), and on which object.

    `agent`: the token was one of an assistant, which says in `tool` with which of its tools.
    """

    __tablename__ = "activity"
    __table_args__ = (
        owned_by_user(),
        Index("ix_activity_at", "user_id", "at", "id"),
        Index("ix_activity_agent", "user_id", "at", "id", sqlite_where=BY_AGENT, postgresql_where=text("agent")),
    )

    id: str = id_column(primary_key=True)
    at: datetime
    token_id: str | None = id_column(nullable=True)
    token_kind: str = Column(max_length=16)
    token_name: str = Column(max_length=200)
    operation: str = Column(max_length=64)
    object: str = Column(max_length=200)
    agent: bool = False
    tool: str | None = Column(default=None, max_length=40)
    write_id: str | None = id_column(nullable=True)


class ActivityPublic(BaseModel):
    """One operation: `operation` is its id in the OpenAPI document, `object` the address. Contents are not stored.

    Operations of the server's operator have the `token_kind` `operator` and no `token_id`.
    """

    model_config = ConfigDict(from_attributes=True)

    id: str
    at: datetime
    token_id: str | None
    token_kind: Annotated[str, labelled("token_kind")]
    token_name: str
    operation: str
    object: str
    agent: Annotated[bool, Field(description="The token was one of an assistant.")]
    tool: Annotated[
        str | None,
        Field(description="With which of its tools an assistant did it, as it says itself in `X-Afterword-Tool`."),
    ]
    write_id: Annotated[str | None, Field(description="The id of what an assistant wrote, if that was recorded.")]
