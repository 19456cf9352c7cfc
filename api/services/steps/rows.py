"""Between judged instances and their rows: what is kept in columns, what in the document beside them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlmodel import col

from api.models.step import StepInstance, step_id
from api.rules.answers import kept
from api.rules.evaluate import RULES_VERSION
from api.rules.outcome import Instance, Kept
from api.storage.codecs import SECONDS, column, document, held, said, written
from api.storage.raw_sql import IDS, Plain, picked


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
    step = kept(instance)
    return {
        "opens_at": column(step.opens_at),
        "due_at": column(step.due_at),
        "closed_state": step.closed_state,
        "completed_at": step.completed_at and column(step.completed_at),
        "reason": step.reason,
        "missing": written(step.missing),
        "detail": written(step.detail),
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
    return all(_equal(name, getattr(row, name), value) for name, value in values.items())


def _equal(name: str, one: Any, other: Any) -> bool:  # noqa: ANN401  # whatever a column holds
    """Compare two values of a column; a document may be written with other spaces."""
    if one == other:
        return True
    if name.endswith("_at"):
        return same(one, other)
    return name in ("missing", "detail") and document(one) == document(other)


def same(one: str | None, other: str | None) -> bool:
    """Tell whether two columns hold the same instant: databases write more or less behind the seconds."""
    return one == other or (one is not None and other is not None and one[:SECONDS] == other[:SECONDS])


def kept_of(row: StoredStep) -> Kept:
    """Return what a row holds; `columns` and this are each other's inverse."""
    return Kept(
        row.number,
        row.scope,
        said(row.opens_at),
        said(row.due_at),
        row.closed_state,
        row.completed_at and said(row.completed_at),
        row.reason,
        document(row.missing),
        document(row.detail),
    )
