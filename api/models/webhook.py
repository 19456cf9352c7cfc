"""Webhooks: addresses of other services to which events are sent, signed."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, LargeBinary, text
from sqlmodel import Field as Column

from api.models.base import Stored, json_column, owned_by_user

WAITING = text("next_at IS NOT NULL")


class DisabledReason(StrEnum):
    """Why nothing is sent to a webhook: you switched it off, it failed for five days, or it answered 410."""

    USER = "user"
    FAILURES = "failures"
    GONE = "gone"


class Webhook(Stored, table=True):
    """A webhook. `secret` signs, as bytes, because a hash could not; `old_secret` too until `old_secret_until`.

    `failures` counts the failed attempts in a row, `failing_since` is the first of them, and `resume_at` is until when
    no attempt is made after three of them. `next_at`: when there may be something to send; empty if nothing waits, or
    if the webhook is switched off. `claim` counts the claims of workers; the last one holds until `claimed_until`.
    """

    __tablename__ = "webhook"
    __table_args__ = (
        owned_by_user(),
        Index("ix_webhook_created", "user_id", "created_at", "id"),
        Index("ix_webhook_next", "next_at", sqlite_where=WAITING, postgresql_where=WAITING),
    )

    url: str = Column(max_length=2_000)
    description: str | None = Column(default=None, max_length=200)
    event_types: list[str] = json_column(list)
    enabled: bool = True
    disabled_reason: str | None = Column(default=None, max_length=16)
    disabled_at: datetime | None = None
    secret: bytes = Column(sa_type=LargeBinary)
    old_secret: bytes | None = Column(default=None, sa_type=LargeBinary)
    old_secret_until: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    resume_at: datetime | None = None
    last_delivered_at: datetime | None = None
    last_error: str | None = Column(default=None, max_length=32)
    next_at: datetime | None = None
    claimed_until: datetime | None = None
    claim: int = 0
