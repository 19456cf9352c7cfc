"""Between judged instances and their rows: what is kept in columns, what in the document beside them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import col

from api.models.step import StepInstance, step_id
from api.plain import IDS, SECONDS, Plain, document, held, instant, kept, known_instant, picked, written
from api.rules.evaluate import RULES_VERSION
from api.rules.outcome import Cue, Evidence, Instance, Timed
from api.rules.words import said


class StoredStep(NamedTuple):
    """A row of a step as it is read: ids, instants and documents as text."""

    id: str
    application_id: str
    number: int
    scope: str
    opens_at: str
    due_at: str
    closed_state: str | None
    completed_at: str | None
    reason: str
    missing: str
    detail: str
    snoozed_until: str | None
    rules_version: int


COLUMNS: tuple[Any, ...] = tuple(getattr(StepInstance, name) for name in StoredStep._fields)
OF_APPLICATIONS = Plain(
    picked(*COLUMNS)
    .where(col(StepInstance.application_id).in_(IDS))
    .order_by(col(StepInstance.number), col(StepInstance.opens_at), col(StepInstance.scope))
)


def columns(instance: Instance) -> dict[str, Any]:
    """Return what is stored of an instance, as plain statements write it."""
    return {
        "opens_at": kept(instance.opens_at),
        "due_at": kept(instance.due_at),
        "closed_state": instance.closed_state,
        "completed_at": instance.completed_at and kept(instance.completed_at),
        "reason": instance.reason,
        "missing": written(instance.missing),
        "detail": written({name: value for name, value in _detail(instance).items() if value}),
        "rules_version": RULES_VERSION,
    }


def keys_of(application_id: str, instance: Instance) -> dict[str, Any]:
    """Return what names the row of an instance."""
    return {
        "id": held(step_id(application_id, instance.number, instance.scope)),
        "application_id": held(application_id),
        "number": instance.number,
        "scope": instance.scope,
    }


def is_kept(row: StoredStep, values: Mapping[str, Any]) -> bool:
    """Tell whether a row holds these values already."""
    return all(
        same(getattr(row, name), value) if name.endswith("_at") else getattr(row, name) == value
        for name, value in values.items()
    )


def same(one: str | None, other: str | None) -> bool:
    """Tell whether two columns hold the same instant: databases write more or less behind the seconds."""
    return one == other or (one is not None and other is not None and one[:SECONDS] == other[:SECONDS])


def instance_of(row: StoredStep) -> Instance:
    """Return the instance that a row holds; `columns` and this are each other's inverse."""
    detail = document(row.detail)
    read = detail.get  # what is empty is not kept
    return Instance(
        number=row.number,
        scope=row.scope,
        opens_at=instant(row.opens_at),
        due_at=instant(row.due_at),
        due_zone=detail["zone"],
        due_basis=detail["basis"],
        closed_state=row.closed_state,
        completed_at=known_instant(row.completed_at),
        reason=row.reason,
        data=read("data", {}),
        total=read("total", 0),
        missing=tuple(document(row.missing)),
        evidence=tuple(Evidence(type_, id_, datetime.fromisoformat(at)) for type_, id_, at in read("evidence", ())),
        actions=_timed_of(read("actions", ())),
        warnings=tuple(Cue(*cue) for cue in read("warnings", ())),
        advice=tuple(Cue(*cue) for cue in read("advice", ())),
        tips=_timed_of(read("tips", ())),
    )


def _detail(instance: Instance) -> dict[str, Any]:
    return {
        "zone": instance.due_zone,
        "basis": instance.due_basis,
        "data": instance.data,
        "total": instance.total,
        "evidence": [(type_, id_, said(at)) for type_, id_, at in instance.evidence],
        "actions": [(since and said(since), cue and _short(cue)) for since, cue in instance.actions],
        "warnings": [_short(cue) for cue in instance.warnings],
        "advice": [_short(cue) for cue in instance.advice],
        "tips": [(since and said(since), cue and _short(cue)) for since, cue in instance.tips],
    }


def _short(cue: Cue) -> tuple[object, ...]:
    return cue if cue.about else (cue.key,)


def _timed_of(stored: Iterable[list[Any]]) -> tuple[Timed, ...]:
    return tuple(
        Timed(datetime.fromisoformat(since) if since else None, Cue(*cue) if cue else None) for since, cue in stored
    )
