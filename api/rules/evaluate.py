"""The door of the rules: facts, policy and a clock in; judged instances or the answered steps out."""

from collections.abc import Iterable
from datetime import datetime

from api.rules.facts import Facts
from api.rules.hints import worded as put
from api.rules.judge import judge, next_change, state_at
from api.rules.life import life
from api.rules.outcome import APPLICATION, STEPS, Cue, Draft, Hint, Instance, Step
from api.rules.policy import Policy
from api.rules.situation import Situation
from api.rules.steps.contact_details import contact_details
from api.rules.steps.keep_looking import keep_looking
from api.rules.steps.next_stage import next_stage
from api.rules.steps.notes import notes
from api.rules.steps.references import references
from api.rules.steps.status_call import status_calls
from api.rules.steps.thank_you import thank_you
from api.rules.words import sentence, unscheduled

RULES_VERSION = 3
PER_ROUND = (next_stage, contact_details, notes, thank_you)
PRESSING = ("overdue", "open", "upcoming")


def evaluate(facts: Facts, policy: Policy, now: datetime) -> tuple[Step, ...]:
    """Return every step as it stands at `now`, by (number, opens_at, scope); each number 1–7 at least once."""
    closed = life(facts.stages, now).closed_at is not None
    return present(project(facts, policy, now, explain=True), now, facts.application_id, closed=closed)


def project(facts: Facts, policy: Policy, now: datetime, *, explain: bool = False) -> tuple[Instance, ...]:
    """Judge all evidence up to `now`; what comes out stays right for every later instant until a fact changes.

    `explain` adds the rules that were applied.
    """
    at = Situation(facts, policy, now, explain)
    instances = (judge(at, draft) for draft in _drafts(at))
    return tuple(sorted(instances, key=lambda i: (i.number, i.opens_at, i.scope)))


def project_search(facts: Facts, policy: Policy, now: datetime) -> Instance | None:
    """Judge step 7 alone: all that a fact about another application can change."""
    at = Situation(facts, policy, now)
    draft = keep_looking(at)
    return judge(at, draft) if draft else None


def present(instances: Iterable[Instance], now: datetime, application_id: str, *, closed: bool) -> tuple[Step, ...]:
    """Answer for judged instances at an instant at or after their judgement; fill in the numbers not started."""
    steps = [answer(instance, now, application_id) for instance in instances]
    there = {step.number for step in steps}
    steps += [_not_started(number, closed=closed) for number in STEPS if number not in there]
    return tuple(sorted(steps, key=lambda step: step.number))


def answer(instance: Instance, now: datetime, application_id: str) -> Step:
    """Answer for one instance: its state by the clock, its reason in words and what to do next."""
    state = state_at(instance.opens_at, instance.due_at, instance.closed_state, now)
    action = next((t.cue for t in reversed(instance.actions) if t.since is None or t.since <= now), None)
    tips = [timed.cue for timed in instance.tips if timed.cue and (timed.since is None or timed.since <= now)]

    def worded(cues: Iterable[Cue]) -> tuple[Hint, ...]:
        return tuple(put(cue, application_id, instance.data) for cue in cues)

    return Step(
        number=instance.number,
        scope=instance.scope,
        state=state,
        opens_at=instance.opens_at,
        due_at=instance.due_at,
        due_zone=instance.due_zone,
        due_basis=instance.due_basis,
        completed_at=instance.completed_at,
        reason="not_open_yet" if state == "upcoming" else instance.reason,
        reason_text=sentence(instance, now),
        data=instance.data,
        total=instance.total,
        missing=instance.missing,
        evidence=instance.evidence,
        next_action=put(action, application_id, instance.data) if action else None,
        warnings=worded(instance.warnings),
        advice=worded((*instance.advice, *tips)),
        changes_at=next_change(instance, now),
        trace=instance.trace,
    )


def headline(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return the seven that speak for their numbers: the most pressing open one, else the latest closed one."""
    best: dict[int, Step] = {}
    for step in steps:
        rival = best.get(step.number)
        if rival is None or _rank(step) < _rank(rival):
            best[step.number] = step
    return tuple(best[number] for number in STEPS)


def _rank(step: Step) -> tuple[int, float, str]:
    if step.state in PRESSING and step.due_at is not None:
        return (PRESSING.index(step.state), step.due_at.timestamp(), step.scope or "")
    return (len(PRESSING), -step.opens_at.timestamp() if step.opens_at else 0.0, step.scope or "")


def _drafts(at: Situation) -> list[Draft]:
    rounds = sorted(at.facts.interviews, key=lambda interview: (interview.start, interview.id))
    drafts = [step(at, interview) for interview in rounds for step in PER_ROUND]
    drafts += [draft for draft in (references(at), keep_looking(at)) if draft]
    return [*drafts, *status_calls(at)]


def _not_started(number: int, *, closed: bool) -> Step:
    reason = "application_closed" if closed else "no_interview"
    return Step(
        number=number,
        scope=APPLICATION if number in (5, 7) else None,
        state="not_applicable" if closed else "not_started",
        opens_at=None,
        due_at=None,
        due_zone=None,
        due_basis=None,
        completed_at=None,
        reason=reason,
        reason_text=unscheduled(reason),
        data={},
        total=0,
        missing=(),
        evidence=(),
        next_action=None,
        warnings=(),
        advice=(),
        changes_at=None,
    )
