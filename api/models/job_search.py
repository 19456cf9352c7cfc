"""The report of a job search, made from facts that are dated; nothing of it is stored."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from api.models.application import Stage


class ReportKind(StrEnum):
    """What a row of the report is about: applying, an interview, contact with the employer, another activity."""

    APPLICATION = "application"
    INTERVIEW = "interview"
    FOLLOW_UP = "follow_up"
    SEARCH_ACTIVITY = "search_activity"


class ReportStage(BaseModel):
    """An entry of a stage history, with its local date in your zone; null if it has no date."""

    stage: Stage
    on: date | None


class ReportRow(BaseModel):
    """One thing that you did. `on` is your local date; null in `without_date`."""

    on: date | None
    kind: ReportKind
    action: Annotated[str, Field(description="What was done: `Applied`, `Interview`, `Called` …")]
    how: Annotated[str | None, Field(description="The source of an application, or how you were in contact.")]
    employer: str | None
    position: str | None
    place: str | None
    result: Annotated[
        str | None, Field(description="The stage of the application at the time of the report, with its date.")
    ]
    posting_url: str | None
    application_id: str | None
    people: Annotated[
        list[str] | None, Field(description="The names of those you spoke to; null unless `contacts=true`.")
    ]
    stages: Annotated[list[ReportStage] | None, Field(description="The stage history; null without `details=history`.")]


class ReportCounts(BaseModel):
    """How many rows of each kind there are."""

    applications: int
    interviews: int
    follow_ups: int
    search_activities: int


class ReportWeek(ReportCounts):
    """The counts of a week by ISO 8601 (from Monday), or of its days within the period."""

    week: Annotated[str, Field(description="Such as `2026-W10`.")]
    from_on: date
    to_on: date


class JobSearchReport(BaseModel):
    """What you did for your job search in a period. `from_on` and `to_on` are dates in your zone, both included."""

    full_name: str
    email: str
    from_on: date
    to_on: date
    time_zone: str
    made_on: date
    include: list[Literal["applications", "interviews", "follow_ups", "search_activities"]]
    counts: ReportCounts
    weeks: list[ReportWeek]
    rows: list[ReportRow]
    without_date: Annotated[
        list[ReportRow],
        Field(description="Applications of which the date is not known, recorded in the period; not in the counts."),
    ]
