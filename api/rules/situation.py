"""The common input of the seven steps: facts, policy, clock and values that several steps need."""

from collections.abc import Callable
from datetime import datetime, timedelta

from api.rules.calendar import Office, same_day
from api.rules.facts import Facts, Interview, effective_end
from api.rules.life import Life, life
from api.rules.outcome import Applied, Data
from api.rules.policy import Policy
from api.rules.words import rfc3339


class Situation:
    """One application at one instant under one policy, with values that are computed once for several steps."""

    __slots__ = (
        "days",
        "ends",
        "explains",
        "facts",
        "first_end",
        "floor",
        "life",
        "live",
        "now",
        "office",
        "policy",
        "rounds",
    )

    def __init__(self, facts: Facts, policy: Policy, now: datetime, *, explains: bool) -> None:
        self.facts, self.policy, self.now, self.explains = facts, policy, now, explains
        self.office: Office = policy.office(facts.zone)
        self.floor: timedelta = policy.floor
        minutes = policy.default_interview_minutes
        self.ends: dict[str, datetime] = {
            one.id: effective_end(one.start, one.end, one.actual_end, minutes) for one in facts.interviews
        }
        # Steps 1 and 3 are due at the end of the round's local day, but not before the floor has passed [12].
        self.days: dict[str, datetime] = {
            one.id: same_day(self.ends[one.id], one.zone, self.floor) for one in facts.interviews
        }
        self.life: Life = life(facts.stages, now)
        # Live rounds by (end, id). The earliest end is the anchor of steps 5, 6 and 7.
        self.live: tuple[Interview, ...] = tuple(
            sorted((one for one in facts.interviews if one.live), key=lambda one: (self.end(one), one.id))
        )
        self.first_end: datetime | None = self.end(self.live[0]) if self.live else None
        self.rounds: dict[str, Data] = {one.id: self._round(one) for one in facts.interviews}

    def _round(self, interview: Interview) -> Data:
        """Return the reason data that all steps of a round share."""
        return {
            "interview_id": interview.id,
            "started_at": rfc3339(interview.start),
            "ended_at": rfc3339(self.end(interview)),
            "zone": interview.zone,
        }

    def end(self, interview: Interview) -> datetime:
        """Return a round's effective end."""
        return self.ends[interview.id]

    def known(self, at: datetime | None) -> datetime | None:
        """Return an instant of evidence, or None if it lies after now."""
        return at if at is not None and at <= self.now else None

    def explained(self, trace: Callable[[], tuple[Applied, ...]]) -> tuple[Applied, ...]:
        """Build the trace only if `explains` is set, because most calls do not ask for it."""
        return trace() if self.explains else ()
