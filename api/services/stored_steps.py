"""Between judged instances and their rows: what is kept in columns, what in the document beside them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from api.models.step import StepInstance, step_id
from api.rules.evaluate import RULES_VERSION
from api.rules.outcome import Evidence, Hint, Instance, Timed
from api.rules.words import said


def columns(instance: Instance) -> dict[str, Any]:
    """Return what is stored of an instance."""
    return {
        "opens_at": instance.opens_at,
        "due_at": instance.due_at,
        "closed_state": instance.closed_state,
        "completed_at": instance.completed_at,
        "reason": instance.reason,
        "missing": list(instance.missing),
        "detail": {
            "zone": instance.due_zone,
            "basis": instance.due_basis,
            "data": dict(instance.data),
            "total": instance.total,
            "evidence": [[e.type, e.id, said(e.at)] for e in instance.evidence],
            "actions": [_timed(timed) for timed in instance.actions],
            "warnings": [_hint(hint) for hint in instance.warnings],
            "advice": [_hint(hint) for hint in instance.advice],
            "tips": [_timed(timed) for timed in instance.tips],
        },
        "rules_version": RULES_VERSION,
    }


def instance_of(row: Any) -> Instance:  # noqa: ANN401  # a StepInstance, or a row of its columns
    """Return the instance that a row holds; `columns` and this are each other's inverse."""
    detail = row.detail
    return Instance(
        number=row.number,
        scope=row.scope,
        opens_at=row.opens_at,
        due_at=row.due_at,
        due_zone=detail["zone"],
        due_basis=detail["basis"],
        closed_state=row.closed_state,
        completed_at=row.completed_at,
        reason=row.reason,
        data=detail["data"],
        total=detail["total"],
        missing=tuple(row.missing),
        evidence=tuple(Evidence(type_, id_, datetime.fromisoformat(at)) for type_, id_, at in detail["evidence"]),
        actions=_timed_of(detail["actions"]),
        warnings=tuple(Hint(*hint) for hint in detail["warnings"]),
        advice=tuple(Hint(*hint) for hint in detail["advice"]),
        tips=_timed_of(detail.get("tips", ())),  # rows judged by the first rules have none
    )


def row_of(user_id: str, application_id: str, instance: Instance) -> StepInstance:
    """Return a new row for an instance."""
    return StepInstance(
        user_id=user_id,
        id=step_id(application_id, instance.number, instance.scope),
        application_id=application_id,
        number=instance.number,
        scope=instance.scope,
        **columns(instance),
    )


def _hint(hint: Hint) -> Sequence[str | None]:
    return [hint.code, hint.text, hint.method, hint.href]


def _timed(timed: Timed) -> list[Any]:
    return [timed.since and said(timed.since), timed.hint and _hint(timed.hint)]


def _timed_of(kept: Iterable[list[Any]]) -> tuple[Timed, ...]:
    return tuple(
        Timed(datetime.fromisoformat(since) if since else None, Hint(*hint) if hint else None) for since, hint in kept
    )
