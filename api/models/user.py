"""Accounts: the profile, the time zone and the policy of a user."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import MISSING, AfterValidator, Field
from pydantic_core import PydanticCustomError
from sqlalchemy import BigInteger, Index, text
from sqlalchemy.types import Uuid
from sqlmodel import Field as Column

from api.models.base import NO_NUL, Body, Email, Line, Shown, Versioned, Zone, id_column, json_column, new_id
from api.models.token import Secret
from api.models.type_notes import Expects
from api.protocol.etags import new_epoch
from api.security import is_common, normal_password
from api.words.terms import TERMS_VERSION

MIN_PASSWORD = 12


def _uncommon(value: str) -> str:
    if len(normal_password(value)) < MIN_PASSWORD:
        raise PydanticCustomError("string_too_short", "Send a password of at least 12 characters.")
    if is_common(value):
        detail = "This password is among those that attackers try first: choose several unrelated words."
        raise PydanticCustomError("common_password", detail)
    return value


Password = Annotated[
    str,
    Field(min_length=MIN_PASSWORD, max_length=256, json_schema_extra={"format": "password"}),
    AfterValidator(_uncommon),
    NO_NUL,
    Expects("a password of 12 to 256 characters: several unrelated words, for example"),
]
CHOICE = "12 to 256 characters; common passwords are refused."
Locale = Annotated[Literal["en"], Field(description="The language of texts. There is only English so far.")]


RECOMPUTING = text("recompute_after IS NOT NULL")
ENDED = text("erased_at IS NOT NULL")


class User(Versioned, table=True):
    """An account. `write_counter` grows with every write of the user; `policy` holds overrides of the defaults.

    `epoch` is random and part of every entity tag of the account. It changes when a backup is restored, because the
    write counter and the versions in a backup are older than tags that clients know. `recompute_after` is the id of the
    last application whose steps the background task judged; null: it is done. From `disabled_at` on, its sign-ins
    and tokens are refused. From `erased_at` on, it has no credentials and no address, and its rows are being
    deleted. `listens` tells who is told about the account: see `Listens`. `event_count` counts its events,
    `recomputed_steps` the steps that differ since a recomputation began. `stored_bytes` is what its rows count.
    `search_version`: the version of the terms with which all its texts are in the index of the search; 0: not all
    of them are.
    """

    __tablename__ = "user_account"
    __table_args__ = (
        Index("ix_user_account_recompute", "id", sqlite_where=RECOMPUTING, postgresql_where=RECOMPUTING),
        Index("ix_user_account_erased", "id", sqlite_where=ENDED, postgresql_where=ENDED),
    )

    id: str = Column(primary_key=True, default_factory=new_id, sa_type=Uuid(as_uuid=False))
    email: str = Column(max_length=254, unique=True)
    email_confirmed_at: datetime | None = None
    pending_email: str | None = Column(default=None, max_length=254)
    password_hash: str | None = Column(default=None, max_length=255)
    full_name: str = Column(max_length=200)
    time_zone: str = Column(max_length=64)
    locale: str = Column(default="en", max_length=16)
    policy: dict[str, object] = json_column(dict)
    write_counter: int = 0
    epoch: str = Column(default_factory=new_epoch, max_length=16)
    stored_bytes: int = Column(default=0, sa_type=BigInteger)
    recompute_after: str | None = id_column(nullable=True)
    recomputed_steps: int = 0
    listens: int = 0
    event_count: int = Column(default=0, sa_type=BigInteger)
    disabled_at: datetime | None = None
    erased_at: datetime | None = None
    search_version: int = TERMS_VERSION
    created_at: datetime
    updated_at: datetime


# Requests have a Zone and responses a plain text, with the same description.
TIME_ZONE = Field(description="The zone of step 7, and the default of new applications.")


class UserCreate(Body):
    """A sign-up."""

    full_name: Line
    time_zone: Annotated[Zone, TIME_ZONE]
    locale: Locale = "en"
    email: Email
    password: Annotated[Password, Field(description=CHOICE)]


class UserUpdate(Body):
    """A merge patch: an absent field stays as it is, null clears it. The profile of an account."""

    full_name: Line | MISSING = MISSING
    time_zone: Annotated[Zone | MISSING, TIME_ZONE] = MISSING
    locale: Locale | MISSING = MISSING


class UserPublic(Shown):
    """The profile of an account."""

    full_name: str
    time_zone: Annotated[str, TIME_ZONE]
    locale: Annotated[str, Field(description="The language that was chosen; texts are in English whatever it is.")]
    email: str
    email_confirmed_at: Annotated[
        datetime | None, Field(description="Since when it is known that mails to `email` reach you.")
    ]
    pending_email: Annotated[str | None, Field(description="The address to change to once it is confirmed.")]


class EmailPut(Body):
    """A new address, and the password of the account."""

    email: Email
    password: Secret


class AccountErase(Body):
    """The password of an account that is to be erased."""

    password: Secret


class PasswordPut(Body):
    """A new password, and the current one as proof."""

    current_password: Secret
    password: Annotated[Password, Field(description=CHOICE)]


class NewPassword(Body):
    """A password that the operator sets."""

    password: Password


class NewEmail(Body):
    """An address that the operator sets."""

    email: Email
