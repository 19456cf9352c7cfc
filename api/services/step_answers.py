"""Steps as they are answered: stored instances, the clock, and what other applications suggest."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, func, select

from api.db import OwnedSession
from api.models import Application, Offer
from api.models.hint import HintPublic
from api.models.step import (
    AppliedPublic,
    EvidencePublic,
    HeadlineStep,
    Progress,
    Reason,
    StepPublic,
    step_id,
)
from api.rules.evaluate import headline
from api.rules.outcome import Hint, Step
from api.rules.steps.keep_looking import ADD_APPLICATION

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


def surroundings(session: OwnedSession, now: datetime) -> Surroundings:
    """Read what the user's other applications suggest, in two queries."""
    alive = (col(Application.closed_at).is_(None), col(Application.deleted_at).is_(None))
    some = select(Application.id).where(*alive).limit(2).subquery()
    live = session.exec(select(func.count()).select_from(some)).one()
    offers = (
        select(Offer.application_id, Offer.respond_by)
        .join(Application, col(Application.id) == Offer.application_id)
        .where(col(Offer.respond_by) > now, col(Offer.decision).is_(None), *alive)
        .order_by(col(Offer.respond_by))
        .limit(200)
    )
    return Surroundings(live, tuple((owner, by) for owner, by in session.exec(offers).all() if by))


def public(
    application_id: str,
    step: Step,
    around: Surroundings,
    *,
    snoozed_until: datetime | None = None,
    explain: bool = False,
) -> StepPublic:
    """Return one step as it is answered."""
    return StepPublic(
        id=_id(application_id, step),
        application_id=application_id,
        number=step.number,
        step=step.step,
        scope=step.scope,
        state=step.state,
        opens_at=step.opens_at,
        due_at=step.due_at,
        due_zone=step.due_zone,
        due_basis=step.due_basis,
        completed_at=step.completed_at,
        reason=Reason(code=step.reason, text=step.reason_text, data=dict(step.data)),
        progress=Progress(done=step.total - len(step.missing), total=step.total, missing=list(step.missing)),
        evidence=[EvidencePublic.model_validate(evidence) for evidence in step.evidence],
        next_action=_hint(_next_action(step, around)),
        warnings=_hints((*step.warnings, *_chain_ended(application_id, step))),
        advice=_hints((*step.advice, *around.advice(application_id, step))),
        changes_at=step.changes_at,
        snoozed_until=snoozed_until,
        trace=[AppliedPublic.model_validate(applied) for applied in step.trace] if explain else None,
    )


def _id(application_id: str, step: Step) -> str | None:
    if step.scope is None or step.opens_at is None:
        return None
    return step_id(application_id, step.number, step.scope)


def _next_action(step: Step, around: Surroundings) -> Hint | None:
    """Return what to do next; where there is nothing else, looking elsewhere means applying."""
    if step.number == 7 and step.next_action is not None and around.live <= 1:
        return ADD_APPLICATION
    return step.next_action


def _chain_ended(application_id: str, step: Step) -> tuple[Hint, ...]:
    """Say with a skipped call that none follows it."""
    if step.number != CALL or step.state != "skipped":
        return ()
    text = "Skipping a call ends the chain: none is asked for until the next round or follow-up. Reopen it to go on."
    return (Hint("chain_of_calls_ended", text, "POST", f"/v1/steps/{_id(application_id, step)}/reopen"),)


def _hint(hint: Hint | None) -> HintPublic | None:
    return HintPublic(code=hint.code, text=hint.text, method=hint.method, href=hint.href) if hint else None


def _hints(hints: Iterable[Hint]) -> list[HintPublic]:
    return [HintPublic(code=hint.code, text=hint.text, method=hint.method, href=hint.href) for hint in hints]


def headlines(application_id: str, steps: Iterable[Step]) -> list[HeadlineStep]:
    """Return the seven that speak for their numbers."""
    return [
        HeadlineStep(
            number=step.number,
            step=step.step,
            state=step.state,
            step_id=_id(application_id, step),
            opens_at=step.opens_at,
            due_at=step.due_at,
        )
        for step in headline(steps)
    ]


def most_pressing(steps: Iterable[StepPublic]) -> StepPublic | None:
    """Return the step to act on first: overdue before open, then by deadline; one not open yet comes last."""
    waiting = [step for step in steps if step.next_action is not None and step.due_at is not None]
    order = {"overdue": 0, "open": 1, "upcoming": 2}
    return min(waiting, key=lambda s: (order.get(s.state, 3), s.due_at, s.number), default=None)
