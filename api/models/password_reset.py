"""Password resets: requests, and the hashes of the secrets that were mailed."""

from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy import Index
from sqlmodel import Field as Column

from api.models.base import NO_NUL, Body, KnownEmail, id_column, owned_by_user
from api.models.user import CHOICE, Password
from api.storage.session import Owned


class PasswordReset(Owned, table=True):
    """A requested reset. The secret is created with the mail, and only its hash is stored.

    `tries` counts attempts to send; `due_at` is the time of the next one, null after sending or after the last one.
    """

    __tablename__ = "password_reset"
    __table_args__ = (owned_by_user(), Index("ix_password_reset_due", "due_at"))

    id: str = id_column(primary_key=True)
    created_at: datetime
    hash: str | None = Column(default=None, max_length=64, unique=True)
    tries: int = 0
    due_at: datetime | None


class PasswordResetCreate(Body):
    """The address of the account whose password was forgotten."""

    email: KnownEmail


class PasswordResetConfirm(Body):
    """A new password, and the secret from the mail."""

    token: Annotated[str, Field(max_length=100, json_schema_extra={"format": "password"}), NO_NUL]
    password: Annotated[Password, Field(description=CHOICE)]
