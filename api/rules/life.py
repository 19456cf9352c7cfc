"""The stage, the offer and the closure of an application at an instant, from its stage history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from api.rules.facts import BEFORE_OFFER, ENDINGS, StageChange


@dataclass(frozen=True, slots=True)
class Life:
    """The state of an application, derived from its stage history."""

    stage: str
    offered_at: datetime | None = None
    closed_at: datetime | None = None
    closed_outcome: str | None = None


def order(line: StageChange) -> tuple[bool, datetime, str]:
    """Return the sort key of an entry: undated before dated, then by (at, id)."""
    return (line.dated, line.at, line.id)


def life(stages: Sequence[StageChange], now: datetime) -> Life:
    """Return the state as of `now`; entries dated later are ignored.

    `closed_at` is the first and `closed_outcome` the last entry of the final run of endings; a live stage after an
    ending reinstates the application. `offered_at` is the first `offered` after the last stage of `BEFORE_OFFER`.
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
