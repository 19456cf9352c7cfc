"""The cost of evaluating one application without a database: `python -m benchmarks.rules`.

The same run measures a fixed loop of plain Python, so that results of different machines can be compared. The facts
vary in zones and days, so that the same facts are never evaluated twice in a row.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle
from statistics import median

from api.rules.evaluate import project
from api.rules.facts import (
    Elsewhere,
    Facts,
    FollowUp,
    Interview,
    Interviewer,
    Letter,
    Moment,
    Note,
    StageChange,
    StatusContact,
)
from api.rules.policy import Policy
from benchmarks.report import Report
from benchmarks.words import ZONES

START = datetime(2026, 3, 2, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
VARIANTS = 60
AIMS = {1: 100, 3: 300}
CALIBRATION = 20_000
SECTION = "Rules alone: median of one application, one process"


def round_of(number: int, begins: datetime, zone: str, *, recorded: bool) -> Interview:
    end = begins + HOUR
    since = end + 2 * HOUR if recorded else None
    people = (Interviewer(contact_id=f"contact-{number}", name="Ana Ruiz", details_at=since),)
    interview = {"id": f"round-{number}", "start": begins, "end": end, "zone": zone, "interviewers": people}
    if not recorded:
        return Interview(**interview)  # type: ignore[arg-type]  # by name
    hear_by = Moment((end + 6 * 24 * HOUR).date())
    return Interview(**interview, stage_learned_at=end, timing_learned_at=end, hear_by=hear_by)  # type: ignore[arg-type]


def facts_of(variant: int, rounds: int, *, recorded: bool) -> Facts:
    """Return the facts of one application; variants differ in zone, day and minute."""
    zone = ZONES[variant % len(ZONES)]
    first = START + timedelta(days=variant, minutes=15 * (variant % 8))
    begins = [first + timedelta(days=9 * number) for number in range(rounds)]
    stages = (
        StageChange(id="stage-1", stage="applied", at=first - timedelta(days=20)),
        StageChange(id="stage-2", stage="interviewing", at=first - timedelta(days=4)),
    )
    common = Facts(
        application_id="01946b1e-8f00-7000-8000-000000000000",
        zone=zone,
        user_zone="America/New_York",
        stages=stages,
        interviews=tuple(round_of(n, at, zone, recorded=recorded) for n, at in enumerate(begins)),
    )
    return _with_evidence(common, begins) if recorded else common


def _with_evidence(facts: Facts, begins: Sequence[datetime]) -> Facts:
    """Add two notes and a letter for each round, a follow-up, a search activity and a status contact."""
    last = begins[-1]
    return Facts(
        application_id=facts.application_id,
        zone=facts.zone,
        user_zone=facts.user_zone,
        stages=facts.stages,
        interviews=facts.interviews,
        notes=tuple(
            Note(id=f"note-{n}-{kind}", interview_id=f"round-{n}", kind=kind, noted_at=at + 3 * HOUR)
            for n, at in enumerate(begins)
            for kind in ("positive", "concern")
        ),
        letters=tuple(
            Letter(id=f"letter-{n}", interview_id=f"round-{n}", sent_at=at + 20 * HOUR, written=True, channel="email")
            for n, at in enumerate(begins)
        ),
        follow_ups=(FollowUp(id="call", at=last + timedelta(days=7), direction="out", outcome="left_message"),),
        elsewhere=(Elsewhere(id="search", type="search_activity", at=last + timedelta(days=5)),),
        status_contact=StatusContact(contact_id="hr", name="Jo Field", phone="+1 212 555 0199", since=last),
    )


def microseconds(work: Callable[[int], object], times: int) -> float:
    """Return the median duration of one call in microseconds."""
    taken = []
    for number in range(times):
        began = time.perf_counter_ns()
        work(number)
        taken.append(time.perf_counter_ns() - began)
    return median(taken) / 1000


def calibration(_number: int) -> int:
    """Run the fixed loop by which machines are compared."""
    total = 0
    for number in range(CALIBRATION):
        total += number * number % 7
    return total


def measured(rounds: int, times: int, *, recorded: bool) -> float:
    """Return the median microseconds of evaluating one application."""
    policy, turn = Policy(), cycle([facts_of(v, rounds, recorded=recorded) for v in range(VARIANTS)])
    now = START + timedelta(days=9 * rounds + VARIANTS + 14)

    def work(_number: int) -> object:
        return project(next(turn), policy, now)

    microseconds(work, VARIANTS)
    return microseconds(work, times)


def report(to: Report, *, quick: bool = False) -> None:
    """Measure the four cases, and the loop before and after them."""
    times = 300 if quick else 5_000
    loop = microseconds(calibration, 200)
    for rounds, aim in AIMS.items():
        for recorded, words in ((True, "everything recorded"), (False, "nothing recorded")):
            seen = measured(rounds, times, recorded=recorded)
            what = f"{rounds} round{'s' * (rounds > 1)}, {words}"
            to.at_most(SECTION, what, f"{seen:.0f} µs", f"{aim} µs", seen / aim, 1)
    loop = min(loop, microseconds(calibration, 200))
    to.note(SECTION, f"calibration: {CALIBRATION:,} iterations of a plain loop", f"{loop:.0f} µs")


if __name__ == "__main__":
    alone = Report()
    report(alone)
    alone.show()
