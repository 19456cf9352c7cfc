"""Accounts: who asks, in which zone, under which policy."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints
from sqlalchemy.types import Uuid
from sqlmodel import Field as Column

from api.models.base import NO_NUL, Body, Email, Line, Versioned, Zone, json_column, merge_patch, new_id, shown

Password = Annotated[str, Field(min_length=12, max_length=256, json_schema_extra={"format": "password"}), NO_NUL]
Locale = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]


class User(Versioned, table=True):
    """An account. `write_counter` grows with every write of the user; `policy` holds overrides of the defaults."""

    __tablename__ = "user_account"

    id: str = Column(primary_key=True, default_factory=new_id, sa_type=Uuid(as_uuid=False))
    email: str = Column(max_length=254, unique=True)
    password_hash: str | None = Column(default=None, max_length=255)
    full_name: str = Column(max_length=200)
    time_zone: str = Column(max_length=64)
    locale: str = Column(default="en", max_length=16)
    policy: dict[str, object] = json_column(dict)
    write_counter: int = 0
    created_at: datetime
    updated_at: datetime


class UserProfile(Body):
    """What a user says of himself."""

    full_name: Line
    time_zone: Annotated[Zone, Field(description="Decides step 7 and what new applications start with.")]
    locale: Locale = "en"


class UserCreate(UserProfile):
    """A sign-up."""

    email: Email
    password: Annotated[Password, Field(description="12 to 256 characters.")]


UserUpdate = merge_patch(UserProfile, "UserUpdate")
UserPublic = shown(UserProfile, "UserPublic", email=str)
