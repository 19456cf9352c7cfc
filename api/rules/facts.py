"""What is known about one application: the frozen input of the rules.

Every `…_at` and `…_since` is an aware UTC instant in whole seconds. Evidence dated after `now` is ignored by
the rules; the schedule (interviews with their cancellation, moments, `references_given_at`, `reference_check`) always
counts as it stands.
"""

import datetime as dt
from dataclasses import dataclass
from datetime import datetime, timedelta

ENDINGS = ("accepted", "declined", "rejected", "withdrawn", "no_response")
BEFORE_OFFER = ("saved", "applied", "interviewing")


def effective_end(start: datetime, end: datetime | None, actual_end: datetime | None, default_minutes: int) -> datetime:
    """Return when a round really ends: the actual end, else the planned one, else the start and `default_minutes`."""
    return actual_end or end or start + timedelta(minutes=default_minutes)


@dataclass(frozen=True, slots=True)
class Moment:
    """What an employer said: a date, perhaps a time, both in the application's zone."""

    date: dt.date
    time: dt.time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interviewer:
    """A contact who takes part in a round. `details_at`: since when name, title and one channel are known [6, 7].

    An `erased` one cannot be completed any more. `prefers` is the channel that they like best, if that is known.
    """

    contact_id: str
    name: str = ""
    details_at: datetime | None = None
    optional: bool = False
    has_email: bool = True
    prefers: str | None = None
    erased: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Interview:
    """One round. `end` and `actual_end` may be unknown; `zone` is the place's, not the employer's."""

    id: str
    start: datetime
    end: datetime | None
    zone: str
    actual_end: datetime | None = None
    kind: str = "onsite"
    status: str = "scheduled"
    cancelled_at: datetime | None = None
    interviewers: tuple[Interviewer, ...] = ()
    stage_learned_at: datetime | None = None
    timing_learned_at: datetime | None = None
    contact_from: Moment | None = None
    contact_by: Moment | None = None
    hear_by: Moment | None = None
    no_positives_at: datetime | None = None
    no_concerns_at: datetime | None = None

    @property
    def live(self) -> bool:
        """Tell whether the round took or will take place."""
        return self.status in ("scheduled", "held")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note; only `positive` and `concern` notes of a round are evidence [13, 14]."""

    id: str
    interview_id: str | None
    kind: str
    noted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter; without `sent_at` it is a draft. No recipients means that it is for everybody of the round."""

    id: str
    interview_id: str | None
    kind: str = "thank_you"
    sent_at: datetime | None = None
    recipients: tuple[str, ...] = ()
    written: bool = False
    channel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A reference person linked to the application. `briefed_at` is given only when both details were given [26]."""

    id: str
    linked_at: datetime
    name: str = ""
    alerted_at: datetime | None = None
    briefed_at: datetime | None = None
    contacted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """A contact with the employer, in either direction [27–29]."""

    id: str
    at: datetime
    direction: str
    outcome: str
    contact_from: Moment | None = None
    contact_by: Moment | None = None
    hear_by: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageChange:
    """A line of the stage history; an undated first line sorts before all others but still has its instant."""

    id: str
    stage: str
    at: datetime
    dated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusContact:
    """The person to ask [11]: chosen since, and reachable by phone or e-mail since."""

    contact_id: str
    name: str = ""
    phone: str | None = None
    email: str | None = None
    since: datetime | None = None
    reachable_since: datetime | None = None
    erased: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A step skipped, ticked or reopened by hand. The latest by (at, id) of a key counts."""

    id: str
    number: int
    scope: str
    action: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Something done or arranged apart from this application [31, 32].

    An activity has no `end`; a round elsewhere counts by its effective end, unless its application closed before that.
    """

    id: str
    type: str
    at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that the rules may know about one application. `zone` is the employer's, `user_zone` the user's."""

    application_id: str
    zone: str
    user_zone: str
    stages: tuple[StageChange, ...] = ()
    interviews: tuple[Interview, ...] = ()
    notes: tuple[Note, ...] = ()
    letters: tuple[Letter, ...] = ()
    references: tuple[Reference, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    overrides: tuple[Override, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()
    status_contact: StatusContact | None = None
    reference_check: Moment | None = None
    references_given_at: datetime | None = None
    references_not_needed_at: datetime | None = None
