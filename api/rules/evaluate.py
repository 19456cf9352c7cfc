"""The door of the rules: facts, policy and a clock in; judged instances or the answered steps out."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from operator import attrgetter

from api.rules.answers import answered, step_of, to_record, unstarted
from api.rules.facts import Facts
from api.rules.judge import judge
from api.rules.life import life
from api.rules.outcome import STEPS, Draft, Instance, Step
from api.rules.policy import Policy
from api.rules.situation import Situation
from api.rules.steps.contact_details import contact_details
from api.rules.steps.keep_looking import keep_looking
from api.rules.steps.next_stage import next_stage
from api.rules.steps.notes import notes
from api.rules.steps.references import references
from api.rules.steps.status_call import status_calls
from api.rules.steps.thank_you import thank_you
from api.rules.words import rfc3339

RULES_VERSION = 3
PER_ROUND = {1: next_stage, 2: contact_details, 3: notes, 4: thank_you}
ONCE = {5: references, 7: keep_looking}
# What each number looks at among an application's facts, besides its rounds, its stages and what was done by hand.
STEP_INPUTS: Mapping[int, Collection[str]] = {
    1: (),
    2: ("people", "status_contact"),
    3: ("notes",),
    4: ("people", "letters"),
    5: ("references",),
    6: ("follow_ups", "status_contact"),
    7: ("elsewhere",),
}
IN_ORDER = attrgetter("number", "opens_at", "scope")
PRESSING = ("overdue", "open", "upcoming")


def evaluate(facts: Facts, policy: Policy, now: datetime) -> tuple[Step, ...]:
    """Return every step as it stands at `now`, by (number, opens_at, scope); each number 1–7 at least once."""
    closed = life(facts.stages, now).closed_at is not None
    return present(project(facts, policy, now, explain=True), now, facts.application_id, closed=closed)


def project(
    facts: Facts, policy: Policy, now: datetime, *, only: Collection[int] = STEPS, explain: bool = False
) -> tuple[Instance, ...]:
    """Judge all evidence up to `now`; what comes out stays right for every later instant until a fact changes.

    `only` some numbers: the facts that they do not look at may then be left out. `explain` adds the rules that were
    applied.
    """
    at = Situation(facts, policy, now, explains=explain)
    instances = [judge(at, draft) for draft in _drafts(at, only)]
    instances.sort(key=IN_ORDER)
    return tuple(instances)


def steps_affected_by(*facts: str) -> Collection[int]:
    """Return the numbers that can change when facts of these kinds come, go or change."""
    return [number for number, seen in STEP_INPUTS.items() if not set(facts).isdisjoint(seen)]


def present(instances: Iterable[Instance], now: datetime, application_id: str, *, closed: bool) -> tuple[Step, ...]:
    """Answer for judged instances at an instant at or after their judgement; fill in the numbers not started."""
    steps = [answer(instance, now, application_id) for instance in instances]
    there = {step.number for step in steps}
    steps += [step_of(unstarted(n, application_id, closed=closed)) for n in STEPS if n not in there]
    return tuple(sorted(steps, key=lambda step: step.number))


def answer(instance: Instance, now: datetime, application_id: str) -> Step:
    """Answer for one instance, as it would be read after it was stored."""
    return step_of(answered(to_record(instance), rfc3339(now), application_id, ""))._replace(trace=instance.trace)


def headline(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return the seven that speak for their numbers: the most pressing open one, else the latest closed one."""
    best: dict[int, Step] = {}
    for step in steps:
        rival = best.get(step.number)
        if rival is None or rank(step.state, step.opens_at, step.due_at, step.scope) < rank(
            rival.state, rival.opens_at, rival.due_at, rival.scope
        ):
            best[step.number] = step
    return tuple(best[number] for number in STEPS)


def rank(state: str, opens_at: datetime | None, due_at: datetime | None, scope: str | None) -> tuple[int, float, str]:
    """Return what orders the steps of one number by how much they press."""
    if state in PRESSING and due_at is not None:
        return (PRESSING.index(state), due_at.timestamp(), scope or "")
    return (len(PRESSING), -opens_at.timestamp() if opens_at else 0.0, scope or "")


def _drafts(at: Situation, only: Collection[int]) -> list[Draft]:
    drafts = [step(at, one) for number, step in PER_ROUND.items() if number in only for one in at.facts.interviews]
    drafts += [draft for number, step in ONCE.items() if number in only and (draft := step(at))]
    return [*drafts, *status_calls(at)] if 6 in only else drafts  # the chain of calls
