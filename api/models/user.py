"""Accounts: who asks, in which zone, under which policy."""

from datetime import datetime
from typing import Annotated

from pydantic import MISSING, AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError
from sqlalchemy.types import Uuid
from sqlmodel import Field as Column

from api.models.base import NO_NUL, Body, Email, Line, Shown, Versioned, Zone, json_column, new_id
from api.models.token import Secret
from api.security import is_common


def _uncommon(value: str) -> str:
    if is_common(value):
        detail = "This password is among those that are guessed first: take several words that do not belong together."
        raise PydanticCustomError("common_password", detail)
    return value


Password = Annotated[
    str,
    Field(min_length=12, max_length=256, json_schema_extra={"format": "password"}),
    AfterValidator(_uncommon),
    NO_NUL,
]
CHOICE = "12 to 256 characters, and none of those that are guessed first."
Locale = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]


class User(Versioned, table=True):
    """An account. `write_counter` grows with every write of the user; `policy` holds overrides of the defaults.

    Since `disabled_at`, the operator refuses its sign-ins and tokens.
    """

    __tablename__ = "user_account"

    id: str = Column(primary_key=True, default_factory=new_id, sa_type=Uuid(as_uuid=False))
    email: str = Column(max_length=254, unique=True)
    password_hash: str | None = Column(default=None, max_length=255)
    full_name: str = Column(max_length=200)
    time_zone: str = Column(max_length=64)
    locale: str = Column(default="en", max_length=16)
    policy: dict[str, object] = json_column(dict)
    write_counter: int = 0
    disabled_at: datetime | None = None
    created_at: datetime
    updated_at: datetime


# Sent as a Zone and answered as plain text: the description alone is the same.
TIME_ZONE = Field(description="Decides step 7 and what new applications start with.")


class UserCreate(Body):
    """A sign-up."""

    full_name: Line
    time_zone: Annotated[Zone, TIME_ZONE]
    locale: Locale = "en"
    email: Email
    password: Annotated[Password, Field(description=CHOICE)]


class UserUpdate(Body):
    """A merge patch: absent leaves alone, null clears. What a user says of himself."""

    full_name: Line | MISSING = MISSING
    time_zone: Annotated[Zone | MISSING, TIME_ZONE] = MISSING
    locale: Locale | MISSING = MISSING


class UserPublic(Shown):
    """What a user says of himself."""

    full_name: str
    time_zone: Annotated[str, TIME_ZONE]
    locale: str
    email: str


class PasswordPut(Body):
    """A new password; the current one shows that it is you who asks."""

    current_password: Secret
    password: Annotated[Password, Field(description=CHOICE)]


class NewPassword(Body):
    """A password that the operator sets."""

    password: Password


class NewEmail(Body):
    """An address that the operator sets."""

    email: Email
