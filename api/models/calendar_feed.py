"""Calendar feeds: secret addresses from which calendar programs read interviews and steps."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import MISSING, Field
from sqlalchemy import Index
from sqlmodel import Field as Column

from api.models.base import WHOLE, Body, Flag, Id, Line, Shown, Stored, owned_by_user

FeedSteps = Literal["events", "todos", "both", "none"]
FeedDetails = Literal["full", "minimal"]
FetchedBy = Literal["google", "apple", "outlook", "thunderbird", "nextcloud", "icsx5", "other"]


class CalendarFeed(Stored, table=True):
    """A calendar feed. Only a hash of the secret in its address is stored."""

    __tablename__ = "calendar_feed"
    __table_args__ = (owned_by_user(), Index("ix_calendar_feed_created", "user_id", "created_at", "id"))

    name: str = Column(max_length=200)
    hash: str = Column(max_length=64, unique=True)
    interviews: bool
    steps: str = Column(max_length=8)
    details: str = Column(max_length=8)
    alarms: bool
    alarm_minutes: int
    last_fetched_at: datetime | None = None
    last_fetched_by: str | None = Column(default=None, max_length=16)


FeedName = Annotated[Line, Field(description="The name of the calendar in calendar programs.")]
Interviews = Annotated[Flag, Field(description="Whether interviews are in the feed.")]
Steps = Annotated[
    FeedSteps,
    Field(description="How steps are shown: most calendar programs show only events; Thunderbird also shows to-dos."),
]
Details = Annotated[
    FeedDetails,
    Field(description="`minimal` leaves out company, role, people, places and links, for calendars that others see."),
]
Alarms = Annotated[
    Flag, Field(description="Whether entries have a reminder. Most programs ignore reminders of subscribed calendars.")
]
AlarmMinutes = Annotated[
    int, Field(strict=True, ge=5, le=10_080, description="How many minutes before an interview or a deadline."), WHOLE
]


class CalendarFeedCreate(Body):
    """What a calendar feed shows."""

    name: FeedName = "Afterword"
    interviews: Interviews = True
    steps: Steps = "events"
    details: Details = "full"
    alarms: Alarms = False
    alarm_minutes: AlarmMinutes = 60
    id: Id | None = None


class CalendarFeedUpdate(Body):
    """A merge patch: an absent field stays as it is. What a calendar feed shows."""

    name: FeedName | MISSING = MISSING
    interviews: Interviews | MISSING = MISSING
    steps: Steps | MISSING = MISSING
    details: Details | MISSING = MISSING
    alarms: Alarms | MISSING = MISSING
    alarm_minutes: AlarmMinutes | MISSING = MISSING


class CalendarFeedPublic(Shown):
    """A calendar feed. Its address is in the response that creates or rotates it, and is never shown again."""

    derived: ClassVar[tuple[str, ...]] = ("last_fetched_at", "last_fetched_by")

    name: FeedName
    interviews: Interviews
    steps: Steps
    details: Details
    alarms: Alarms
    alarm_minutes: AlarmMinutes
    url: Annotated[str | None, Field(description="The secret address, shown once; null in all other responses.")]
    webcal_url: Annotated[str | None, Field(description="The same address as a link that opens a calendar program.")]
    last_fetched_at: Annotated[datetime | None, Field(description="The last fetch; may be an hour old.")]
    last_fetched_by: Annotated[FetchedBy | None, Field(description="The program of that fetch, by its `User-Agent`.")]
