"""The digest in words: what is overdue, what is due until the next one, and the interviews until then."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from api.rules.sentences import count
from api.rules.words import DAYS, MONTHS, wall
from api.words.mailing import Line, Link, Mailing, Part

WEEKLY = "weekly"
RECOMPUTING = "A change of your settings is still being applied: some of these dates may be older."
NOTHING = "Nothing is due until then, and nothing is overdue."


@dataclass(frozen=True, slots=True)
class DigestApplication:
    """The application of a line."""

    id: str
    company: str
    role: str

    @property
    def name(self) -> str:
        """Company and role."""
        return f"{self.company} – {self.role}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestStep:
    """A step. Without an `application`, it is step 7, or details are minimal."""

    step_id: str
    number: int
    step: str
    title: str
    application: DigestApplication | None
    due_at: datetime
    due_text: str
    why: str
    app_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestInterview:
    """An interview; `lines`: its round, its time and, unless details are minimal, people and place."""

    interview_id: str
    application: DigestApplication | None
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    lines: Sequence[str]
    app_url: str | None

    @property
    def text(self) -> str:
        """All about it in one text."""
        return " ".join(self.lines)


@dataclass(frozen=True, slots=True)
class IdleApplication:
    """A live application for which nothing is scheduled."""

    application: DigestApplication | None
    app_url: str | None


@dataclass(frozen=True, slots=True)
class DigestSteps:
    """Some steps, and how many more there are."""

    items: Sequence[DigestStep]
    more: int = 0


@dataclass(frozen=True, slots=True)
class DigestInterviews:
    """Some interviews, and how many more there are."""

    items: Sequence[DigestInterview]
    more: int = 0


@dataclass(frozen=True, slots=True)
class IdleApplications:
    """Some applications, and how many more there are."""

    items: Sequence[IdleApplication]
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A digest at an instant, until the next one. `on`: its date in the user's zone."""

    at: datetime
    on: date
    until: datetime
    time_zone: str
    period: str
    details: str
    recomputing: bool
    overdue: DigestSteps
    due: DigestSteps
    interviews: DigestInterviews
    nothing_scheduled: IdleApplications
    stale: int

    @property
    def empty(self) -> bool:
        """Whether nothing is due and no interview is ahead; then no mail is sent."""
        return not (self.overdue.items or self.due.items or self.interviews.items)

    @property
    def subject(self) -> str:
        """The subject of the mail: numbers without names, because locked phones show it."""
        said = ", ".join(self._numbers())
        return f"Afterword: {said or 'nothing is due'}"

    def _numbers(self) -> Iterator[str]:
        for found, word in ((self.overdue, "overdue"), (self.due, "due")):
            if found.items:
                yield f"{len(found.items) + found.more:,} {word}"
        if self.interviews.items:
            yield count(len(self.interviews.items) + self.interviews.more, "interview")


def mailing(digest: Digest, foot: Sequence[str | Link] = ()) -> Mailing:
    """Return a digest in words."""
    return Mailing(
        subject=digest.subject,
        title=f"What is due on {_day(digest.on)}",
        intro=tuple(_intro(digest)),
        parts=tuple(_parts(digest)),
        foot=foot,
    )


def _day(day: date) -> str:
    return f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def _intro(digest: Digest) -> Iterator[str]:
    at, until = wall(digest.at, digest.time_zone), wall(digest.until, digest.time_zone)
    yield f"As of {at}, until the next digest at {until}."
    if digest.recomputing:
        yield RECOMPUTING
    if digest.empty:
        yield NOTHING


def _parts(digest: Digest) -> Iterator[Part]:
    overdue, due, meetings, idle = digest.overdue, digest.due, digest.interviews, digest.nothing_scheduled
    yield Part("Overdue", [_step(one, "Overdue since") for one in overdue.items], overdue.more)
    yield Part("Due", [_step(one, "Due by") for one in due.items], due.more)
    yield Part("Interviews", [_interview(one) for one in meetings.items], meetings.more)
    yield Part("Nothing scheduled", _idle(idle), idle.more if digest.details == "full" else 0)
    if digest.stale:
        said = "Overdue for so long that doing them hardly helps any more. You can skip them."
        yield Part("Too late to help", [Line(count(digest.stale, "older step"), (said,))])


def _step(one: DigestStep, since: str) -> Line:
    head = f"{one.application.name}: {one.title}" if one.application else one.title
    return Line(head, (f"{since} {one.due_text}.", one.why), one.app_url)


def _interview(one: DigestInterview) -> Line:
    return Line(f"{one.application.name}: Interview" if one.application else "Interview", one.lines, one.app_url)


def _idle(found: IdleApplications) -> list[Line]:
    """Return the applications by name, or their number if details are minimal."""
    named = [Line(one.application.name, (), one.app_url) for one in found.items if one.application]
    if named or not found.items:
        return named
    return [Line(f"{count(len(found.items) + found.more, 'live application')} without a next date.")]
