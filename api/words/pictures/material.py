"""What a timeline shows: the steps of an application as bars, and what happened as marks. All instants are in UTC."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

STEP_NAMES = {
    1: "Next stage",
    2: "Contact details",
    3: "Notes",
    4: "Thank-you letter",
    5: "References",
    6: "Status call",
    7: "Keep looking",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A step from its opening to its deadline. `label`: its round or contact; `reason`: why it has its state."""

    step_id: str
    opens_at: datetime
    due_at: datetime
    due_zone: str
    completed_at: datetime | None
    state: str
    label: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """The bars of one step number, in the order of their opening, and the state of its most urgent one."""

    number: int
    step: str
    state: str
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What happened or is planned. `kind`: `interview`, `stage`, `contacted` (by you), `contacted_you` or `offer`."""

    kind: str
    at: datetime
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The steps and the events of one application between two local midnights; `zone` is the employer's.

    `now` is None if it lies outside. `is_complete`: no bar and no mark was left out.
    """

    application_id: str
    company: str
    role: str
    zone: str
    starts_at: datetime
    ends_at: datetime
    now: datetime | None
    is_complete: bool
    summary: str
    lanes: Sequence[Lane]
    marks: Sequence[Mark]
