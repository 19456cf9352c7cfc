"""Tokens: how a session or an app proves who asks. Only a hash of the secret is kept."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Index
from sqlmodel import Field as Column

from api.models.base import NO_NUL, Body, Email, Instant, Line, Stored, json_column, owned_by_user

Scope = Literal["all", "read"]


class Token(Stored, table=True):
    """A session (from a sign-in) or a personal token (for an app)."""

    __tablename__ = "token"
    __table_args__ = (owned_by_user(), Index("ix_token_kind", "user_id", "kind", "created_at", "id"))

    kind: str = Column(max_length=16)
    name: str = Column(max_length=200)
    scopes: list[str] = json_column(list)
    hash: str = Column(max_length=64, unique=True)
    expires_at: datetime | None = None
    last_used_at: datetime | None = None


class SessionCreate(Body):
    """A sign-in."""

    email: Email
    password: Annotated[str, Field(max_length=256, json_schema_extra={"format": "password"}), NO_NUL]


class TokenCreate(Body):
    """A personal token for an app. `all` may do everything, `read` only read."""

    name: Line
    scopes: Annotated[list[Scope], Field(default_factory=lambda: ["all"], min_length=1, max_length=2)]
    expires_at: Instant | None = None


class SessionPublic(BaseModel):
    """A session of this account."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    etag: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class SessionSecret(SessionPublic):
    """A new session with its token, shown this once."""

    token: str


class TokenPublic(SessionPublic):
    """A personal token without its secret."""

    name: str
    scopes: list[str]


class TokenSecret(TokenPublic):
    """A new personal token with its secret, shown this once."""

    token: str
