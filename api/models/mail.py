"""Mails that the service sends: an outbox without contents, which are made when a mail is sent."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field
from sqlalchemy import Index, text
from sqlmodel import Field as Column

from api.models.base import id_column, owned_by_user
from api.storage.session import Owned

WAITING = text("due_at IS NOT NULL")


class MailKind(StrEnum):
    """What a mail is about."""

    RESET = "reset"
    CONFIRM = "confirm"
    EMAIL_CHANGE = "email_change"
    EMAIL_CHANGING = "email_changing"
    EMAIL_CHANGED = "email_changed"
    DIGEST = "digest"
    AFTER_INTERVIEW = "after_interview"
    LETTER_DUE = "letter_due"
    WEBHOOK_DISABLED = "webhook_disabled"


class MailOutcome(StrEnum):
    """What became of a mail: taken by the mail server, without contents, refused for good, or too old to be of use."""

    SENT = "sent"
    EMPTY = "empty"
    FAILED = "failed"
    EXPIRED = "expired"


class Mail(Owned, table=True):
    """A mail to one address, once for each kind and key.

    `due_at` is when the next attempt may be made, empty once there is an outcome; `address` is kept as long. A link's
    secret is made when the mail is sent, and only its hash is kept: nothing that could be used is ever stored. Only the
    secret with which a mail can be unsubscribed from is kept as long as the address, so that every attempt sends the
    same mail; its hash stays when the mail was sent. From `expires_at` on, the mail is of no use; empty: that follows
    from its kind.
    """

    __tablename__ = "mail_out"
    __table_args__ = (
        owned_by_user(),
        Index("ix_mail_out_key", "user_id", "kind", "key", unique=True),
        Index("ix_mail_out_due", "due_at", sqlite_where=WAITING, postgresql_where=WAITING),
    )

    id: str = id_column(primary_key=True)
    kind: str = Column(max_length=16)
    key: str = Column(max_length=64)
    created_at: datetime
    address: str | None = Column(default=None, max_length=254)
    hash: str | None = Column(default=None, max_length=64, unique=True)
    secret: str | None = Column(default=None, max_length=64)
    tries: int = 0
    due_at: datetime | None
    expires_at: datetime | None = None
    sent_at: datetime | None = None
    outcome: str | None = Column(default=None, max_length=12)
    used_at: datetime | None = None


class EmailConfirmation(BaseModel):
    """Whether a mail was sent, or since when the address is confirmed."""

    sent_to_own_address: bool = Field(description="A mail with a link is on its way to the account's address.")
    email_confirmed_at: datetime | None
