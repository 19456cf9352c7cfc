"""What the stage history says at an instant: the stage, an offer, an ending."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from api.rules.facts import BEFORE_OFFER, ENDINGS, StageChange


@dataclass(frozen=True, slots=True)
class Life:
    """Where an application stands: all of it derived from the history, nothing stored by hand."""

    stage: str
    offered_at: datetime | None = None
    closed_at: datetime | None = None
    closed_outcome: str | None = None


def order(line: StageChange) -> tuple[bool, datetime, str]:
    """Sort the undated first line before every dated one, then by (at, id)."""
    return (line.dated, line.at, line.id)


def life(stages: Sequence[StageChange], now: datetime) -> Life:
    """Read the history as of `now`; a line dated later is not known yet.

    Closed since the first of the unbroken final run of endings, with the outcome of the last. An offer counts from the
    first `offered` after the last earlier stage; a live stage after an ending reinstates the application.
    """
    known = [line for line in sorted(stages, key=order) if line.at <= now]
    if not known:
        return Life("saved")
    closed_at = outcome = offered_at = None
    for line in known:
        if line.stage in ENDINGS:
            closed_at, outcome = closed_at or line.at, line.stage
        else:
            closed_at = outcome = None
        if line.stage in BEFORE_OFFER:
            offered_at = None
        elif line.stage == "offered":
            offered_at = offered_at or line.at
    return Life(known[-1].stage, offered_at, closed_at, outcome)
