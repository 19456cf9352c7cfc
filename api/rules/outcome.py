"""What the rules produce: drafts of one step, judged instances, and the records in which they are stored."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

Data = Mapping[str, str | int | bool | None]

STEPS = {
    1: "next_stage",
    2: "contact_details",
    3: "notes",
    4: "thank_you",
    5: "references",
    6: "status_call",
    7: "keep_looking",
}
STATES = (
    "not_started",
    "upcoming",
    "open",
    "overdue",
    "done",
    "done_late",
    "skipped",
    "not_applicable",
    "missed",
)
APPLICATION = "application"


class Evidence(NamedTuple):
    """A fact that made a part of a step complete."""

    type: str
    id: str
    at: datetime


BY_TIME = attrgetter("at", "type", "id")


def earliest(found: Sequence[Evidence]) -> Evidence | None:
    """Return the evidence that was there first."""
    return min(found, key=BY_TIME) if len(found) > 1 else found[0] if found else None


def evidence(type_: str, id_: str, at: datetime | None) -> Evidence | None:
    """Return the fact as evidence where it is known, else None."""
    return Evidence(type_, id_, at) if at is not None else None


class Hint(NamedTuple):
    """Something to do or to know: the shape of next actions, warnings and advice alike.

    `href` may hold one `{…}` where the caller has to choose whom.
    """

    code: str
    text: str
    method: str | None = None
    href: str | None = None


class Cue(NamedTuple):
    """Which hint, and about whom: `api.rules.hints` has the words, which are put in when it is read."""

    key: str
    about: Mapping[str, str] = {}


class Timed(NamedTuple):
    """A next action or a tip that holds from an instant on (None: from the beginning)."""

    since: datetime | None
    cue: Cue | None


NOTHING_YET = Timed(None, None)


class Part(NamedTuple):
    """One thing that a step asks for: when it was there, by what; `due` only where it differs from the step's."""

    name: str
    evidence: Evidence | None = None
    due: datetime | None = None

    @property
    def at(self) -> datetime | None:
        """When this was there, None while it is missing."""
        return self.evidence.at if self.evidence else None


class Applied(NamedTuple):
    """A rule that was applied, with its inputs and what came out, for `explain`."""

    rule: str
    inputs: Data
    result: str | None


class Window(NamedTuple):
    """When a step opens and falls due (half open: at `due_at` it is overdue), by whose clock and on what grounds."""

    opens_at: datetime
    due_at: datetime
    zone: str
    basis: str


class Draft(NamedTuple):
    """A step of one key before it is judged. `asks` is the reason code while it is open.

    `advice` stays when the step has ended; `tips` are advice for as long as it has not. They begin with an end, an
    opening or a deadline only: these make new entity tags.
    """

    number: int
    scope: str
    window: Window
    asks: str
    data: Data
    parts: tuple[Part, ...] = ()
    not_applicable: str | None = None
    done_reason: str = "evidence"
    actions: tuple[Timed, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    warnings: tuple[Cue, ...] = ()
    advice: tuple[Cue, ...] = ()
    tips: tuple[Timed, ...] = ()
    trace: tuple[Applied, ...] = ()


class Instance(NamedTuple):
    """A judged step of one key: all that is stored. It holds no state, only what the clock is compared with."""

    number: int
    scope: str
    opens_at: datetime
    due_at: datetime
    due_zone: str
    due_basis: str
    closed_state: str | None
    completed_at: datetime | None
    reason: str
    data: Data
    total: int
    missing: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    actions: tuple[Timed, ...]
    warnings: tuple[Cue, ...]
    advice: tuple[Cue, ...]
    tips: tuple[Timed, ...]
    trace: tuple[Applied, ...] = ()

    @property
    def key(self) -> tuple[int, str]:
        """Number and scope: stable while the fact that caused the step exists."""
        return (self.number, self.scope)


class StepRecord(NamedTuple):
    """A judged step as it is stored and read: instants are text as they are answered, `detail` is what JSON can say.

    Two such instants compare as texts like the instants themselves.
    """

    number: int
    scope: str
    opens_at: str
    due_at: str
    closed_state: str | None
    completed_at: str | None
    reason: str
    missing: Sequence[str]
    detail: Mapping[str, Any]
