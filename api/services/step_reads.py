"""Reading steps: of applications from their rows, or evaluated anew for another instant or with the rules applied."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col

from api.db import OwnedSession
from api.errors import NotFoundError
from api.models import Application, StepInstance
from api.plain import ID, Plain, Rows, canonical, given, held, picked, said
from api.rules.evaluate import answer, present, project
from api.rules.life import life
from api.rules.outcome import Instance
from api.rules.words import said as at_utc
from api.services.facts import gather
from api.services.records import is_id
from api.services.step_answers import Answer, Surroundings, headlines, public, surroundings
from api.services.stored_steps import COLUMNS, OF_APPLICATIONS, StoredStep, instance_of


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


CLOSED = Plain(
    picked(Application.closed_at).where(col(Application.id) == given("id", ID), col(Application.deleted_at).is_(None))
)
ONE = Plain(picked(*COLUMNS).where(col(StepInstance.id) == given("id", ID)))


def steps_of(rows: Rows, closed: Mapping[str, bool], view: View) -> dict[str, Answer]:
    """Return the seven steps of applications, of which is known whether each is closed, in three queries."""
    around = surroundings(rows, view.instant)
    stored = _stored(rows, list(closed))
    instances: Mapping[str, Sequence[Instance]]
    if not view.explain and (view.as_of is None or view.as_of >= view.now):
        instances = {key: [instance_of(row) for row in mine] for key, mine in stored.items()}
    else:
        closed, instances = _judged(rows, list(closed), view)
    return {key: _whole(key, instances[key], stored[key], around, view, closed=closed[key]) for key in closed}


def steps_of_one(rows: Rows, application_id: str, view: View) -> Answer:
    """Return the seven steps of an application. Raises NotFoundError."""
    found = rows.first(CLOSED, id=held(application_id.lower())) if is_id(application_id) else None
    if found is None:
        raise NotFoundError
    key = application_id.lower()
    return steps_of(rows, {key: found[0] is not None}, view)[key]


def _whole(
    key: str,
    instances: Sequence[Instance],
    stored: Sequence[StoredStep],
    around: Surroundings,
    view: View,
    *,
    closed: bool,
) -> Answer:
    steps = present(instances, view.instant, key, closed=closed)
    snoozed = {(row.number, row.scope): said(row.snoozed_until) for row in stored if row.snoozed_until}
    return {
        "application_id": key,
        "as_of": view.as_of and at_utc(view.as_of),
        "headline": headlines(key, steps),
        "steps": [
            public(key, step, around, snoozed_until=snoozed.get((step.number, step.scope or "")), explain=view.explain)
            for step in steps
        ],
    }


def _judged(rows: Rows, ids: Sequence[str], view: View) -> tuple[dict[str, bool], dict[str, Sequence[Instance]]]:
    """Judge applications anew at an instant, by what was known then."""
    known = gather(rows, ids, now=view.instant)
    closed = {one.id: life(one.facts.stages, view.instant).closed_at is not None for one in known}
    return closed, {one.id: project(one.facts, one.policy, view.instant, explain=view.explain) for one in known}


def _stored(rows: Rows, ids: Sequence[str]) -> dict[str, list[StoredStep]]:
    found: dict[str, list[StoredStep]] = {id_: [] for id_ in ids}
    for row in map(StoredStep._make, rows.all(OF_APPLICATIONS, ids=ids)):
        found[canonical(row.application_id)].append(row)
    return found


def find_step(session: OwnedSession, id_: str) -> StepInstance:
    """Return the row of a step. Raises NotFoundError."""
    row = session.get(StepInstance, (session.user_id, id_.lower())) if is_id(id_) else None
    if row is None:
        raise NotFoundError
    return row


def one_step(rows: Rows, id_: str, view: View) -> Answer:
    """Return one stored step as it is answered. Raises NotFoundError."""
    found = rows.first(ONE, id=held(id_.lower())) if is_id(id_) else None
    if found is None:
        raise NotFoundError
    row = StoredStep._make(found)
    application_id = canonical(row.application_id)
    around = surroundings(rows, view.now)
    snoozed = row.snoozed_until and said(row.snoozed_until)
    instance = instance_of(row)
    if view.explain:
        _, judged = _judged(rows, [application_id], view)
        instance = next(one for one in judged[application_id] if one.key == instance.key)
    return public(
        application_id,
        answer(instance, view.instant, application_id),
        around,
        snoozed_until=snoozed,
        explain=view.explain,
    )
