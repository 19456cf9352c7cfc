"""Conversion of judged steps into stored records, and of records into answers. Texts are built on every read."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from api.rules.guide import GUIDE
from api.rules.hints import gaps, hint, without_ways, worded
from api.rules.outcome import APPLICATION, STEPS, Cue, Hint, Instance, StepRecord
from api.rules.words import deadline, last_day, reason_text, rfc3339, unscheduled

Answer = dict[str, Any]
NOTHING: Mapping[str, str] = {}
PRESSING = ("overdue", "open", "upcoming")
TITLES = {step.number: step.title for step in GUIDE}
ANSWERS_VERSION = 1  # part of entity tags: increase it when answers differ for the same rows and rules


def to_record(instance: Instance) -> StepRecord:
    """Convert a judged step into the record that is stored. Empty lists and a total of 0 are left out of `detail`."""
    completed = instance.completed_at
    detail: dict[str, Any] = {"zone": instance.due_zone, "basis": instance.due_basis, "data": instance.data}
    if instance.total:
        detail["total"] = instance.total
    if instance.evidence:
        detail["evidence"] = [(type_, id_, rfc3339(at)) for type_, id_, at in instance.evidence]
    for name, timed in (("actions", instance.actions), ("tips", instance.tips)):
        if timed:
            detail[name] = [(rfc3339(since) if since else None, cue and _short(cue)) for since, cue in timed]
    for name, cues in (("warnings", instance.warnings), ("advice", instance.advice)):
        if cues:
            detail[name] = [_short(cue) for cue in cues]
    return StepRecord(
        instance.number,
        instance.scope,
        rfc3339(instance.opens_at),
        rfc3339(instance.due_at),
        instance.closed_state,
        rfc3339(completed) if completed else None,
        instance.reason,
        instance.missing,
        detail,
        rfc3339(instance.helps_until) if instance.helps_until else None,
    )


def _short(cue: Cue) -> Sequence[object]:
    return cue if cue.about else (cue.key,)


def state_of(step: StepRecord, now: str) -> str:
    """Return the state of a step at `now`, an instant as `rfc3339` formats it."""
    if step.closed_state is not None:
        return step.closed_state
    return "upcoming" if now < step.opens_at else "open" if now < step.due_at else "overdue"


def answered(step: StepRecord, now: str, application_id: str, id_: str, *, shows_contacts: bool = True) -> Answer:
    """Return the answer about a step at `now`, with its state, its reason text and its next action at that instant.

    Without `shows_contacts`, the action to call somebody does not say how they are reached.
    """
    detail, opens_at, due_at = step.detail, step.opens_at, step.due_at
    state = state_of(step, now)
    data, total, missing, zone = detail.get("data", NOTHING), detail.get("total", 0), step.missing, detail["zone"]
    actions = _started(detail.get("actions", ()), now)
    tips = filter(None, _started(detail.get("tips", ()), now))
    if actions and actions[-1] and not shows_contacts:
        actions = [without_ways(actions[-1])]
    return {
        "id": id_,
        "application_id": application_id,
        "number": step.number,
        "step": STEPS[step.number],
        "title": TITLES[step.number],
        "scope": step.scope,
        "state": state,
        "opens_at": opens_at,
        "due_at": due_at,
        "due_zone": zone,
        "due_on_local": last_day(due_at, zone),
        "due_text": deadline(due_at, zone),
        "due_basis": detail["basis"],
        "completed_at": step.completed_at,
        "reason": {
            "code": "not_open_yet" if state == "upcoming" else step.reason,
            "text": reason_text(step, now),
            "data": data,
        },
        "progress": {"done": total - len(missing), "total": total, "missing": missing, "gaps": gaps(missing)},
        "evidence": [{"type": type_, "id": id_, "at": at} for type_, id_, at in detail.get("evidence", ())],
        "next_action": _hint(actions[-1], application_id, data, id_) if actions and actions[-1] else None,
        "warnings": [_hint(cue, application_id, data, id_) for cue in detail.get("warnings", ())],
        "advice": [_hint(cue, application_id, data, id_) for cue in (*detail.get("advice", ()), *tips)],
        "changes_at": {"upcoming": opens_at, "open": due_at}.get(state),
        "helps_until": step.helps_until,
        "stale": state == "overdue" and step.helps_until is not None and step.helps_until <= now,
        "snoozed_until": None,
        "trace": None,
    }


def _started(timed: Iterable[Sequence[Any]], now: str) -> list[Any]:
    return [cue for since, cue in timed if since is None or since <= now]


def _hint(cue: Sequence[Any], application_id: str, data: Mapping[str, object], step_id: str) -> Answer:
    """Return a cue as an answer. Rows that rules version 1 or 2 stored hold the complete hint instead of a key."""
    if len(cue) == len(Hint._fields):
        return hint(*cue)
    return dict(worded(cue[0], cue[1] if len(cue) > 1 else NOTHING, application_id, data, step_id=step_id))


def unstarted(number: int, application_id: str, *, closed: bool) -> Answer:
    """Return the answer about a step number that has no instance; `closed`: the application has ended.

    All steps but those of cancelled rounds wait for the same: an interview that takes place.
    """
    reason = "application_closed" if closed else "no_interview"
    return {
        "id": None,
        "application_id": application_id,
        "number": number,
        "step": STEPS[number],
        "title": TITLES[number],
        "scope": APPLICATION if number in (5, 7) else None,
        "state": "not_applicable" if closed else "not_started",
        "opens_at": None,
        "due_at": None,
        "due_zone": None,
        "due_on_local": None,
        "due_text": None,
        "due_basis": None,
        "completed_at": None,
        "reason": {"code": reason, "text": unscheduled(reason), "data": {}},
        "progress": {"done": 0, "total": 0, "missing": [], "gaps": []},
        "evidence": [],
        "next_action": None if closed else dict(worded("create_interview", NOTHING, application_id, NOTHING)),
        "warnings": [],
        "advice": [],
        "changes_at": None,
        "helps_until": None,
        "stale": False,
        "snoozed_until": None,
        "trace": None,
    }


def headlines(steps: Iterable[Answer]) -> list[Answer]:
    """Return one answer for each number: overdue before open before upcoming, else the one that opened last."""
    best: dict[int, Answer] = {}
    for step in sorted(steps, key=_urgency):
        best.setdefault(step["number"], step)
    return [best[number] for number in STEPS]


def _urgency(step: Answer) -> tuple[int, float, str]:
    state, due_at, opens_at, scope = step["state"], step["due_at"], step["opens_at"], step["scope"] or ""
    if state in PRESSING:
        return (PRESSING.index(state), datetime.fromisoformat(due_at).timestamp(), scope)
    return (len(PRESSING), -datetime.fromisoformat(opens_at).timestamp() if opens_at else 0.0, scope)
