"""Read steps from their rows, or judge them again for a past instant or to show the rules that were applied."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlmodel import col

from api.errors import NotFoundError
from api.models import Application, StepInstance
from api.rules.answers import Answer, headlines, to_record, unstarted
from api.rules.evaluate import project
from api.rules.life import life
from api.rules.outcome import STEPS, StepRecord
from api.rules.words import rfc3339
from api.services.steps.load_facts import (
    INTERVIEWERS,
    REFERENCES,
    STATUS_CONTACTS,
    ApplicationFacts,
    load_facts,
)
from api.services.steps.render import OtherApplications, load_other_applications, render_step
from api.services.steps.rows import COLUMNS, OF_APPLICATIONS, StoredStep, record_from_row
from api.storage.codecs import db_to_json_instant, from_db_id, is_id, to_db_id
from api.storage.raw_sql import ID, CompiledStatement, RawConnection, param, select_as_text

PEOPLE = (INTERVIEWERS, REFERENCES, STATUS_CONTACTS)  # the second column is the id of the person
HEADLINE = (
    "number",
    "step",
    "title",
    "state",
    "step_id",
    "opens_at",
    "due_at",
    "due_zone",
    "due_on_local",
    "due_text",
    "reason",
    "next_action",
)


@dataclass(frozen=True, slots=True)
class View:
    """How to show steps: at which instant, and with or without the rules that were applied."""

    now: datetime
    as_of: datetime | None = None
    explain: bool = False

    @property
    def instant(self) -> datetime:
        """The instant for which states are computed."""
        return self.as_of or self.now

    @property
    def is_stored(self) -> bool:
        """Whether stored rows can be used: for now and later instants, and without `explain`."""
        return not self.explain and (self.as_of is None or self.as_of >= self.now)


class ApplicationSteps(NamedTuple):
    """The steps of one application, whether it is closed, and the rules that were applied, if requested."""

    steps: Sequence[StepRecord]
    closed: bool
    traces: Sequence[list[Answer] | None]


CLOSED_AT = CompiledStatement(
    select_as_text(Application.closed_at).where(
        col(Application.id) == param("id", ID), col(Application.deleted_at).is_(None)
    )
)
STEP_BY_ID = CompiledStatement(select_as_text(*COLUMNS).where(col(StepInstance.id) == param("id", ID)))


def steps_of(raw: RawConnection, closed: Mapping[str, bool], view: View) -> dict[str, Answer]:
    """Return the seven steps of applications, by id. `closed`: for each id, whether the application is closed."""
    around = load_other_applications(raw, view.instant)
    stored = _stored(raw, list(closed))
    if view.is_stored:
        judged = {key: _as_stored(mine, closed=closed[key]) for key, mine in stored.items()}
    else:
        judged = {known.id: _judged_anew(known, view) for known in load_facts(raw, list(closed), now=view.instant)}
    return {key: _whole(key, one, stored[key], around, view) for key, one in judged.items()}


def _as_stored(stored: Sequence[StoredStep], *, closed: bool) -> ApplicationSteps:
    return ApplicationSteps([record_from_row(row) for row in stored], closed, [None] * len(stored))


def _judged_anew(known: ApplicationFacts, view: View) -> ApplicationSteps:
    """Judge an application at an instant, by the evidence up to then."""
    instances = project(known.facts, known.policy, view.instant, explain=view.explain)
    traces = [[applied._asdict() for applied in one.trace] if view.explain else None for one in instances]
    is_closed = life(known.facts.stages, view.instant).closed_at is not None
    return ApplicationSteps([to_record(one) for one in instances], is_closed, traces)


def _whole(
    key: str, judged: ApplicationSteps, stored: Sequence[StoredStep], around: OtherApplications, view: View
) -> Answer:
    now = rfc3339(view.instant)
    snoozed = {(row.number, row.scope): db_to_json_instant(row.snoozed_until) for row in stored if row.snoozed_until}
    steps = []
    for step, trace in zip(judged.steps, judged.traces, strict=True):
        shown = render_step(key, step, around, now, snoozed=snoozed.get((step.number, step.scope)))
        steps.append({**shown, "trace": trace})
    there = {step["number"] for step in steps}
    missing = [unstarted(number, key, closed=judged.closed) for number in STEPS if number not in there]
    steps = sorted([*steps, *map(around.add_advice, missing)], key=lambda step: step["number"])
    as_of = view.as_of and rfc3339(view.as_of)
    return {"application_id": key, "as_of": as_of, "headline": list(map(_headline, headlines(steps))), "steps": steps}


def _headline(step: Answer) -> Answer:
    return {name: step["id" if name == "step_id" else name] for name in HEADLINE}


def steps_of_one(raw: RawConnection, application_id: str, view: View, *, recomputing: bool = False) -> Answer:
    """Return the seven steps of an application. Raises NotFoundError."""
    found = raw.first(CLOSED_AT, id=to_db_id(application_id.lower())) if is_id(application_id) else None
    if found is None:
        raise NotFoundError
    key = application_id.lower()
    return {**steps_of(raw, {key: found[0] is not None}, view)[key], "recomputing": recomputing}


def _stored(raw: RawConnection, ids: Sequence[str]) -> dict[str, list[StoredStep]]:
    found: dict[str, list[StoredStep]] = {id_: [] for id_ in ids}
    for row in map(StoredStep._make, raw.all(OF_APPLICATIONS, ids=ids)):
        found[from_db_id(row.application_id)].append(row)
    return found


def one_step(raw: RawConnection, id_: str, view: View) -> Answer:
    """Return one stored step as the API shows it. Raises NotFoundError."""
    found = raw.first(STEP_BY_ID, id=to_db_id(id_.lower())) if is_id(id_) else None
    if found is None:
        raise NotFoundError
    row = StoredStep._make(found)
    application_id = from_db_id(row.application_id)
    if view.explain:
        whole = steps_of_one(raw, application_id, view)
        explained: Answer = next(step for step in whole["steps"] if step["id"] == id_.lower())
        return explained
    around = load_other_applications(raw, view.now)
    snoozed = row.snoozed_until and db_to_json_instant(row.snoozed_until)
    return render_step(
        application_id, record_from_row(row), around, rfc3339(view.instant), id_=from_db_id(row.id), snoozed=snoozed
    )


def named_people(raw: RawConnection, application_ids: Sequence[str]) -> set[str]:
    """Return the ids of the people whom the texts of steps of some applications may name."""
    found = raw.all_pipelined(PEOPLE, ids=application_ids)
    return {from_db_id(row[1]) for rows in found for row in rows}
