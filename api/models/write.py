"""What a write answers to a caller who asks for its effects, or tries it without writing."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from api.models.base import AnyId
from api.models.step import StepName

EffectKind = Literal["opened", "done", "done_late", "skipped", "not_applicable", "missed", "reopened", "moved", "gone"]


class StepEffect(BaseModel):
    """What a write does to one step.

    `opened`: the step is new; it may be upcoming. `moved`: an open step has another deadline, or opens at another time.
    `gone`: the fact that caused it is no longer there. The others are states.
    """

    application_id: AnyId
    company: str
    step_id: AnyId
    number: int
    step: StepName
    change: EffectKind
    due_at_was: Annotated[datetime | None, Field(description="The deadline before; null for a new step.")]
    due_at: Annotated[datetime | None, Field(description="The deadline after; null for a step that is gone.")]


class LoggedWrite(BaseModel):
    """The entry of a write in the log of writes, and until when it can be undone there."""

    id: AnyId
    undo_until: datetime


class WriteReport(BaseModel):
    """A write and its effects: what a write answers with `effects` or `dry_run`.

    `status`, `location`, `etag` and `body` are those of the response without these parameters; of a dry run, the
    address, the version and the ids of new objects are of no later use.
    """

    dry_run: Annotated[bool, Field(description="True: nothing was written.")]
    status: int
    location: str | None
    etag: str | None
    body: Annotated[dict[str, Any] | None, Field(description="Null for a response without a body.")]
    effects: Annotated[
        list[StepEffect] | None,
        Field(
            description="The steps that change, of all applications, the first 200; null if the token may not read "
            "steps (`steps:read`)."
        ),
    ]
    more_effects: Annotated[int, Field(description="How many more steps change than `effects` has.")]
    recomputing: Annotated[
        bool, Field(description="True: more steps change in the background, because many applications are affected.")
    ]
    write: Annotated[LoggedWrite | None, Field(description="Null unless the write is logged so that it can be undone.")]
