"""Evaluation of facts to complete answers without a database.

The service judges with `api.rules.evaluate.project`, stores the instances, and answers from the stored records with
`api.rules.answers`. Here both happen in one call, and the instants of an answer are parsed.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from api.rules.answers import Answer, answered, headlines, to_record, unstarted
from api.rules.evaluate import project
from api.rules.facts import Facts
from api.rules.life import life
from api.rules.outcome import STEPS, Applied, Data, Evidence, Hint, Instance
from api.rules.policy import Policy
from api.rules.words import rfc3339


class Step(NamedTuple):
    """The answer about one step at one instant. `scope` is None for a number that has no instance."""

    number: int
    scope: str | None
    state: str
    opens_at: datetime | None
    due_at: datetime | None
    due_zone: str | None
    due_basis: str | None
    completed_at: datetime | None
    reason: str
    reason_text: str
    data: Data
    total: int
    missing: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    next_action: Hint | None
    warnings: tuple[Hint, ...]
    advice: tuple[Hint, ...]
    changes_at: datetime | None
    helps_until: datetime | None = None
    stale: bool = False
    trace: tuple[Applied, ...] = ()

    @property
    def step(self) -> str:
        """The step's code name."""
        return STEPS[self.number]


def evaluate(facts: Facts, policy: Policy, now: datetime) -> tuple[Step, ...]:
    """Return the answers about all steps at `now`, by (number, opens_at, scope); each number 1–7 at least once."""
    closed = life(facts.stages, now).closed_at is not None
    return present(project(facts, policy, now, explain=True), now, facts.application_id, closed=closed)


def present(instances: Iterable[Instance], now: datetime, application_id: str, *, closed: bool) -> tuple[Step, ...]:
    """Return the answers about instances that were judged at `now` or before, and about numbers without instances."""
    steps = [answer(instance, now, application_id) for instance in instances]
    there = {step.number for step in steps}
    steps += [_step(unstarted(n, application_id, closed=closed)) for n in STEPS if n not in there]
    return tuple(sorted(steps, key=lambda step: step.number))


def answer(instance: Instance, now: datetime, application_id: str) -> Step:
    """Return the answer about one instance, as if it had been stored and read."""
    return _step(answered(to_record(instance), rfc3339(now), application_id, "step"))._replace(trace=instance.trace)


def headline(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return the headline: one step for each number."""
    known = {(step.number, step.scope): step for step in steps}
    return tuple(known[(spoken["number"], spoken["scope"])] for spoken in headlines(map(_ranked, known.values())))


def _ranked(step: Step) -> Answer:
    """Return the fields of an answer by which the headline is chosen."""
    instants = {"opens_at": step.opens_at, "due_at": step.due_at}
    written = {name: instant and rfc3339(instant) for name, instant in instants.items()}
    return {"number": step.number, "scope": step.scope, "state": step.state, **written}


def _step(answer: Answer) -> Step:
    """Parse an answer."""
    reason, progress = answer["reason"], answer["progress"]
    hint = answer["next_action"]
    return Step(
        number=answer["number"],
        scope=answer["scope"],
        state=answer["state"],
        opens_at=_read(answer["opens_at"]),
        due_at=_read(answer["due_at"]),
        due_zone=answer["due_zone"],
        due_basis=answer["due_basis"],
        completed_at=_read(answer["completed_at"]),
        reason=reason["code"],
        reason_text=reason["text"],
        data=reason["data"],
        total=progress["total"],
        missing=tuple(progress["missing"]),
        evidence=tuple(Evidence(e["type"], e["id"], datetime.fromisoformat(e["at"])) for e in answer["evidence"]),
        next_action=_hint(hint) if hint else None,
        warnings=tuple(map(_hint, answer["warnings"])),
        advice=tuple(map(_hint, answer["advice"])),
        changes_at=_read(answer["changes_at"]),
        helps_until=_read(answer["helps_until"]),
        stale=answer["stale"],
    )


def _read(instant: str | None) -> datetime | None:
    return None if instant is None else datetime.fromisoformat(instant)


def _hint(answer: Any) -> Hint:
    return Hint(*(answer[name] for name in Hint._fields))
