"""Reading steps: of applications from their rows, or evaluated anew for another instant or with the rules applied."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, func, select

from api.conditional import hashed
from api.db import OwnedSession
from api.errors import NotFoundError
from api.models import Application, Offer, StepInstance, User
from api.models.step import StepPublic, StepsPublic
from api.rules.evaluate import RULES_VERSION, answer, present, project
from api.rules.life import life
from api.rules.outcome import Instance, Step
from api.services.facts import gather
from api.services.records import find, is_id
from api.services.step_answers import Surroundings, headlines, public, surroundings
from api.services.stored_steps import instance_of


@dataclass(frozen=True, slots=True)
class View:
    """How steps are looked at: at which instant, and with or without the rules that were applied."""

    now: datetime
    as_of: datetime | None = None
    explain: bool = False

    @property
    def instant(self) -> datetime:
        """The instant that the answer is about."""
        return self.as_of or self.now


def steps_of(session: OwnedSession, applications: Sequence[Application], view: View) -> dict[str, StepsPublic]:
    """Return the seven steps of applications, in a constant number of queries."""
    around = surroundings(session, view.instant)
    rows = _rows(session, [application.id for application in applications])
    closed, instances = _instances(session, applications, rows, view)
    found = {}
    for application in applications:
        key = application.id
        steps = present(instances[key], view.instant, closed=closed[key])
        snoozed = {(row.number, row.scope): row.snoozed_until for row in rows.get(key, ())}
        found[key] = StepsPublic(
            application_id=key,
            as_of=view.as_of,
            headline=headlines(key, steps),
            steps=[_public(key, step, around, snoozed, view) for step in steps],
        )
    return found


def _public(
    key: str, step: Step, around: Surroundings, snoozed: dict[tuple[int, str], datetime | None], view: View
) -> StepPublic:
    until = snoozed.get((step.number, step.scope or ""))
    return public(key, step, around, snoozed_until=until, explain=view.explain)


def _instances(
    session: OwnedSession,
    applications: Sequence[Application],
    rows: dict[str, list[StepInstance]],
    view: View,
) -> tuple[dict[str, bool], dict[str, Sequence[Instance]]]:
    """Return whether each application is closed, and its judged steps: stored ones wherever they hold."""
    if not view.explain and (view.as_of is None or view.as_of >= view.now):
        stored: dict[str, Sequence[Instance]] = {
            a.id: [instance_of(row) for row in rows.get(a.id, ())] for a in applications
        }
        return {a.id: a.closed_at is not None for a in applications}, stored
    known = gather(session, applications, now=view.instant)
    closed = {k.application.id: life(k.facts.stages, view.instant).closed_at is not None for k in known}
    return closed, {k.application.id: project(k.facts, k.policy, view.instant) for k in known}


def _rows(session: OwnedSession, ids: Sequence[str]) -> dict[str, list[StepInstance]]:
    found: dict[str, list[StepInstance]] = {}
    wanted = (
        select(StepInstance)
        .where(col(StepInstance.application_id).in_(ids))
        .order_by(col(StepInstance.number), col(StepInstance.opens_at), col(StepInstance.scope))
    )
    for row in session.exec(wanted).all():
        found.setdefault(row.application_id, []).append(row)
    return found


def find_step(session: OwnedSession, id_: str) -> StepInstance:
    """Return the row of a step. Raises NotFoundError."""
    row = session.get(StepInstance, (session.user_id, id_.lower())) if is_id(id_) else None
    if row is None:
        raise NotFoundError
    return row


def one_step(session: OwnedSession, row: StepInstance, view: View) -> StepPublic:
    """Return one stored step as it is answered."""
    if view.explain:
        application = find(session, Application, row.application_id)
        whole = steps_of(session, [application], view)[row.application_id]
        return next(step for step in whole.steps if step.id == row.id)
    step = answer(instance_of(row), view.instant)
    return public(row.application_id, step, surroundings(session, view.now), snoozed_until=row.snoozed_until)


def version(
    session: OwnedSession, now: datetime, *query: object, application_id: str | None = None, writes: int = 0
) -> str:
    """Return the entity tag of an answer made of steps.

    It changes with every write of the user, with the rules, the query, and each passing of an opening, a deadline, the
    end of a snooze or the term of an offer. `writes` of -1 leaves out the write that is under way.
    """
    counter = writes + session.exec(select(User.write_counter).where(User.id == session.user_id)).one()
    return hashed(counter, RULES_VERSION, query, _last_passed(session, now, application_id))


def _last_passed(session: OwnedSession, now: datetime, application_id: str | None) -> list[datetime | None]:
    passed: list[datetime | None] = []
    for column in (StepInstance.opens_at, StepInstance.due_at, StepInstance.snoozed_until):
        latest = select(func.max(column)).where(col(column) <= now)
        if column is not StepInstance.snoozed_until:
            latest = latest.where(col(StepInstance.closed_state).is_(None))
        if application_id is not None:
            latest = latest.where(StepInstance.application_id == application_id)
        passed.append(session.exec(latest).one())
    passed.append(session.exec(select(func.max(Offer.respond_by)).where(col(Offer.respond_by) <= now)).one())
    return passed
