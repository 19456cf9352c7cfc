"""How far applications came, and how long employers took to answer: pure functions of each application's history.

What counts as an answer is our choice: an invitation to an interview, a contact by the employer, or a stage that only
an employer can cause. Silence and a withdrawal are no answers.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from api.rules.calendar import local_date
from api.rules.facts import ENDINGS

LEVELS = ("applied", "answered", "interviewing", "offered", "accepted")
NOT_APPLIED, APPLIED, ANSWERED, INTERVIEWING, OFFERED, ACCEPTED = range(6)
LEVEL_OF_STAGE = {
    "applied": APPLIED,
    "no_response": APPLIED,
    "rejected": ANSWERED,
    "interviewing": INTERVIEWING,
    "offered": OFFERED,
    "declined": OFFERED,  # only an offer can be declined
    "accepted": ACCEPTED,
}
MIN_FOR_PERCENT = 10
MIN_FOR_MEDIAN = 5
MIN_GROUP = 5
MAX_GROUPS = 12
LIMITS = (2, 7, 14, 30, 60)  # the last day of each range of days but the last, which has no end


@dataclass(frozen=True, kw_only=True)
class History:
    """What is recorded of one application up to an instant.

    `stages`: each stage that it ever had, with the first instant, or None if that is not known. `invited_at`: when an
    interview was known; `has_interview`: one took place or is planned. `zone` is the employer's.
    """

    zone: str
    applied_on: date | None = None
    stages: tuple[tuple[str, datetime | None], ...] = ()
    invited_at: datetime | None = None
    has_interview: bool = False
    contacted_at: datetime | None = None
    offered_at: datetime | None = None
    outcome: str | None = None
    closed_at: datetime | None = None
    source: str | None = None
    work_mode: str | None = None

    @cached_property
    def level(self) -> int:
        """The furthest level ever reached, whatever came afterwards; 0 for an application that was only saved."""
        reached = [LEVEL_OF_STAGE.get(stage, NOT_APPLIED) for stage, _ in self.stages]
        return max(
            *reached,
            APPLIED if self.applied_on else NOT_APPLIED,
            ANSWERED if self.invited_at or self.contacted_at else NOT_APPLIED,
            INTERVIEWING if self.has_interview else NOT_APPLIED,
            OFFERED if self.offered_at else NOT_APPLIED,
            NOT_APPLIED,
        )

    @cached_property
    def applied_day(self) -> date | None:
        """The local date of the application; None if it is not known."""
        if self.applied_on is not None:
            return self.applied_on
        return next((local_date(at, self.zone) for stage, at in self.stages if stage == "applied" and at), None)

    @cached_property
    def answered_day(self) -> date | None:
        """The local date of the first answer; None without an answer, or if the date of no answer is known."""
        known = [at for stage, at in self.stages if LEVEL_OF_STAGE.get(stage, NOT_APPLIED) >= ANSWERED]
        found = [at for at in (*known, self.invited_at, self.contacted_at, self.offered_at) if at is not None]
        return local_date(min(found), self.zone) if found else None

    def waited(self, now: datetime) -> int | None:
        """Return the days from the application to its end or to `now`; None if its date is not known."""
        begun = self.applied_day
        until = local_date(self.closed_at or now, self.zone)
        return None if begun is None else max((until - begun).days, 0)


@dataclass(frozen=True, slots=True)
class Reached:
    """How many applications reached a level, and how many of 100 that is; None for fewer than ten applications."""

    name: str
    count: int
    percent: int | None


@dataclass(frozen=True, slots=True)
class Ended:
    """How many applications ended in a way."""

    outcome: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """How many applications reached each level, and how they ended.

    `waiting`: live and without an answer. `fresh`: those of them that wait for fewer days than the median answer took;
    None without a median.
    """

    levels: list[Reached]
    endings: list[Ended]
    waiting: int
    fresh: int | None

    @property
    def applied(self) -> int:
        """The number of applications."""
        return self.levels[0].count

    @property
    def too_few(self) -> bool:
        """Whether there are too few applications for percentages."""
        return self.applied < MIN_FOR_PERCENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The applications whose days lie in a range, both ends included; without `to_days` it has no end."""

    from_days: int
    to_days: int | None
    answered: int
    waiting: int
    silent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseTimes:
    """Days from the application to the first answer.

    `waiting`: live and without an answer until now. `silent`: ended without an answer. `median_days`: half of the
    answers came within that many days; None for fewer than five answers. `undated` ones are in no other number.
    """

    answered: int
    waiting: int
    silent: int
    undated: int
    median_days: int | None
    longest_wait_days: int | None
    days: list[Days]

    @property
    def count(self) -> int:
        """The number of applications that are counted."""
        return self.answered + self.waiting + self.silent

    @property
    def too_few(self) -> bool:
        """Whether there are too few answers for a median."""
        return self.answered < MIN_FOR_MEDIAN


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The applications with one value. `is_other`: those of all groups that are too small; else None: not recorded."""

    value: str | None
    is_other: bool
    members: list[History]


def percent(part: int, whole: int) -> int | None:
    """Return how many of 100, rounded half up; None for fewer than ten."""
    return None if whole < MIN_FOR_PERCENT else (200 * part + whole) // (2 * whole)


def selected(histories: Iterable[History], first: date | None, last: date | None) -> tuple[list[History], int]:
    """Return what was applied for from `first` to `last`, both included, and how many are left out without a date."""
    applied = [one for one in histories if one.level >= APPLIED]
    if first is None and last is None:
        return applied, 0
    days = [(one, one.applied_day) for one in applied]
    inside = [one for one, day in days if day and (first or day) <= day <= (last or day)]
    return inside, sum(day is None for _, day in days)


def funnel(histories: Sequence[History], now: datetime, median_days: int | None) -> Funnel:
    """Count how many applications reached each level, and how they ended."""
    found = [one.level for one in histories]
    counts = [sum(level >= wanted for level in found) for wanted in range(APPLIED, ACCEPTED + 1)]
    outcomes = Counter(one.outcome for one in histories)
    waiting = [one for one in histories if one.outcome is None and one.level == APPLIED]
    fresh = None
    if median_days is not None:
        fresh = sum(days is not None and days < median_days for days in (one.waited(now) for one in waiting))
    return Funnel(
        levels=[Reached(name, count, percent(count, counts[0])) for name, count in zip(LEVELS, counts, strict=True)],
        endings=[Ended(name, outcomes[name]) for name in ENDINGS],
        waiting=len(waiting),
        fresh=fresh,
    )


def response_times(histories: Sequence[History], now: datetime, *, left_out: int = 0) -> ResponseTimes:
    """Count the days from the application to the first answer; an answer before the application took 0 days.

    `left_out`: how many were not selected because they have no date.
    """
    answered: list[int] = []
    waiting: list[int] = []
    silent: list[int] = []
    undated = left_out
    for one in histories:
        begun, answer, waited = one.applied_day, one.answered_day, one.waited(now)
        has_answer = one.level >= ANSWERED
        if begun is None or waited is None or (has_answer and answer is None):
            undated += 1
        elif answer is not None:
            answered.append(max((answer - begun).days, 0))
        else:
            (waiting if one.outcome is None else silent).append(waited)
    answered.sort()
    return ResponseTimes(
        answered=len(answered),
        waiting=len(waiting),
        silent=len(silent),
        undated=undated,
        median_days=answered[(len(answered) - 1) // 2] if len(answered) >= MIN_FOR_MEDIAN else None,
        longest_wait_days=max(waiting, default=None),
        days=_by_days(answered, waiting, silent),
    )


def _by_days(answered: Sequence[int], waiting: Sequence[int], silent: Sequence[int]) -> list[Days]:
    found = []
    for first, last in zip((0, *(limit + 1 for limit in LIMITS)), (*LIMITS, None), strict=True):
        counts = [sum(first <= n and (last is None or n <= last) for n in some) for some in (answered, waiting, silent)]
        found.append(Days(from_days=first, to_days=last, answered=counts[0], waiting=counts[1], silent=counts[2]))
    return found


def grouped(histories: Iterable[History], value_of: Callable[[History], str | None]) -> list[Group]:
    """Return the groups with the same value, the largest first; those with fewer than five members become one.

    Case and blanks do not distinguish values; the commonest spelling is shown. There are at most twelve groups, besides
    that of the others, which is the last one.
    """
    by_key: dict[str, list[History]] = defaultdict(list)
    spellings: dict[str, Counter[str | None]] = defaultdict(Counter)
    for one in histories:
        value = value_of(one)
        key = " ".join(value.casefold().split()) if value is not None else ""
        by_key[key].append(one)
        spellings[key][value] += 1
    ordered = sorted(by_key.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    large = [pair for pair in ordered if len(pair[1]) >= MIN_GROUP][:MAX_GROUPS]
    rest = [one for pair in ordered[len(large) :] for one in pair[1]]
    shown = [Group(value=_commonest(spellings[key]), is_other=False, members=members) for key, members in large]
    return [*shown, Group(value=None, is_other=True, members=rest)] if rest else shown


def _commonest(spellings: Counter[str | None]) -> str | None:
    """Return the commonest spelling; of equally common ones the first by code point."""
    return min(spellings, key=lambda spelling: (-spellings[spelling], spelling or ""))
