"""What the events of each type say: the models of their data, what they mean, and an example of each."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.models.application import Stage
from api.models.event import EventType
from api.models.follow_up import Direction, FollowUpChannel, Outcome
from api.models.hint import labelled
from api.models.import_answers import ImportKind
from api.models.import_public import ImportCounts, ImportState
from api.models.interview import InterviewKind, InterviewStatus
from api.models.letter import Channel, LetterKind
from api.models.offer import OfferDecision
from api.models.step import Basis, State, StepName
from api.models.webhook import DisabledReason

AppUrl = Annotated[str | None, Field(description="The page in the frontend, if the server knows one.")]


class EventApplication(BaseModel):
    """The application that an event is about, as it was then."""

    id: str
    company: str
    role: str
    stage: Stage
    app_url: AppUrl


class EventReason(BaseModel):
    """Why a step has its state, as a code."""

    code: Annotated[str, labelled("reason")]


class EventStep(BaseModel):
    """A step as it was when the event was written."""

    id: str
    number: int
    step: StepName
    scope: str
    state: State
    opens_at: datetime
    due_at: datetime
    due_zone: str
    due_basis: Basis
    completed_at: datetime | None
    reason: EventReason
    missing: list[str]
    snoozed_until: datetime | None
    app_url: AppUrl


class PreviousStep(BaseModel):
    """What the step was before."""

    state: State
    due_at: datetime


class StepEventData(BaseModel):
    """A step, and what it was before if a fact changed it.

    `corrected`: an earlier event said that it was overdue, and by what is known now it was not.
    """

    application: EventApplication
    step: EventStep
    previous: PreviousStep | None
    corrected: bool


class RecomputedData(BaseModel):
    """Many steps changed at once: read the lists again."""

    cause: Annotated[
        Literal["recomputation", "write"],
        Field(description="`recomputation`: of the whole account, after a change of policy, zone or rules."),
    ]
    count: Annotated[int, Field(description="How many steps came, went, or have other dates or another state.")]


class ApplicationEventData(BaseModel):
    """An application."""

    application: EventApplication


class StageChangedData(BaseModel):
    """An application with its previous and its present stage. `dated`: whether `at` was recorded."""

    model_config = ConfigDict(populate_by_name=True)

    application: EventApplication
    from_: Annotated[Stage, Field(alias="from")]
    to: Stage
    at: datetime
    dated: bool


class EventInterview(BaseModel):
    """An interview, without people and places."""

    id: str
    round_no: int
    kind: InterviewKind
    status: InterviewStatus
    starts_at: datetime
    ends_at: datetime
    time_zone: str


class PreviousTimes(BaseModel):
    """When the interview was to be before; `ends_at` is null if its end was not recorded."""

    starts_at: datetime
    ends_at: datetime | None


class InterviewEventData(BaseModel):
    """An interview, and if it was moved, when it was to be before."""

    application: EventApplication
    interview: EventInterview
    previous: PreviousTimes | None


class EventLetter(BaseModel):
    """A letter that was sent, without its text."""

    id: str
    kind: LetterKind
    interview_id: str | None
    at: datetime
    channel: Channel | None


class LetterEventData(BaseModel):
    """A letter."""

    application: EventApplication
    letter: EventLetter


class EventFollowUp(BaseModel):
    """A contact with the employer."""

    id: str
    direction: Direction
    at: datetime
    channel: FollowUpChannel | None
    outcome: Outcome | None


class FollowUpEventData(BaseModel):
    """A follow-up."""

    application: EventApplication
    follow_up: EventFollowUp


class EventOffer(BaseModel):
    """An offer, without the pay."""

    id: str
    received_at: datetime
    respond_by: datetime | None
    decision: OfferDecision | None
    decided_at: datetime | None


class OfferEventData(BaseModel):
    """An offer."""

    application: EventApplication
    offer: EventOffer


class DisabledWebhook(BaseModel):
    """A webhook that was switched off, without its address."""

    id: str
    description: str | None
    disabled_reason: DisabledReason
    disabled_at: datetime


class WebhookDisabledData(BaseModel):
    """Another webhook of the account was switched off."""

    webhook: DisabledWebhook


class EventImport(BaseModel):
    """An import that ran or was undone. `stopped`: it did not come to its end."""

    id: str
    kind: ImportKind
    state: ImportState
    counts: ImportCounts


class ImportEventData(BaseModel):
    """An import."""

    import_: Annotated[EventImport, Field(alias="import")]


class PingData(BaseModel):
    """Nothing: the event only shows that the webhook works."""


_APPLICATION: dict[str, Any] = {
    "id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "company": "Larkfield Press",
    "role": "Editor",
    "stage": "interviewing",
    "app_url": None,
}
_STEP: dict[str, Any] = {
    "id": "5b1c9d36-7f0b-5d7a-9c55-2f6a3f1f0c11",
    "number": 4,
    "step": "thank_you",
    "scope": "interview:01890a5d-b1c2-7d3e-8f4a-5b6c7d8e9f01",
    "state": "overdue",
    "opens_at": "2026-03-02T16:00:00Z",
    "due_at": "2026-03-03T16:00:00Z",
    "due_zone": "America/New_York",
    "due_basis": "elapsed",
    "completed_at": None,
    "reason": {"code": "send_thank_you"},
    "missing": ["letter"],
    "snoozed_until": None,
    "app_url": None,
}
_INTERVIEW: dict[str, Any] = {
    "id": "01890a5d-b1c2-7d3e-8f4a-5b6c7d8e9f01",
    "round_no": 1,
    "kind": "onsite",
    "status": "scheduled",
    "starts_at": "2026-03-02T15:00:00Z",
    "ends_at": "2026-03-02T16:00:00Z",
    "time_zone": "America/New_York",
}
_LETTER = {
    "id": "01890a5d-c3d4-7e5f-9a6b-7c8d9e0f1a2b",
    "kind": "thank_you",
    "interview_id": _INTERVIEW["id"],
    "at": "2026-03-03T14:30:00Z",
    "channel": "email",
}
_FOLLOW_UP = {
    "id": "01890a5d-d5e6-7f70-8b7c-8d9e0f1a2b3c",
    "direction": "out",
    "at": "2026-03-09T15:00:00Z",
    "channel": "phone",
    "outcome": "spoke",
}
_OFFER: dict[str, Any] = {
    "id": "01890a5d-e7f8-7081-9c8d-9e0f1a2b3c4d",
    "received_at": "2026-03-12T10:00:00Z",
    "respond_by": "2026-03-19T17:00:00Z",
    "decision": None,
    "decided_at": None,
}
_BEFORE = {"state": "overdue", "due_at": "2026-03-03T16:00:00Z"}


_COUNTS = {
    **dict.fromkeys(ImportCounts.model_fields, 0),
    "new": 38,
    "duplicate": 2,
    "done": 38,
}
_IMPORT: dict[str, Any] = {
    "id": "01890a5e-1b2c-7d3e-9f4a-5b6c7d8e9f0a",
    "kind": "csv",
    "state": "finished",
    "counts": _COUNTS,
}


def _step(previous: dict[str, str] | None = None, *, corrected: bool = False, **values: object) -> dict[str, Any]:
    step = {**_STEP, **values}
    return {"application": _APPLICATION, "step": step, "previous": previous, "corrected": corrected}


def _interview(previous: dict[str, str] | None = None, **values: object) -> dict[str, Any]:
    return {"application": _APPLICATION, "interview": {**_INTERVIEW, **values}, "previous": previous}


_DONE = {"state": "done", "completed_at": "2026-03-03T14:30:00Z", "missing": [], "reason": {"code": "evidence"}}
_MOVED = {"starts_at": "2026-03-01T15:00:00Z", "ends_at": "2026-03-01T16:00:00Z"}
EXAMPLES: Mapping[EventType, dict[str, Any]] = {
    EventType.STEP_OPENED: _step(state="open"),
    EventType.STEP_DUE_SOON: _step(state="open"),
    EventType.STEP_OVERDUE: _step(),
    EventType.STEP_SCHEDULED: _step(state="upcoming", reason={"code": "not_open_yet"}),
    EventType.STEP_CHANGED: _step(_BEFORE, corrected=True, state="open", due_at="2026-03-04T16:00:00Z"),
    EventType.STEP_DONE: _step(_BEFORE, corrected=True, **_DONE),
    EventType.STEP_CLOSED: _step(_BEFORE, state="skipped", completed_at="2026-03-03T17:00:00Z", missing=[]),
    EventType.STEP_REOPENED: _step({**_BEFORE, "state": "done"}),
    EventType.STEP_REMOVED: _step(_BEFORE, corrected=True),
    EventType.STEPS_RECOMPUTED: {"cause": "recomputation", "count": 212},
    EventType.APPLICATION_CREATED: {"application": {**_APPLICATION, "stage": "applied"}},
    EventType.APPLICATION_STAGE_CHANGED: {
        "application": _APPLICATION,
        "from": "applied",
        "to": "interviewing",
        "at": "2026-02-25T09:00:00Z",
        "dated": True,
    },
    EventType.APPLICATION_DELETED: {"application": _APPLICATION},
    EventType.APPLICATION_RESTORED: {"application": _APPLICATION},
    EventType.INTERVIEW_SCHEDULED: _interview(),
    EventType.INTERVIEW_RESCHEDULED: _interview(_MOVED),
    EventType.INTERVIEW_CANCELLED: _interview(status="cancelled"),
    EventType.INTERVIEW_DELETED: _interview(),
    EventType.LETTER_SENT: {"application": _APPLICATION, "letter": _LETTER},
    EventType.FOLLOW_UP_RECORDED: {"application": _APPLICATION, "follow_up": _FOLLOW_UP},
    EventType.OFFER_RECEIVED: {"application": {**_APPLICATION, "stage": "offered"}, "offer": _OFFER},
    EventType.OFFER_DECIDED: {
        "application": {**_APPLICATION, "stage": "accepted"},
        "offer": {**_OFFER, "decision": "accepted", "decided_at": "2026-03-16T12:00:00Z"},
    },
    EventType.IMPORT_FINISHED: {"import": _IMPORT},
    EventType.IMPORT_UNDONE: {
        "import": {**_IMPORT, "state": "undone", "counts": {**_COUNTS, "undone": 37, "kept": 1, "done": 0}}
    },
    EventType.WEBHOOK_DISABLED: {
        "webhook": {
            "id": "01890a5d-f90a-7192-8d9e-0f1a2b3c4d5e",
            "description": "The team's chat",
            "disabled_reason": "failures",
            "disabled_at": "2026-03-20T08:00:00Z",
        }
    },
    EventType.PING: {},
}
DATA: Mapping[EventType, type[BaseModel]] = {
    **{type_: StepEventData for type_ in EventType if type_.startswith("step.")},
    **{type_: ApplicationEventData for type_ in EventType if type_.startswith("application.")},
    **{type_: InterviewEventData for type_ in EventType if type_.startswith("interview.")},
    **{type_: OfferEventData for type_ in EventType if type_.startswith("offer.")},
    **{type_: ImportEventData for type_ in EventType if type_.startswith("import.")},
    EventType.STEPS_RECOMPUTED: RecomputedData,
    EventType.APPLICATION_STAGE_CHANGED: StageChangedData,
    EventType.LETTER_SENT: LetterEventData,
    EventType.FOLLOW_UP_RECORDED: FollowUpEventData,
    EventType.WEBHOOK_DISABLED: WebhookDisabledData,
    EventType.PING: PingData,
}
MEANINGS: Mapping[EventType, str] = {
    EventType.STEP_OPENED: "A step opened: `opens_at` has passed.",
    EventType.STEP_DUE_SOON: "A step is due soon: as many minutes before `due_at` as your notifications say.",
    EventType.STEP_OVERDUE: "A step became overdue: `due_at` has passed.",
    EventType.STEP_SCHEDULED: "A step is new, with the state in which it begins.",
    EventType.STEP_CHANGED: "`opens_at` or `due_at` of a step moved.",
    EventType.STEP_DONE: "A step was done, in time or late.",
    EventType.STEP_CLOSED: "A step was closed without being done: skipped, not applicable or missed.",
    EventType.STEP_REOPENED: "A step that was closed is open again.",
    EventType.STEP_REMOVED: "A step is gone, because the fact behind it is; its application is still there.",
    EventType.STEPS_RECOMPUTED: "Many steps changed at once: read the lists again.",
    EventType.APPLICATION_CREATED: "An application was recorded.",
    EventType.APPLICATION_STAGE_CHANGED: "An application has another stage.",
    EventType.APPLICATION_DELETED: "An application was deleted, with its steps.",
    EventType.APPLICATION_RESTORED: "A deleted application is back.",
    EventType.INTERVIEW_SCHEDULED: "An interview was recorded, also one that took place.",
    EventType.INTERVIEW_RESCHEDULED: "An interview has another start or another planned end.",
    EventType.INTERVIEW_CANCELLED: "An interview was cancelled.",
    EventType.INTERVIEW_DELETED: "An interview was deleted: it was recorded by mistake.",
    EventType.LETTER_SENT: "A letter was sent.",
    EventType.FOLLOW_UP_RECORDED: "A contact with the employer was recorded.",
    EventType.OFFER_RECEIVED: "An offer was recorded.",
    EventType.OFFER_DECIDED: "You accepted or declined an offer.",
    EventType.IMPORT_FINISHED: "An import ran, or was stopped. It gives no events of single facts and steps.",
    EventType.IMPORT_UNDONE: "An import was undone.",
    EventType.WEBHOOK_DISABLED: "Another webhook was switched off, because it failed for five days or answered 410.",
    EventType.PING: "A test of the webhook.",
}
_ENVELOPE = {
    "id": "01890a5e-0a1b-7c2d-8e3f-4a5b6c7d8e9f",
    "timestamp": "2026-03-03T16:00:00Z",
    "sequence": 42,
    "test": False,
}


def event_example(type_: EventType) -> dict[str, Any]:
    """Return the example of an event, as it is sent."""
    return {**_ENVELOPE, "type": type_.value, "data": EXAMPLES[type_]}
