"""The order in which a draft is judged: the first condition that holds closes the step."""

from datetime import datetime

from api.rules.facts import Override
from api.rules.outcome import BY_TIME, Cue, Draft, Evidence, Instance, shown_due
from api.rules.situation import Situation
from api.rules.words import wall

BY_HAND = (1, 2, 3, 4, 5)
VERBS = {"complete": "ticked", "skip": "skipped", "reopen": "reopened"}
NOUNS = {"complete": "tick", "skip": "skip", "reopen": "reopening"}
Done = tuple[str, str, datetime]


def judge(at: Situation, draft: Draft) -> Instance:
    """Judge one draft: completed, skipped, disabled, not applicable, application closed; the step is open otherwise."""
    overrides = _overrides(at, draft)
    latest = overrides[-1] if overrides else None
    ticked = latest.at if latest and latest.action == "complete" and draft.number in BY_HAND else None
    times, due = _times(draft, ticked)
    done = _done(draft, times, due)
    closed, reason, completed = done or (*_ended(at, draft, skipped=bool(latest and latest.action == "skip")), None)
    window = draft.window
    return Instance(
        draft.number,
        draft.scope,
        window.opens_at,
        due,
        window.zone,
        window.basis,
        closed,
        completed,
        reason,
        draft.data,
        len(draft.parts),
        () if done else tuple([part.name for part in draft.parts if part.evidence is None]),
        _evidence(draft),
        () if closed else draft.actions,
        (*draft.warnings, *_without_effect(draft, overrides, completed)),
        draft.advice,
        () if closed else draft.tips,
        draft.trace,
    )


def _overrides(at: Situation, draft: Draft) -> list[Override]:
    """Return what was recorded by hand for a step, by (at, id): the last one counts."""
    mine = [
        override
        for override in at.facts.overrides
        if (override.number, override.scope) == (draft.number, draft.scope) and override.at <= at.now
    ]
    return sorted(mine, key=lambda override: (override.at, override.id))


def _without_effect(draft: Draft, overrides: list[Override], completed: datetime | None) -> tuple[Cue, ...]:
    """Warn that what was recorded last by hand changes nothing: a later one counts, or evidence does.

    Ids grow with the time of recording, so the largest one was recorded last.
    """
    if not overrides:
        return ()
    counts, newest = overrides[-1], max(overrides, key=lambda override: override.id)
    about = {"did": VERBS[newest.action], "action": newest.action}
    if newest is not counts:
        later = {"later": NOUNS[counts.action], "at": wall(counts.at, draft.window.zone)}
        return (Cue("override_without_effect", {**about, **later}),)
    if counts.action != "complete" and completed is not None and completed < counts.at:
        return (Cue("override_without_effect/evidence", about),)
    return ()


def _evidence(draft: Draft) -> tuple[Evidence, ...]:
    """Return the evidence of all parts without duplicates, ordered by time."""
    found = {part.evidence for part in draft.parts if part.evidence}
    return tuple(sorted(found.union(draft.evidence), key=BY_TIME))


def _times(draft: Draft, ticked: datetime | None) -> tuple[list[datetime | None], datetime]:
    """Return when each part was complete, and the deadline to show. A tick counts unless there was evidence before."""
    due = draft.window.due_at
    if ticked is None:
        return [part.at for part in draft.parts], due
    done = [(min(part.at or ticked, ticked), part.due or due) for part in draft.parts]
    return [at for at, _ in done], shown_due(done)


def _done(draft: Draft, times: list[datetime | None], due: datetime) -> Done | None:
    """Return state, reason and time of completion, which is that of the latest part; None if a part is missing.

    The deadline to show is that of the first late part if there is one, so the latest part alone tells whether all are
    in time.
    """
    last = max((time for time in times if time), default=None)
    if last is None or None in times:
        return None
    by_evidence = times == [part.at for part in draft.parts]
    return "done_late" if last > due else "done", draft.done_reason if by_evidence else "by_hand", last


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
