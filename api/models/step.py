"""Steps: the stored rows, what users do to them by hand, and the responses."""

import hashlib
from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Index, text
from sqlmodel import Field as Column

from api.models.base import AnyId, Body, Instant, Stored, Text, id_column, json_column, points_at
from api.models.hint import GapPublic, HintPublic, labelled
from api.storage.session import Owned

State = Literal[
    "not_started", "upcoming", "open", "overdue", "done", "done_late", "skipped", "not_applicable", "missed"
]
StepName = Literal["next_stage", "contact_details", "notes", "thank_you", "references", "status_call", "keep_looking"]
Basis = Literal["elapsed", "local_day", "business", "promised", "rolling"]
EvidenceType = Literal["interview", "contact", "note", "letter", "reference", "follow_up", "search_activity"]
Title = Annotated[str, Field(description="What to do, as a heading; the same for every step of this number.")]
DueOnLocal = Annotated[
    date | None,
    Field(
        description="The last day, in `due_zone`, on which it can be done: of a deadline at midnight the day before."
    ),
]
DueText = Annotated[str | None, Field(description="The deadline in words, as the reason has it, with zone and year.")]
Recomputing = Annotated[
    bool,
    Field(description="True while a change of policy or zone is being applied in the background: some are older."),
]
OPEN_ROWS = text("closed_state IS NULL")
STEP_7 = text("number = 7")
CLOSED_ROWS = text("closed_state IS NOT NULL AND number <> 7")
SNOOZED = text("snoozed_until IS NOT NULL")
HAS_SPAN = text("help_span IS NOT NULL")
ENDING_HELP = text("closed_state IS NULL AND helps_until IS NOT NULL")
HELP_SPANS = (8, 40, 100)  # days
LONGER = 30_000  # days: a longer time than all instants allow


def step_id(application_id: str, number: int, scope: str) -> str:
    """Return the id of a step, a UUIDv5 of application, number and scope: it never changes."""
    name = bytes.fromhex(application_id.replace("-", "")) + f"{number}:{scope}".encode()
    digits = hashlib.sha1(name, usedforsecurity=False).hexdigest()  # as in UUIDv5; uuid.uuid5 takes four times as long
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


def help_span(due_at: datetime, helps_until: datetime | None) -> int:
    """Return how many days an open step helps after its deadline, rounded up to one of few figures; 0: always.

    The queue reads the steps that still help as one range of deadlines for each figure. A closed step has none, so the
    column alone selects open rows: then SQLite reads no other index for these ranges.
    """
    if helps_until is None:
        return 0
    return next((days for days in HELP_SPANS if helps_until - due_at <= timedelta(days=days)), LONGER)


class StepInstance(Owned, table=True):
    """A judged step. The state of an open step is not stored: a read compares `opens_at` and `due_at` with the time.

    Nor is it stored whether an overdue step is stale: a read compares `helps_until` with the time.
    `changed_seq` is the account's write counter when the row changed last, `changed_at` the instant.
    """

    __tablename__ = "step_instance"
    __table_args__ = (
        points_at("application", "application_id"),
        Index("ix_step_instance_key", "user_id", "application_id", "number", "scope", unique=True),
        Index("ix_step_instance_queue", "user_id", "due_at", "id", sqlite_where=OPEN_ROWS, postgresql_where=OPEN_ROWS),
        Index("ix_step_instance_opening", "user_id", "opens_at", sqlite_where=OPEN_ROWS, postgresql_where=OPEN_ROWS),
        Index("ix_step_instance_search", "user_id", "application_id", sqlite_where=STEP_7, postgresql_where=STEP_7),
        Index(
            "ix_step_instance_closed", "user_id", "changed_at", sqlite_where=CLOSED_ROWS, postgresql_where=CLOSED_ROWS
        ),
        Index(
            "ix_step_instance_urgency",
            "user_id",
            "help_span",
            "due_at",
            "id",
            sqlite_where=HAS_SPAN,
            postgresql_where=HAS_SPAN,
        ),
        Index(
            "ix_step_instance_helps",
            "user_id",
            "helps_until",
            sqlite_where=ENDING_HELP,
            postgresql_where=ENDING_HELP,
        ),
        Index("ix_step_instance_snooze", "user_id", "snoozed_until", sqlite_where=SNOOZED, postgresql_where=SNOOZED),
    )

    id: str = id_column(primary_key=True)
    application_id: str = id_column()
    number: int
    scope: str = Column(max_length=64)
    opens_at: datetime
    due_at: datetime
    closed_state: str | None = Column(default=None, max_length=16)
    completed_at: datetime | None = None
    reason: str = Column(max_length=32)
    missing: list[str] = json_column(list)
    detail: dict[str, object] = json_column(dict)
    snoozed_until: datetime | None = None
    rules_version: int
    helps_until: datetime | None = None
    help_span: int | None = None
    changed_seq: int = 0
    changed_at: datetime


class StepOverride(Stored, table=True):
    """A dated fact: a step was ticked, skipped or reopened by hand."""

    __tablename__ = "step_override"
    __table_args__ = (
        points_at("application", "application_id"),
        Index("ix_step_override_key", "user_id", "application_id", "number", "scope"),
    )

    application_id: str = id_column()
    number: int
    scope: str = Column(max_length=64)
    action: str = Column(max_length=16)
    at: datetime
    note: str | None = None


class StepByHand(Body):
    """Tick or skip a step by hand."""

    at: Annotated[Instant | None, Field(description="When. Default: now.")] = None
    note: Text | None = None


class StepReopen(Body):
    """Undo that a step was ticked or skipped."""

    at: Annotated[Instant | None, Field(description="When. Default: now.")] = None


class StepSnooze(Body):
    """Leave a step out of the queue until an instant."""

    until: Annotated[Instant, Field(description="In the future, at most 30 days ahead.")]


class StepsSkip(Body):
    """Skip many steps of one application at once."""

    steps: Annotated[list[AnyId], Field(min_length=1, max_length=200)] | Literal["overdue"]
    at: Annotated[Instant | None, Field(description="When. Default: now.")] = None
    note: Text | None = None


SeveralSteps = Annotated[list[AnyId], Field(min_length=1, max_length=100)]


class StepsSnooze(Body):
    """Leave steps of several applications out of the queue until an instant."""

    steps: SeveralSteps
    until: Annotated[Instant, Field(description="In the future, at most 30 days ahead.")]


class StaleStepsSkip(Body):
    """Skip steps of several applications: those of a list of ids, or the stale ones of all applications."""

    steps: SeveralSteps | Literal["stale"]
    at: Annotated[Instant | None, Field(description="When. Default: now.")] = None
    note: Text | None = None


class Reason(BaseModel):
    """Why a step has its state: a code, a sentence, and the values in the sentence."""

    code: Annotated[str, labelled("reason")]
    text: str
    data: dict[str, str | int | bool | None]


class Progress(BaseModel):
    """How many parts are done, and which are missing."""

    done: int
    total: int
    missing: list[str]
    gaps: Annotated[list[GapPublic], Field(description="The same as `missing`, each with the object that it is about.")]


class EvidencePublic(BaseModel):
    """A fact that counts for a step."""

    model_config = ConfigDict(from_attributes=True)

    type: EvidenceType
    id: str
    at: datetime


class AppliedPublic(BaseModel):
    """A rule that was applied, with its inputs and its result."""

    model_config = ConfigDict(from_attributes=True)

    rule: str
    inputs: dict[str, str | int | bool | None]
    result: str | None


class StepPublic(BaseModel):
    """A step of one application: its state at the time of the response, the reason, and what to do next."""

    id: str | None
    application_id: str
    number: int
    step: StepName
    title: Title
    scope: str | None
    state: State
    opens_at: datetime | None
    due_at: datetime | None
    due_zone: str | None
    due_on_local: DueOnLocal
    due_text: DueText
    due_basis: Basis | None
    completed_at: datetime | None
    reason: Reason
    progress: Progress
    evidence: list[EvidencePublic]
    next_action: HintPublic | None
    warnings: list[HintPublic]
    advice: list[HintPublic]
    changes_at: datetime | None
    helps_until: Annotated[
        datetime | None, Field(description="From then on, doing it hardly helps; null: it always helps.")
    ]
    stale: Annotated[bool, Field(description="True if the step is overdue and `helps_until` has passed.")]
    snoozed_until: datetime | None
    trace: list[AppliedPublic] | None


class HeadlineStep(BaseModel):
    """The instance that represents a step number: the most urgent open one, else the latest closed one."""

    number: int
    step: StepName
    title: Title
    state: State
    step_id: str | None
    opens_at: datetime | None
    due_at: datetime | None
    due_zone: str | None
    due_on_local: DueOnLocal
    due_text: DueText
    reason: Reason
    next_action: HintPublic | None


class StepsPublic(BaseModel):
    """The seven steps of an application with every instance. `as_of` is null unless the request had it."""

    application_id: str
    as_of: datetime | None
    recomputing: Recomputing
    headline: list[HeadlineStep]
    steps: list[StepPublic]


class QueueApplication(BaseModel):
    """The application of a step or of an interview, in lists across applications."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    company: str
    role: str


class QueueItem(StepPublic):
    """A step in the queue, with its application."""

    application: QueueApplication


class SkippedSteps(BaseModel):
    """The steps that a request skipped, or would skip with `dry_run`.

    At most 100 steps of at most 50 applications; `has_more` tells whether there are more.
    """

    dry_run: bool
    has_more: bool
    items: list[QueueItem]


class SnoozedSteps(BaseModel):
    """The steps that a request snoozed, or would snooze with `dry_run`, in the order of the request."""

    dry_run: bool
    items: list[QueueItem]


class DeletionPreview(BaseModel):
    """The steps that a deletion would reopen; nothing was deleted."""

    reopened_steps: list[StepPublic]


class StepCount(BaseModel):
    """The counts of one step number, each up to `capped_at`."""

    number: int
    step: StepName
    overdue: int
    stale: int
    open: int
    upcoming: int


class QueueSummary(BaseModel):
    """The queue in numbers. The real value of a count that has reached `capped_at` may be larger.

    `stale` counts the overdue steps that hardly help any more; `overdue` includes them.
    """

    recomputing: Recomputing
    capped_at: int
    overdue: int
    stale: int
    open: int
    upcoming: int
    steps: list[StepCount]
    keep_looking: State
    nothing_scheduled: list[QueueApplication]
    next_change_at: datetime | None
