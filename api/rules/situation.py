"""Facts, policy and clock gathered once for the seven steps, with what several of them need."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from api.rules.calendar import Office
from api.rules.facts import Facts, Interview
from api.rules.life import Life, life
from api.rules.outcome import Applied, Data
from api.rules.policy import Policy
from api.rules.words import said


@dataclass(frozen=True)
class Situation:
    """One application at one instant, under one policy."""

    facts: Facts
    policy: Policy
    now: datetime
    explains: bool = False

    @cached_property
    def office(self) -> Office:
        """The employer's calendar."""
        return self.policy.office(self.facts.zone)

    @cached_property
    def life(self) -> Life:
        """Stage, offer and ending as of now."""
        return life(self.facts.stages, self.now)

    @cached_property
    def live(self) -> tuple[Interview, ...]:
        """The rounds that took or will take place, by (end, id)."""
        live = (interview for interview in self.facts.interviews if interview.live)
        return tuple(sorted(live, key=lambda interview: (self.end(interview), interview.id)))

    @cached_property
    def first_end(self) -> datetime | None:
        """E₁ and A of the specification: the earliest effective end of a live round."""
        return self.end(self.live[0]) if self.live else None

    def end(self, interview: Interview) -> datetime:
        """Return a round's effective end."""
        return interview.effective_end(self.policy.default_interview_minutes)

    def known(self, at: datetime | None) -> datetime | None:
        """Return an instant of evidence unless it lies after now."""
        return at if at is not None and at <= self.now else None

    @cached_property
    def rounds(self) -> dict[str, Data]:
        """What every reason about a round names, by the round's id."""
        return {
            interview.id: {
                "interview_id": interview.id,
                "started_at": said(interview.start),
                "ended_at": said(self.end(interview)),
                "zone": interview.zone,
            }
            for interview in self.facts.interviews
        }

    def explained(self, trace: Callable[[], tuple[Applied, ...]]) -> tuple[Applied, ...]:
        """Return the rules that were applied, if somebody asks for them: most of the time nobody does."""
        return trace() if self.explains else ()
