"""The output types of the rules: drafts, judged instances, and the records in which instances are stored."""

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
    """A fact that completed a part of a step."""

    type: str
    id: str
    at: datetime


BY_TIME = attrgetter("at", "type", "id")


def earliest(found: Sequence[Evidence]) -> Evidence | None:
    """Return the earliest evidence, or None."""
    return min(found, key=BY_TIME, default=None)


def evidence(type_: str, id_: str, at: datetime | None) -> Evidence | None:
    """Return a fact as evidence, or None if it has no instant."""
    return Evidence(type_, id_, at) if at is not None else None


def shown_due(done: Sequence[tuple[datetime, datetime]]) -> datetime:
    """Return the deadline to show, from when each part was complete and due: the first late one's, else the last's."""
    return next((due for at, due in done if at > due), max(done)[1])


class Hint(NamedTuple):
    """A next action, a warning or an advice, as it is answered.

    `href` may contain one `{…}` placeholder for an id that the caller chooses.
    """

    code: str
    text: str
    method: str | None = None
    href: str | None = None


class Cue(NamedTuple):
    """A key of `api.rules.hints.WORDS` with the values for its placeholders. The text is built on every read."""

    key: str
    about: Mapping[str, str] = {}


class Timed(NamedTuple):
    """A next action or a tip that is shown from `since` on; None: from the beginning."""

    since: datetime | None
    cue: Cue | None


NOTHING_YET = Timed(None, None)


class Part(NamedTuple):
    """One requirement of a step, with its evidence if it is met; `due` only where it can differ from the step's."""

    name: str
    evidence: Evidence | None = None
    due: datetime | None = None

    @property
    def at(self) -> datetime | None:
        """The instant of the evidence, None while it is missing."""
        return self.evidence.at if self.evidence else None


class Applied(NamedTuple):
    """A rule that was applied, with its inputs and its result, for `explain`."""

    rule: str
    inputs: Data
    result: str | None


class Window(NamedTuple):
    """When a step opens and is due, in which zone and on what basis. Half open: at `due_at` the step is overdue."""

    opens_at: datetime
    due_at: datetime
    zone: str
    basis: str


class Draft(NamedTuple):
    """A step before it is judged. `asks` is the reason code while the step is open.

    `advice` also stays on a closed step; `tips` are advice for an open step only. A tip may start only at the end of
    an interview, an opening, a deadline or `helps_until`, because the ETag of steps changes at these instants.
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
    """A judged step: all that is stored. It has no open state; that follows from `opens_at`, `due_at` and the clock.

    `helps_until`: from then on doing it hardly helps; None: it always helps.
    """

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
    helps_until: datetime | None = None

    @property
    def key(self) -> tuple[int, str]:
        """Number and scope, which stay the same while the fact that caused the step exists."""
        return (self.number, self.scope)


class StepRecord(NamedTuple):
    """A judged step as it is stored and read: instants are RFC 3339 texts in UTC, `detail` holds JSON values.

    These texts have one format, so comparing two of them as strings compares the instants.
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
    helps_until: str | None = None
