"""Tokens: the credentials of sessions and apps. Only a hash of the secret is stored."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Index
from sqlmodel import Field as Column

from api.models.base import NO_NUL, Body, Flag, Instant, KnownEmail, Line, Stored, json_column, owned_by_user
from api.models.hint import ScopeName, labelled
from api.models.type_notes import Expects
from api.protocol.scopes import ALL, PRESET_NAMES, SCOPES

Scope = Literal[SCOPES]  # type: ignore[valid-type]  # SCOPES is the only list of scopes
Preset = Literal[PRESET_NAMES]  # type: ignore[valid-type]  # as above
# Longer than a new password may be: the same text can be sent as up to four times as many characters.
Secret = Annotated[
    str,
    Field(max_length=1_024, json_schema_extra={"format": "password"}),
    NO_NUL,
    Expects("your password as text, at most 1,024 characters"),
]
NAMED = "A name for lists, such as `Firefox at home`."


class TokenKind(StrEnum):
    """The kind of a token: a session of an app, a session in a browser's cookie, or a personal token."""

    SESSION = "session"
    COOKIE = "cookie"
    PERSONAL = "personal"


SESSIONS = (TokenKind.SESSION, TokenKind.COOKIE)


class Token(Stored, table=True):
    """A session (from a sign-in) or a personal token (for an app). `agent`: an assistant uses it."""

    __tablename__ = "token"
    __table_args__ = (owned_by_user(), Index("ix_token_kind", "user_id", "kind", "created_at", "id"))

    kind: str = Column(max_length=16)
    name: str = Column(max_length=200)
    scopes: list[str] = json_column(list)
    hash: str = Column(max_length=64, unique=True)
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    agent: bool = False


class SessionCreate(Body):
    """A sign-in."""

    email: KnownEmail
    password: Secret
    name: Annotated[Line | None, Field(description=NAMED)] = None
    cookie: Annotated[
        Flag,
        Field(
            description="For a frontend in a browser: the secret is in a cookie that scripts cannot read, and every "
            "write needs `X-CSRF-Token`. Only origins that the server allows get a cookie."
        ),
    ] = False


class TokenCreate(Body):
    """A personal token for an app, or for an assistant (`preset`).

    In `scopes`, `all` allows everything, `read` only reading; best name only those it needs. `…:write` contains
    `…:read` of the same area.
    """

    name: Line
    scopes: Annotated[list[Scope], Field(default_factory=lambda: [ALL], min_length=1, max_length=len(SCOPES))]
    preset: Annotated[
        Preset | None,
        Field(
            description="Instead of `scopes`, for an assistant: `agent_reader` reads, `agent_recorder` also records "
            "what happened, `agent` also completes and skips steps. Such a token expires, and never reaches the "
            "account."
        ),
    ] = None
    expires_at: Annotated[
        Instant | None,
        Field(description="With `preset`: by default in 30 days, at most in 90; without, null means never."),
    ] = None


class Issued(BaseModel):
    """The common fields of sessions and personal tokens. `last_used_at` may be ten minutes old."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    etag: str
    name: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class SessionPublic(Issued):
    """A session of this account. `is_current`: this request uses it."""

    cookie: bool
    is_current: bool


class CurrentSession(SessionPublic):
    """The session of this request. A frontend sends `csrf_token` together with its cookie."""

    csrf_token: str | None


class SessionSecret(CurrentSession):
    """A new session with its token, shown only once. If a cookie has the token, `token` is null."""

    token: str | None


GrantedScopes = Annotated[
    list[ScopeName], Field(description="What it may do: `…:write` contains `…:read` of the same area.")
]
OfAssistant = Annotated[bool, Field(description="It was made for an assistant.")]


class TokenPublic(Issued):
    """A personal token without its secret."""

    scopes: GrantedScopes
    agent: OfAssistant


class CurrentToken(BaseModel):
    """The token or session of this request, with your time zone and the time of the server."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    kind: Annotated[str, labelled("token_kind")]
    scopes: GrantedScopes
    agent: OfAssistant
    expires_at: datetime | None
    time_zone: str
    now: datetime


class TokenSecret(TokenPublic):
    """A new personal token with its secret, shown only once."""

    token: str
