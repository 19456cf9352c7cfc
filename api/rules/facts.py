"""The facts of one application: the frozen input of the rules.

Every `…_at` and `…_since` is an aware UTC instant in whole seconds. The rules ignore evidence dated after `now`.
The schedule is never ignored: interviews with their cancellation, moments, `references_given_at`, `reference_check`.
"""

import datetime as dt
from dataclasses import dataclass
from datetime import datetime, timedelta

ENDINGS = ("accepted", "declined", "rejected", "withdrawn", "no_response")
MIDNIGHT = dt.time()
BEFORE_OFFER = ("saved", "applied", "interviewing")


def effective_end(start: datetime, end: datetime | None, actual_end: datetime | None, default_minutes: int) -> datetime:
    """Return the end that counts: the actual end, else the planned end, else `default_minutes` after the start."""
    return actual_end or end or start + timedelta(minutes=default_minutes)


@dataclass(frozen=True, slots=True)
class Moment:
    """A date that an employer named, with or without a time, in the application's zone."""

    date: dt.date
    time: dt.time | None = None

    @property
    def last_date(self) -> dt.date:
        """The last date before the moment as a deadline: at midnight, it is the end of the day before."""
        return self.date - timedelta(days=1) if self.time == MIDNIGHT else self.date

    @property
    def days(self) -> set[dt.date]:
        """The dates by which a text may name the moment: its own, and at midnight also the day before."""
        return {self.date, self.last_date}

    def is_past(self, now: datetime) -> bool:
        """Tell whether the moment, or without a time its whole day, has passed at a local time."""
        ends = dt.datetime.combine(self.date, self.time) if self.time else dt.datetime.combine(self.date, dt.time.max)
        return ends <= now.replace(tzinfo=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interviewer:
    """A contact who takes part in a round. `details_at`: since when name, title and one channel are recorded [6, 7].

    The details of an `erased` contact cannot be completed. `prefers` is the channel they prefer, if recorded [23].
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
    """An interview round. `zone` is the zone of the interview, which may differ from the employer's."""

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
        """Whether the round took place or is still planned."""
        return self.status in ("scheduled", "held")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note. Only the kinds `positive` and `concern` with an interview are evidence [13, 14]."""

    id: str
    interview_id: str | None
    kind: str
    noted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter; a draft while `sent_at` is None. Without recipients it counts for all interviewers of the round."""

    id: str
    interview_id: str | None
    kind: str = "thank_you"
    sent_at: datetime | None = None
    recipients: tuple[str, ...] = ()
    written: bool = False
    channel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A reference linked to the application. `briefed_at` is None unless job and company details were given [26]."""

    id: str
    linked_at: datetime
    name: str = ""
    alerted_at: datetime | None = None
    briefed_at: datetime | None = None
    contacted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """A call, message or talk with the employer: `direction` is `out` or `in` [27, 29]."""

    id: str
    at: datetime
    direction: str
    outcome: str
    contact_from: Moment | None = None
    contact_by: Moment | None = None
    hear_by: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageChange:
    """An entry of the stage history. An undated first entry sorts first, but is ignored before its `at` like others."""

    id: str
    stage: str
    at: datetime
    dated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusContact:
    """The person to ask about the application [11].

    `since` is when they were chosen, `reachable_since` from when a phone number or e-mail address is recorded.
    """

    contact_id: str
    name: str = ""
    phone: str | None = None
    email: str | None = None
    since: datetime | None = None
    reachable_since: datetime | None = None
    erased: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A step that the user completed, skipped or reopened by hand. The latest by (at, id) counts for its key."""

    id: str
    number: int
    scope: str
    action: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A search activity, or an interview of another application [31, 32].

    `at` is the time of the activity or the effective end of the interview. `closed_at` is when the other application
    closed: an interview that ends after that does not count.
    """

    id: str
    type: str
    at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All facts of one application. `zone` is the employer's zone, `user_zone` the user's."""

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
