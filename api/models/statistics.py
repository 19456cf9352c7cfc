"""Statistics over the applications of a user: how far they came, and how long the answers took."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

LevelName = Literal["applied", "answered", "interviewing", "offered", "accepted"]
EndingName = Literal["accepted", "declined", "rejected", "withdrawn", "no_response"]


class GroupBy(StrEnum):
    """By what the applications are grouped."""

    NONE = "none"
    SOURCE = "source"
    WORK_MODE = "work_mode"


GroupValue = Annotated[
    str | None, Field(description="The value that they have in common; null if none is recorded, or for the others.")
]
IsOther = Annotated[bool, Field(description="The applications of all groups with fewer than five.")]
IsComplete = Annotated[bool, Field(description="False if only the newest 10,000 applications are counted.")]
Undated = Annotated[int, Field(description="Applications that are not counted, because a date is not known.")]
Summary = Annotated[str, Field(description="What the figures say, as a sentence.")]


class ReachedPublic(BaseModel):
    """How many applications ever reached a level or a later one. `percent` is null for fewer than ten applications."""

    model_config = ConfigDict(from_attributes=True)

    name: LevelName
    count: int
    percent: int | None


class EndedPublic(BaseModel):
    """How many applications ended in a way."""

    model_config = ConfigDict(from_attributes=True)

    outcome: EndingName
    count: int


class FunnelFigures(BaseModel):
    """How many applications reached each level, and how they stand."""

    model_config = ConfigDict(from_attributes=True)

    applied: int
    too_few: Annotated[bool, Field(description="There are fewer than ten applications, so there are no percentages.")]
    levels: list[ReachedPublic]
    endings: list[EndedPublic]
    waiting: Annotated[int, Field(description="Live applications without an answer.")]
    fresh: Annotated[
        int | None,
        Field(description="Those of them that wait for fewer days than the median answer took; null without a median."),
    ]
    summary: Summary


class FunnelGroup(FunnelFigures):
    """The figures of the applications with the same value."""

    value: GroupValue
    is_other: IsOther


class FunnelPublic(FunnelFigures):
    """How far the applications came that were applied for from one day to another, both included."""

    applied_from: date | None
    applied_to: date | None
    by: GroupBy
    undated: Undated
    is_complete: IsComplete
    groups: list[FunnelGroup]


class DaysPublic(BaseModel):
    """The applications in a range of days, both ends included; `to_days` is null for the last range."""

    model_config = ConfigDict(from_attributes=True)

    from_days: int
    to_days: int | None
    answered: int
    waiting: int
    silent: int


class ResponseFigures(BaseModel):
    """Days from the application to the first answer, in the employer's zone."""

    model_config = ConfigDict(from_attributes=True)

    count: int
    answered: int
    waiting: Annotated[int, Field(description="Live applications without an answer; their days are those until now.")]
    silent: Annotated[
        int, Field(description="Applications that ended without an answer; their days are those until then.")
    ]
    too_few: Annotated[bool, Field(description="There are fewer than five answers, so there is no median.")]
    median_days: Annotated[int | None, Field(description="Half of the answers came within so many days.")]
    longest_wait_days: int | None
    days: list[DaysPublic]
    undated: Undated
    summary: Summary


class ResponseGroup(ResponseFigures):
    """The figures of the applications with the same value."""

    value: GroupValue
    is_other: IsOther


class ResponseTimesPublic(ResponseFigures):
    """How long the answers took to the applications from one day to another, both included."""

    applied_from: date | None
    applied_to: date | None
    by: GroupBy
    is_complete: IsComplete
    groups: list[ResponseGroup]
