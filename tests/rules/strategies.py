"""Hypothesis strategies for facts and policies that validation accepts, often around changes of the clocks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from api.rules.facts import (
    ENDINGS,
    Elsewhere,
    Facts,
    FollowUp,
    Interview,
    Interviewer,
    Letter,
    Moment,
    Note,
    Override,
    Reference,
    StageChange,
    StatusContact,
)
from api.rules.policy import BOUNDS, HELP_FIGURES, Policy
from tests.rules.evaluation import Step, evaluate

STEADY_ZONES = ("UTC", "Asia/Kolkata")
ZONES = (
    *STEADY_ZONES,
    "America/New_York",
    "Pacific/Apia",
    "Africa/Cairo",
    "Europe/London",
    "Australia/Lord_Howe",
)
CLOCK_CHANGES = tuple(
    datetime.fromisoformat(text).astimezone(UTC)
    for text in (
        "2026-03-08T07:00Z",  # New York, forward
        "2026-11-01T06:00Z",  # New York, back
        "2025-03-30T01:00Z",  # London, forward
        "2025-10-26T01:00Z",  # London, back
        "2026-04-23T22:00Z",  # Cairo, forward at midnight
        "2026-10-29T21:00Z",  # Cairo, back at midnight
        "2026-04-04T15:00Z",  # Lord Howe, back by half an hour
        "2026-10-03T15:30Z",  # Lord Howe, forward by half an hour
        "2024-12-31T11:00Z",  # midnight in Apia
    )
)
ORIGIN = datetime(2026, 1, 5, tzinfo=UTC)
FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2027, 10, 1, tzinfo=UTC)
ROUNDS = ("r1", "r2", "r3")
PEOPLE = ("a", "b", "c")
CONTACTS = (
    ("out", "no_answer"),
    ("out", "left_message"),
    ("out", "emailed"),
    ("out", "spoke"),
    ("out", "decision"),
    ("in", "status"),
    ("in", "decision"),
)
LIVE_STAGES = ("saved", "applied", "interviewing", "offered")


@dataclass(frozen=True)
class Case:
    """An application, a policy, and an instant that no evidence is dated after."""

    facts: Facts
    policy: Policy
    now: datetime

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The answers about all steps at `now`."""
        return evaluate(self.facts, self.policy, self.now)


# All facts are drawn around ORIGIN and then moved together, because strategies that are built only once draw several
# times as fast.


def moved(value: Any, by: timedelta) -> Any:
    """Shift every date and instant in facts, a policy or steps; local dates by whole days."""
    if isinstance(value, date):
        return value + by
    if isinstance(value, tuple | frozenset):
        items = [moved(item, by) for item in value]
        return value._make(items) if hasattr(value, "_make") else type(value)(items)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: moved(getattr(value, field.name), by) for field in fields(value)})
    return value


def steady(known: Facts) -> Facts:
    """Replace the zones by ones whose clocks never change."""
    chosen = {zone: STEADY_ZONES[number % len(STEADY_ZONES)] for number, zone in enumerate(ZONES)}
    rounds = tuple(replace(round_, zone=chosen[round_.zone]) for round_ in known.interviews)
    return replace(known, zone=chosen[known.zone], user_zone=chosen[known.user_zone], interviews=rounds)


def _apart(draws: int) -> timedelta:
    """Convert a number to days, hours and seconds: often a full hour, sometimes one second before or after it."""
    draws, seconds = divmod(draws, 6)
    days, hours = divmod(draws, 25)
    return timedelta(days=days, hours=hours - 12, seconds=(0, 0, 1, -1, 1800, 59)[seconds])


def apart(*, before: int = 3, after: int = 20) -> SearchStrategy[timedelta]:
    """Return durations, of which half are whole days so that several facts fall into the same second."""
    draws = st.integers(0, (before + after + 1) * 25 * 6 - 1)
    days = st.integers(-before, after).map(lambda count: timedelta(days=count))
    return days | draws.map(lambda draw: _apart(draw) - timedelta(days=before))


INSTANTS = st.sampled_from(CLOCK_CHANGES) | st.integers(0, int((LAST - FIRST).total_seconds())).map(
    lambda seconds: FIRST + timedelta(seconds=seconds)
)
APART = apart()
LATER = apart(before=0, after=25).map(abs)
WHEN = APART.map(lambda by: ORIGIN + by)
MAYBE = st.none() | WHEN
FLAG = st.booleans()
ZONE = st.sampled_from(ZONES)
MOMENTS = st.builds(
    Moment,
    st.integers(-3, 20).map(lambda days: ORIGIN.date() + timedelta(days=days)),
    st.sampled_from((None, None, time(0), time(2, 30), time(8), time(14, 30), time(23, 59))),
)
PERHAPS = st.none() | MOMENTS
PROMISES = st.just((None, None, None)) | st.tuples(PERHAPS, PERHAPS, PERHAPS)
WHOM = st.lists(st.sampled_from(PEOPLE), unique=True, max_size=3).map(tuple)
ABOUT = st.sampled_from((*ROUNDS, None))
NOTES = st.builds(
    Note,
    id=st.just(""),
    interview_id=ABOUT,
    kind=st.sampled_from(("positive", "concern", "question", "general")),
    noted_at=WHEN,
)
LETTERS = st.builds(
    Letter,
    id=st.just(""),
    interview_id=ABOUT,
    kind=st.sampled_from(("thank_you", "thank_you", "other")),
    sent_at=MAYBE,
    recipients=WHOM,
    written=FLAG,
    channel=st.sampled_from((None, "email", "post")),
)
REFERENCES = st.builds(
    Reference,
    id=st.just(""),
    linked_at=WHEN,
    name=st.sampled_from(("", "Dr R")),
    alerted_at=MAYBE,
    briefed_at=MAYBE,
    contacted_at=MAYBE,
)
ELSEWHERE = st.builds(Elsewhere, id=st.just(""), type=st.just("search_activity"), at=WHEN) | st.builds(
    Elsewhere, id=st.just(""), type=st.just("interview"), at=WHEN, closed_at=MAYBE
)
STATUS_CONTACTS = st.none() | st.builds(
    StatusContact,
    contact_id=st.sampled_from(PEOPLE),
    name=st.sampled_from(("", "Mr Ask")),
    phone=st.sampled_from((None, "+1 555 0100")),
    email=st.sampled_from((None, "ask@example.org")),
    since=MAYBE,
    reachable_since=MAYBE,
    erased=FLAG,
)
INTERVIEWERS = st.builds(
    Interviewer,
    contact_id=st.just(""),
    name=st.sampled_from(("", "Ms A")),
    details_at=MAYBE,
    optional=FLAG,
    has_email=FLAG,
    prefers=st.sampled_from((None, "email", "post", "hand", "phone")),
)
LENGTHS = st.sampled_from((None, 1, 45, 60, 90, 24 * 60))
STATUSES = st.sampled_from(("scheduled", "scheduled", "held", "cancelled", "no_show"))
KINDS = st.sampled_from(("onsite", "panel", "assessment"))
STAGES = st.lists(st.tuples(st.sampled_from((*LIVE_STAGES, *ENDINGS)), WHEN), max_size=3)
OVERRIDES = st.tuples(
    st.sampled_from((1, 2, 3, 4, 4, 4, 5, 5, 5, 6, 7)), st.sampled_from(("complete", "skip", "reopen")), WHEN
)


def _begins(moment: Moment) -> tuple[date, time]:
    return moment.date, moment.time or time(0)


@st.composite
def promises(draw: DrawFn) -> dict[str, Moment | None]:
    """Draw contact_from, contact_by and hear_by; validation refuses a contact_by before contact_from."""
    given_from, given_by, hear_by = draw(PROMISES)
    if given_from and given_by and _begins(given_by) < _begins(given_from):
        given_from, given_by = given_by, given_from
    return {"contact_from": given_from, "contact_by": given_by, "hear_by": hear_by}


@st.composite
def interviews(draw: DrawFn, id_: str) -> Interview:
    start = ORIGIN + abs(draw(APART))
    ends = (start + timedelta(minutes=length) if length else None for length in (draw(LENGTHS), draw(LENGTHS)))
    status = draw(STATUSES)
    timing_at = draw(MAYBE)
    return Interview(
        id=id_,
        start=start,
        end=next(ends),
        zone=draw(ZONE),
        actual_end=next(ends),
        kind=draw(KINDS),
        status=status,
        cancelled_at=draw(WHEN) if status == "cancelled" else None,
        interviewers=tuple(replace(draw(INTERVIEWERS), contact_id=person) for person in draw(WHOM)),
        stage_learned_at=draw(MAYBE),
        timing_learned_at=timing_at,
        no_positives_at=draw(MAYBE),
        no_concerns_at=draw(MAYBE),
        **(draw(promises()) if timing_at else {}),
    )


@st.composite
def follow_ups(draw: DrawFn, id_: str) -> FollowUp:
    direction, outcome = draw(st.sampled_from(CONTACTS))
    return FollowUp(id=id_, at=draw(WHEN), direction=direction, outcome=outcome, **draw(promises()))


@st.composite
def overrides(draw: DrawFn, id_: str, rounds: Sequence[str], asked: Sequence[str]) -> Override:
    """Draw an override of a step that may exist; steps 6 and 7 cannot be completed by hand."""
    number, action, when = draw(OVERRIDES)
    scopes = [f"interview:{round_}" for round_ in rounds]
    if number == 6:
        scopes += [f"cancel:{round_}" for round_ in rounds] + [f"followup:{contact}" for contact in asked]
    scope = "application" if number in (5, 7) else draw(st.sampled_from(scopes or ["interview:gone"]))
    return Override(id=id_, number=number, scope=scope, action="skip" if number > 5 else action, at=when)


@st.composite
def stages(draw: DrawFn) -> tuple[StageChange, ...]:
    first = StageChange(id="s0", stage="applied", at=draw(WHEN), dated=draw(FLAG))
    later = draw(STAGES)
    return (first, *(StageChange(id=f"s{i}", stage=stage, at=when) for i, (stage, when) in enumerate(later, 1)))


def _numbered(prefix: str, made: Sequence[Any], rounds: Sequence[str] = ROUNDS) -> tuple[Any, ...]:
    """Return the facts with ids, and without an `interview_id` of a round that does not exist."""
    facts = (replace(fact, id=f"{prefix}{number}") for number, fact in enumerate(made))
    return tuple(
        replace(fact, interview_id=None) if getattr(fact, "interview_id", None) in set(ROUNDS) - set(rounds) else fact
        for fact in facts
    )


@st.composite
def facts(draw: DrawFn) -> Facts:
    rounds, asked = ROUNDS[: draw(st.integers(0, 3))], ("u1", "u2", "u3", "u4")[: draw(st.integers(0, 4))]
    return Facts(
        application_id="app",
        zone=draw(ZONE),
        user_zone=draw(ZONE),
        stages=draw(stages()),
        interviews=tuple(draw(interviews(round_)) for round_ in rounds),
        notes=_numbered("n", draw(st.lists(NOTES, max_size=4)), rounds),
        letters=_numbered("l", draw(st.lists(LETTERS, max_size=3)), rounds),
        references=_numbered("p", draw(st.lists(REFERENCES, max_size=3))),
        follow_ups=tuple(draw(follow_ups(id_)) for id_ in asked),
        overrides=tuple(draw(overrides(id_, rounds, asked)) for id_ in ("o1", "o2", "o3")[: draw(st.integers(0, 3))]),
        elsewhere=_numbered("e", draw(st.lists(ELSEWHERE, max_size=2))),
        status_contact=draw(STATUS_CONTACTS),
        reference_check=draw(PERHAPS),
        references_given_at=draw(MAYBE),
        references_not_needed_at=draw(st.sampled_from((None, None, None, ORIGIN))),
    )


FIGURES: dict[str, SearchStrategy[int | None]] = {
    name: st.integers(low, high) | st.none() if name in HELP_FIGURES else st.integers(low, high)
    for name, (low, high) in BOUNDS.items()
}
WORKDAYS = st.just(frozenset(range(5))) | st.frozensets(st.integers(0, 6), min_size=1)
HOLIDAYS = st.frozensets(st.integers(-5, 40).map(lambda count: ORIGIN.date() + timedelta(days=count)), max_size=6)
DISABLED: SearchStrategy[frozenset[int]] = st.just(frozenset()) | st.frozensets(st.integers(1, 7), max_size=2)


@st.composite
def policies(draw: DrawFn) -> Policy:
    """Draw settings within `BOUNDS`; the office is open for at least `same_day_floor_hours`."""
    chosen = draw(st.sets(st.sampled_from(sorted(FIGURES)), max_size=6))
    figures: dict[str, Any] = {name: draw(FIGURES[name]) for name in sorted(chosen)}
    floor = figures.get("same_day_floor_hours", Policy().same_day_floor_hours) * 60
    opens = draw(st.sampled_from((0, 450, 540)))
    closes = draw(st.integers(opens + floor, 24 * 60 - 1))
    return Policy(
        **figures,
        hear_by_rule=draw(st.sampled_from(("within", "after"))),
        business_opens=time(*divmod(opens, 60)),
        business_closes=time(*divmod(closes, 60)),
        workdays=draw(WORKDAYS),
        holidays=draw(HOLIDAYS),
        thank_each_interviewer=draw(FLAG),
        disabled_steps=draw(DISABLED),
    )


@st.composite
def cases(draw: DrawFn) -> Case:
    by = draw(INSTANTS) - ORIGIN
    known: Facts = moved(draw(facts()), by)
    policy: Policy = moved(draw(policies()), by)
    return Case(known, policy, max([*evidence_of(known), ORIGIN + by + draw(LATER)]))


def evidence_of(known: Facts) -> Iterator[datetime]:
    """Yield every instant that validation does not accept in the future. The schedule is not among them."""
    person = known.status_contact
    times: list[datetime | None] = [known.references_given_at, known.references_not_needed_at]
    times += [person.since, person.reachable_since] if person else []
    times += [line.at for line in known.stages]
    times += [note.noted_at for note in known.notes] + [letter.sent_at for letter in known.letters]
    times += [contact.at for contact in known.follow_ups] + [override.at for override in known.overrides]
    times += [other.at for other in known.elsewhere if other.type == "search_activity"]
    for reference in known.references:
        times += [reference.linked_at, reference.alerted_at, reference.briefed_at, reference.contacted_at]
    for round_ in known.interviews:
        times += [round_.stage_learned_at, round_.timing_learned_at, round_.cancelled_at]
        times += [round_.no_positives_at, round_.no_concerns_at]
        times += [interviewer.details_at for interviewer in round_.interviewers]
    yield from (known_at for known_at in times if known_at is not None)
