"""Which mails somebody wants: a digest of what is due, and two reminders."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import MISSING, BaseModel, ConfigDict, Field
from sqlalchemy import Index, text
from sqlmodel import Field as Column

from api.models.base import WHOLE, Body, ClockTime, Flag, Stored, owned_by_user
from api.models.calendar_feed import FeedDetails

DUE_SOON_MINUTES = 240
# The ORM leaves out None of a new row, so that the column's default would take its place.
NO_DEFAULT: dict[str, object] = {"default": None}
PLANNED = text("next_digest_at IS NOT NULL")


class Digest(StrEnum):
    """How often a digest is sent."""

    OFF = "off"
    DAILY = "daily"
    WEEKLY = "weekly"


class Unavailable(StrEnum):
    """Why no digest and no reminder can be mailed."""

    MAIL_NOT_CONFIGURED = "mail_not_configured"
    NO_PUBLIC_URL = "no_public_url"
    EMAIL_NOT_CONFIRMED = "email_not_confirmed"
    REFUSED_BY_MAIL_SERVER = "refused_by_mail_server"


class Notification(Stored, table=True):
    """The mails that an account wants: one row, or none for the defaults.

    `digest_at` is the wall time in the user's zone, `HH:MM`. `digest_weekday`: 0 is Monday. `due_soon_minutes`: how
    long before a deadline `step.due_soon` and the reminder about a letter come; empty: not at all. `next_digest_at` is
    when the next digest is due; `last_digest_on` the local date of the last one. `refusals`: on how many days in a row
    the mail server refused the address for good, `refused_on` the last of them.
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
    due_soon_minutes: int | None = Column(default=DUE_SOON_MINUTES, sa_column_kwargs=NO_DEFAULT)
    next_digest_at: datetime | None = None
    last_digest_on: date | None = None
    refusals: int = 0
    refused_on: date | None = None


DigestPeriod = Annotated[Digest, Field(description="How often a digest of what is due is mailed.")]
DigestAt = Annotated[ClockTime, Field(description="At which time of the day, in your `time_zone`.")]
DigestWeekday = Annotated[
    int, Field(strict=True, ge=0, le=6, description="The day of a weekly digest; 0 is Monday."), WHOLE
]
WorkdaysOnly = Annotated[Flag, Field(description="Whether a daily digest is left out on days that are no workdays.")]
Details = Annotated[
    FeedDetails,
    Field(description="`minimal`: no mail names company, role or people, for mailboxes that others see."),
]
AfterInterview = Annotated[
    Flag, Field(description="Whether a mail comes when an interview ends: what to write down the same day.")
]
LetterDue = Annotated[
    Flag, Field(description="Whether a mail comes `due_soon_minutes` before a thank-you letter is due.")
]
Lead = Annotated[
    int,
    Field(
        strict=True,
        ge=15,
        le=10_080,
        description="How many minutes before a deadline `step.due_soon` and the reminder about a letter come; null: "
        "they do not come.",
    ),
    WHOLE,
]


class NotificationsUpdate(Body):
    """A merge patch: an absent field stays as it is. The mails that you want."""

    digest: DigestPeriod | MISSING = MISSING
    digest_at: DigestAt | MISSING = MISSING
    digest_weekday: DigestWeekday | MISSING = MISSING
    digest_workdays_only: WorkdaysOnly | MISSING = MISSING
    digest_details: Details | MISSING = MISSING
    after_interview: AfterInterview | MISSING = MISSING
    letter_due: LetterDue | MISSING = MISSING
    due_soon_minutes: Lead | MISSING | None = MISSING


class NotificationsPublic(BaseModel):
    """The mails that you want, and whether they can be sent."""

    model_config = ConfigDict(from_attributes=True)

    digest: DigestPeriod
    digest_at: DigestAt
    digest_weekday: DigestWeekday
    digest_workdays_only: WorkdaysOnly
    digest_details: Details
    after_interview: AfterInterview
    letter_due: LetterDue
    due_soon_minutes: Lead | None
    email_confirmed_at: Annotated[datetime | None, Field(description="Mails go only to a confirmed address.")]
    next_digest_at: Annotated[datetime | None, Field(description="When the next digest is due; null if it is off.")]
    last_digest_on: Annotated[
        date | None,
        Field(description="The last date of which there was a digest; it was mailed only if something was due."),
    ]
    unavailable: Annotated[
        Unavailable | None, Field(description="Why nothing can be mailed; null if it can. Nothing is mailed meanwhile.")
    ]
