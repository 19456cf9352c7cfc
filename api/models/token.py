"""Tokens: how a session or an app proves who asks. Only a hash of the secret is kept."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Index
from sqlmodel import Field as Column

from api.models.base import NO_NUL, Body, Email, Flag, Instant, Line, Stored, json_column, owned_by_user
from api.protocol.scopes import ALL, SCOPES

Scope = Literal[SCOPES]  # type: ignore[valid-type]  # the list has one place
Secret = Annotated[str, Field(max_length=256, json_schema_extra={"format": "password"}), NO_NUL]
NAMED = "What it is known by in lists, such as `Firefox at home`."


class TokenKind(StrEnum):
    """How somebody proves who asks: a sign-in by an app or by a browser's cookie, or a token made for an app."""

    SESSION = "session"
    COOKIE = "cookie"
    PERSONAL = "personal"


SESSIONS = (TokenKind.SESSION, TokenKind.COOKIE)


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
    password: Secret
    name: Annotated[Line | None, Field(description=NAMED)] = None
    cookie: Annotated[
        Flag,
        Field(
            description="For a frontend in a browser: the secret goes into a cookie that scripts cannot read, and "
            "every write then needs `X-CSRF-Token`. Only origins that the server allows get one."
        ),
    ] = False


class TokenCreate(Body):
    """A personal token for an app. `all` may do everything, `read` only read; better, name what the app needs.

    `…:write` contains `…:read` of the same area.
    """

    name: Line
    scopes: Annotated[list[Scope], Field(default_factory=lambda: [ALL], min_length=1, max_length=len(SCOPES))]
    expires_at: Instant | None = None


class Issued(BaseModel):
    """What sessions and personal tokens show alike. `last_used_at` is right to ten minutes."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    etag: str
    name: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class SessionPublic(Issued):
    """A session of this account. `is_current`: it is the one that asks."""

    cookie: bool
    is_current: bool


class CurrentSession(SessionPublic):
    """The session that asks, with the token that a frontend sends beside its cookie."""

    csrf_token: str | None


class SessionSecret(CurrentSession):
    """A new session with its token, shown this once; in a browser the cookie has the token, and `token` is null."""

    token: str | None


class TokenPublic(Issued):
    """A personal token without its secret."""

    scopes: Annotated[list[str], Field(description="What it may do: `…:write` contains `…:read` of the same area.")]


class TokenSecret(TokenPublic):
    """A new personal token with its secret, shown this once."""

    token: str
