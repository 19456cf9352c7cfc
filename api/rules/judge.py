"""The order of judgement: what ends a step, first hit wins; else the clock."""

from datetime import datetime
from operator import attrgetter

from api.rules.outcome import Draft, Instance, Part
from api.rules.situation import Situation

BY_HAND = range(1, 6)
BY_TIME = attrgetter("at", "type", "id")


def judge(at: Situation, draft: Draft) -> Instance:
    """Judge one draft: evidence or a tick, skip, policy, a reason of its own, the application's end – else open."""
    latest = _latest(at, draft) if at.facts.overrides else None
    ticked = latest[1] if latest and latest[0] == "complete" and draft.number in BY_HAND else None
    done = _done(draft, ticked)
    closed, reason, completed = done or (*_ended(at, draft, skipped=bool(latest and latest[0] == "skip")), None)
    missing = () if done else tuple(part.name for part in draft.parts if part.evidence is None)
    found = {part.evidence for part in draft.parts if part.evidence}.union(draft.evidence)
    evidence = sorted(found, key=BY_TIME) if len(found) > 1 else found
    return Instance(
        number=draft.number,
        scope=draft.scope,
        opens_at=draft.window.opens_at,
        due_at=_shown_due(draft, ticked),
        due_zone=draft.window.zone,
        due_basis=draft.window.basis,
        closed_state=closed,
        completed_at=completed,
        reason=reason,
        data=draft.data,
        total=len(draft.parts),
        missing=missing,
        evidence=tuple(evidence),
        actions=() if closed else draft.actions,
        warnings=draft.warnings,
        advice=draft.advice,
        tips=() if closed else draft.tips,
        trace=draft.trace,
    )


def _latest(at: Situation, draft: Draft) -> tuple[str, datetime] | None:
    mine = [
        override
        for override in at.facts.overrides
        if (override.number, override.scope) == (draft.number, draft.scope) and override.at <= at.now
    ]
    latest = max(mine, key=lambda override: (override.at, override.id), default=None)
    return (latest.action, latest.at) if latest else None


def _done(draft: Draft, ticked: datetime | None) -> tuple[str, str, datetime] | None:
    """Return state, reason and time of completion: the latest part, or the tick if that was earlier."""
    if ticked is None and any(part.evidence is None for part in draft.parts):
        return None
    whole = [time for part in draft.parts if (time := _completion(part, ticked))]
    if not whole:
        return None
    due = draft.window.due_at
    late = any(time > (part.due or due) for part, time in zip(draft.parts, whole, strict=True))
    by_hand = ticked is not None and any(part.at is None or part.at > ticked for part in draft.parts)
    return "done_late" if late else "done", "by_hand" if by_hand else draft.done_reason, max(whole)


def _completion(part: Part, ticked: datetime | None) -> datetime | None:
    at = part.evidence.at if part.evidence else None
    if at is None or ticked is None:
        return at or ticked
    return min(at, ticked)


def _owed(part: Part, draft: Draft) -> datetime:
    return part.due or draft.window.due_at


def _shown_due(draft: Draft, ticked: datetime | None) -> datetime:
    """Return the step's deadline; of several items the late one's, the least open one's, else the last one's."""
    if ticked is None or not any(part.due for part in draft.parts):
        return draft.window.due_at
    done = [(_completion(part, ticked) or ticked, _owed(part, draft)) for part in draft.parts]
    late = [due for time, due in done if time > due]
    return late[0] if late else max(done)[1]


def _ended(at: Situation, draft: Draft, *, skipped: bool) -> tuple[str | None, str]:
    if skipped:
        return "skipped", "skipped_by_user"
    if draft.number in at.policy.disabled_steps:
        return "not_applicable", "disabled_by_policy"
    if draft.not_applicable:
        return "not_applicable", draft.not_applicable
    if at.life.closed_at is not None:
        missed = draft.window.due_at <= at.life.closed_at
        return "missed" if missed else "not_applicable", "application_closed"
    return None, draft.asks
