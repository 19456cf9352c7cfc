"""Steps as they are answered: stored instances, the clock, and what other applications suggest."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col

from api.models import Application, Offer
from api.models.step import step_id
from api.plain import INSTANT, Plain, Rows, canonical, given, instant, kept, picked
from api.rules.evaluate import headline
from api.rules.hints import worded
from api.rules.outcome import Cue, Hint, Step
from api.rules.words import said

Answer = dict[str, Any]
CALL = 6
OPEN_STATES = ("upcoming", "open", "overdue")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the user's other applications suggest: advice, never a state."""

    live: int
    offers: tuple[tuple[str, datetime], ...]

    def advice(self, application_id: str, step: Step) -> tuple[Hint, ...]:
        """Return the advice for one step of an application.

        An offer elsewhere is worth telling of before the first interview too.
        """
        is_open = step.state in OPEN_STATES
        hints = []
        rivals = [by for owner, by in self.offers if owner != application_id]
        if rivals and ((is_open and step.number in (6, 7)) or (step.number == 7 and step.state == "not_started")):
            text = "You have an offer elsewhere that wants an answer: tell them, and ask for their date."
            href = f"/v1/applications/{application_id}/follow-ups"
            hints.append(Hint("competing_offer", text, "POST", href))
        if is_open and step.number == 7 and self.live <= 1:
            text = "You have no other live application: never depend on one."
            hints.append(Hint("no_other_application", text, "POST", "/v1/applications"))
        return tuple(hints)


_ALIVE = (col(Application.closed_at).is_(None), col(Application.deleted_at).is_(None))
LIVE = Plain(picked(Application.id).where(*_ALIVE).limit(2))
OFFERS = Plain(
    picked(Offer.application_id, Offer.respond_by)
    .join(Application, col(Application.id) == Offer.application_id)
    .where(col(Offer.respond_by) > given("now", INSTANT), col(Offer.decision).is_(None), *_ALIVE)
    .order_by(col(Offer.respond_by))
    .limit(200)
)


def surroundings(rows: Rows, now: datetime) -> Surroundings:
    """Read what the user's other applications suggest, in two queries."""
    offers = rows.all(OFFERS, now=kept(now))
    return Surroundings(len(rows.all(LIVE)), tuple((canonical(owner), instant(by)) for owner, by in offers))


def public(
    application_id: str,
    step: Step,
    around: Surroundings,
    *,
    id_: str | None = None,
    snoozed_until: str | None = None,
    explain: bool = False,
) -> Answer:
    """Return one step as it is answered: the document that `StepPublic` describes. `id_` is the stored step's."""
    return {
        "id": id_ or _id(application_id, step),
        "application_id": application_id,
        "number": step.number,
        "step": step.step,
        "scope": step.scope,
        "state": step.state,
        "opens_at": _said(step.opens_at),
        "due_at": _said(step.due_at),
        "due_zone": step.due_zone,
        "due_basis": step.due_basis,
        "completed_at": _said(step.completed_at),
        "reason": {"code": step.reason, "text": step.reason_text, "data": step.data},
        "progress": {"done": step.total - len(step.missing), "total": step.total, "missing": step.missing},
        "evidence": [{"type": type_, "id": id_, "at": said(at)} for type_, id_, at in step.evidence],
        "next_action": _hint(_next_action(step, around)),
        "warnings": _hints((*step.warnings, *_chain_ended(application_id, step))),
        "advice": _hints((*step.advice, *around.advice(application_id, step))),
        "changes_at": _said(step.changes_at),
        "snoozed_until": snoozed_until,
        "trace": [applied._asdict() for applied in step.trace] if explain else None,
    }


def _said(instant: datetime | None) -> str | None:
    return None if instant is None else said(instant)


def _id(application_id: str, step: Step) -> str | None:
    if step.scope is None or step.opens_at is None:
        return None
    return step_id(application_id, step.number, step.scope)


def _next_action(step: Step, around: Surroundings) -> Hint | None:
    """Return what to do next; where there is nothing else, looking elsewhere means applying."""
    if step.number == 7 and step.next_action is not None and around.live <= 1:
        return worded(Cue("add_application"), "", {})
    return step.next_action


def _chain_ended(application_id: str, step: Step) -> tuple[Hint, ...]:
    """Say with a skipped call that none follows it."""
    if step.number != CALL or step.state != "skipped":
        return ()
    text = "Skipping a call ends the chain: none is asked for until the next round or follow-up. Reopen it to go on."
    return (Hint("chain_of_calls_ended", text, "POST", f"/v1/steps/{_id(application_id, step)}/reopen"),)


def _hint(hint: Hint | None) -> Answer | None:
    return {"code": hint.code, "text": hint.text, "method": hint.method, "href": hint.href} if hint else None


def _hints(hints: Iterable[Hint]) -> list[Answer | None]:
    return [_hint(hint) for hint in hints]


def headlines(application_id: str, steps: Iterable[Step]) -> list[Answer]:
    """Return the seven that speak for their numbers."""
    return [
        {
            "number": step.number,
            "step": step.step,
            "state": step.state,
            "step_id": _id(application_id, step),
            "opens_at": _said(step.opens_at),
            "due_at": _said(step.due_at),
        }
        for step in headline(steps)
    ]


def most_pressing(steps: Iterable[Answer]) -> Answer | None:
    """Return the step to act on first: overdue before open, then by deadline; one not open yet comes last."""
    waiting = [step for step in steps if step["next_action"] is not None and step["due_at"] is not None]
    order = {"overdue": 0, "open": 1, "upcoming": 2}
    return min(waiting, key=lambda s: (order.get(s["state"], 3), s["due_at"], s["number"]), default=None)
