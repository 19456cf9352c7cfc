"""Search activities: what was done to keep other doors open."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field
from sqlalchemy import Index
from sqlmodel import Field as Column

from api.models.base import (
    AnyId,
    Body,
    Id,
    Instant,
    Stored,
    Text,
    id_column,
    merge_patch,
    owned_by_user,
    points_at,
    shown,
)


class ActivityKind(StrEnum):
    """What was done."""

    APPLIED = "applied"
    SEARCH = "search"
    NETWORKING = "networking"
    AGENCY = "agency"
    EVENT = "event"
    INTERVIEW = "interview"
    OTHER = "other"


class SearchActivity(Stored, table=True):
    """An activity; one that belongs to an application counts for all the others only."""

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


class SearchActivityFields(Body):
    """Something done for the search; it covers step 7 of every other application."""

    at: Annotated[Instant | None, Field(description="Default: now.")] = None
    kind: ActivityKind
    application_id: Annotated[AnyId | None, Field(description="The application it belongs to; none: general.")] = None
    note: Text | None = None


class SearchActivityCreate(SearchActivityFields):
    """Something done for the search; it covers step 7 of every other application."""

    id: Id | None = None


SearchActivityUpdate = merge_patch(SearchActivityFields, "SearchActivityUpdate", without=["at"], also={"at": Instant})
SearchActivityPublic = shown(SearchActivityFields, "SearchActivityPublic", without=["at"], at=datetime)
