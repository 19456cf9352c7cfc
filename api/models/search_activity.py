"""Search activities: what the user did for the job search."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import MISSING, Field
from sqlalchemy import Index
from sqlmodel import Field as Column

from api.models.base import (
    AnyId,
    Body,
    Id,
    Instant,
    Shown,
    Stored,
    Text,
    id_column,
    owned_by_user,
    points_at,
)


class ActivityKind(StrEnum):
    """The kind of a search activity."""

    APPLIED = "applied"
    SEARCH = "search"
    NETWORKING = "networking"
    AGENCY = "agency"
    EVENT = "event"
    INTERVIEW = "interview"
    OTHER = "other"


class SearchActivity(Stored, table=True):
    """An activity. One with an application counts for all applications but this one."""

    __tablename__ = "search_activity"
    __table_args__ = (
        owned_by_user(),
        points_at("application", "application_id"),
        Index("ix_search_activity_at", "user_id", "at", "id"),
        Index("ix_search_activity_application", "user_id", "application_id"),
    )

    at: datetime
    kind: str = Column(max_length=16)
    application_id: str | None = id_column(nullable=True)
    note: str | None = None


ApplicationOrNone = Annotated[
    AnyId | None, Field(description="The application that it belongs to; null: it counts for all.")
]


class SearchActivityCreate(Body):
    """Something you did for the job search. It counts for step 7 of every other application."""

    at: Annotated[Instant | None, Field(description="Default: now.")] = None
    kind: ActivityKind
    application_id: ApplicationOrNone = None
    note: Text | None = None
    id: Id | None = None


class SearchActivityUpdate(Body):
    """A merge patch: an absent field stays as it is, null clears it. Something you did for the job search."""

    at: Instant | MISSING = MISSING
    kind: ActivityKind | MISSING = MISSING
    application_id: ApplicationOrNone | MISSING = MISSING
    note: Text | MISSING | None = MISSING


class SearchActivityPublic(Shown):
    """Something you did for the job search. It counts for step 7 of every other application."""

    at: datetime
    kind: ActivityKind
    application_id: ApplicationOrNone
    note: Text | None
