"""The entry point of the rules: judge the steps of one application from its facts and a policy."""

from collections.abc import Collection, Mapping
from datetime import datetime
from operator import attrgetter

from api.rules.facts import Facts
from api.rules.helps import DEPENDS_ON, with_helps_until
from api.rules.judge import judge
from api.rules.outcome import STEPS, Draft, Instance
from api.rules.policy import Policy
from api.rules.situation import Situation
from api.rules.steps.contact_details import contact_details
from api.rules.steps.keep_looking import keep_looking
from api.rules.steps.next_stage import next_stage
from api.rules.steps.notes import notes
from api.rules.steps.references import references
from api.rules.steps.status_call import status_calls
from api.rules.steps.thank_you import thank_you

RULES_VERSION = 7
PER_ROUND = {1: next_stage, 2: contact_details, 3: notes, 4: thank_you}
ONCE = {5: references, 7: keep_looking}
# The kinds of facts that each step reads, besides interviews, stages and overrides, which every step may read.
STEP_INPUTS: Mapping[int, Collection[str]] = {
    1: ("follow_ups",),
    2: ("people", "status_contact", "letters", "follow_ups"),
    3: ("notes",),
    4: ("people", "letters", "follow_ups"),
    5: ("references",),
    6: ("follow_ups", "status_contact"),
    7: ("elsewhere",),
}
IN_ORDER = attrgetter("number", "opens_at", "scope")


def project(
    facts: Facts, policy: Policy, now: datetime, *, only: Collection[int] = STEPS, explain: bool = False
) -> tuple[Instance, ...]:
    """Judge the steps by all evidence up to `now`. The result holds for every later instant until a fact changes.

    With `only`, facts of kinds that these numbers do not read (`STEP_INPUTS`) may be left out of `facts`. `explain`
    fills `trace` with the rules that were applied.
    """
    at = Situation(facts, policy, now, explains=explain)
    wanted = {*only, *(other for number in only for other in DEPENDS_ON.get(number, ()))}
    judged = with_helps_until(at, [judge(at, draft) for draft in _drafts(at, wanted)])
    return tuple(sorted((one for one in judged if one.number in only), key=IN_ORDER))


def steps_affected_by(*facts: str) -> Collection[int]:
    """Return the step numbers that can change when facts of these kinds are added, changed or deleted."""
    return [number for number, seen in STEP_INPUTS.items() if not set(facts).isdisjoint(seen)]


def steps_affected_by_override(number: int) -> Collection[int]:
    """Return the step numbers that can change when a step of this number is ticked, skipped or reopened."""
    return [number, *(other for other, needed in DEPENDS_ON.items() if number in needed)]


def _drafts(at: Situation, only: Collection[int]) -> list[Draft]:
    drafts = [step(at, one) for number, step in PER_ROUND.items() if number in only for one in at.facts.interviews]
    drafts += [draft for number, step in ONCE.items() if number in only and (draft := step(at))]
    return [*drafts, *status_calls(at)] if 6 in only else drafts
