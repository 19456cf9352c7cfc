"""Which mails somebody wants: a digest of what is due, and two reminders."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Index, text
from sqlmodel import Field as Column

from api.models.base import Stored, owned_by_user

DUE_SOON_MINUTES = 240
PLANNED = text("next_digest_at IS NOT NULL")


class Digest(StrEnum):
    """How often a digest is sent."""

    OFF = "off"
    DAILY = "daily"
    WEEKLY = "weekly"


class Notification(Stored, table=True):
    """The mails that an account wants: one row, or none for the defaults.

    `digest_at` is the wall time in the user's zone, `HH:MM`. `digest_weekday`: 0 is Monday. `due_soon_minutes`: how
    long before a deadline `step.due_soon` and the reminder about a letter come; empty: not at all. `next_digest_at` is
    when the next digest is due; `last_digest_on` the local date of the last one. `refusals`: on how many days in a row
    the mail server refused the address for good.
    """

    __tablename__ = "notification"
    __table_args__ = (
        owned_by_user(),
        Index("ix_notification_user", "user_id", unique=True),
        Index("ix_notification_next", "next_digest_at", sqlite_where=PLANNED, postgresql_where=PLANNED),
    )

    digest: str = Column(default="off", max_length=8)
    digest_at: str = Column(default="08:00", max_length=5)
    digest_weekday: int = 0
    digest_workdays_only: bool = False
    digest_details: str = Column(default="full", max_length=8)
    after_interview: bool = False
    letter_due: bool = False
    due_soon_minutes: int | None = DUE_SOON_MINUTES
    next_digest_at: datetime | None = None
    last_digest_on: date | None = None
    refusals: int = 0
    refused_on: date | None = None
