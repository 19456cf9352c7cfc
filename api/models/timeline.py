"""The timeline of an application: its steps as bars, and what happened as marks."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.models.step import State, StepName

MarkKind = Literal["interview", "stage", "contacted", "contacted_you", "offer"]


class TimelineBar(BaseModel):
    """A step from its opening to its deadline. `label` names its round, or the contact after which it opened."""

    model_config = ConfigDict(from_attributes=True)

    step_id: str
    opens_at: datetime
    due_at: datetime
    due_zone: str
    completed_at: datetime | None
    state: State
    label: str
    reason: str


class TimelineLane(BaseModel):
    """The bars of one step number by opening, and the state of its most urgent step."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    step: StepName
    state: State
    bars: list[TimelineBar]


class TimelineMark(BaseModel):
    """An interview, a stage, a contact with the employer (`contacted` is by you), or an offer."""

    model_config = ConfigDict(from_attributes=True)

    kind: MarkKind
    at: datetime
    label: str


class TimelinePublic(BaseModel):
    """The steps and events of an application between two local midnights in the employer's zone."""

    model_config = ConfigDict(from_attributes=True)

    application_id: str
    company: str
    role: str
    zone: str
    starts_at: datetime
    ends_at: datetime
    now: Annotated[
        datetime | None,
        Field(
            description="Where the picture shows the current time: `as_of`, else the latest full hour or later event. "
            "Null if it is outside, after the end of a closed application."
        ),
    ]
    is_complete: Annotated[
        bool, Field(description="False if older bars or marks were left out: there are at most 200 of a kind.")
    ]
    summary: str
    lanes: list[TimelineLane]
    marks: list[TimelineMark]
