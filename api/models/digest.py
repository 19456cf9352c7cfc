"""The digest as the API shows it: what is overdue, what is due until the next one, and the interviews until then."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.models.notification import Details, DigestPeriod
from api.models.step import QueueApplication, Recomputing, StepName, Title

More = Annotated[int, Field(description="How many more there are; counted up to 1,000.")]
AppUrl = Annotated[str | None, Field(description="Its page in the frontend of this server, if that is known.")]


OfOne = Annotated[
    QueueApplication | None,
    Field(description="Null for step 7, which is one line for all applications, and with minimal details."),
]


class DigestStep(BaseModel):
    """A step in a digest."""

    model_config = ConfigDict(from_attributes=True)

    step_id: str
    number: int
    step: StepName
    title: Title
    application: OfOne
    due_at: datetime
    due_text: str
    why: Annotated[str, Field(description="Why it is due, in words.")]
    app_url: AppUrl


class DigestInterview(BaseModel):
    """An interview in a digest. `text` has its round, its time and, unless details are minimal, people and place."""

    model_config = ConfigDict(from_attributes=True)

    interview_id: str
    application: OfOne
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    text: str
    app_url: AppUrl


class IdleApplication(BaseModel):
    """A live application for which nothing is scheduled."""

    model_config = ConfigDict(from_attributes=True)

    application: OfOne
    app_url: AppUrl


class DigestSteps(BaseModel):
    """At most ten steps."""

    model_config = ConfigDict(from_attributes=True)

    items: list[DigestStep]
    more: More


class DigestInterviews(BaseModel):
    """At most ten interviews."""

    model_config = ConfigDict(from_attributes=True)

    items: list[DigestInterview]
    more: More


class IdleApplications(BaseModel):
    """At most ten live applications for which nothing is scheduled; in a weekly digest only."""

    model_config = ConfigDict(from_attributes=True)

    items: list[IdleApplication]
    more: More


class DigestPublic(BaseModel):
    """A digest. `as_of` is null if the request did not send it."""

    model_config = ConfigDict(from_attributes=True)

    as_of: datetime | None
    at: Annotated[datetime, Field(description="The instant of which the digest speaks.")]
    on: Annotated[date, Field(description="Its date in your zone.")]
    until: Annotated[datetime, Field(description="When the next digest would be due.")]
    time_zone: str
    period: DigestPeriod
    details: Details
    subject: Annotated[str, Field(description="The subject of the mail; it names nobody.")]
    empty: Annotated[bool, Field(description="True if nothing is due; then no mail is sent.")]
    recomputing: Recomputing
    overdue: Annotated[DigestSteps, Field(description="Newest deadline first, without snoozed and stale steps.")]
    due: Annotated[DigestSteps, Field(description="What is due until `until`, by deadline.")]
    interviews: DigestInterviews
    nothing_scheduled: IdleApplications
    stale: Annotated[
        int, Field(description="How many steps are overdue that hardly help any more; counted up to 1,000.")
    ]
