"""Map judged steps to rows and back: which values are columns, which are in the JSON of `detail`."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlmodel import col

from api.models.step import StepInstance, help_span, step_id
from api.rules.answers import to_record
from api.rules.evaluate import RULES_VERSION
from api.rules.outcome import Instance, StepRecord
from api.storage.codecs import SECONDS, db_to_json_instant, from_db_json, json_to_db_instant, to_db_id, to_db_json
from api.storage.raw_sql import IDS, CompiledStatement, select_as_text


class StoredStep(NamedTuple):
    """A step row as raw SQL returns it: ids, instants and JSON as text."""

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
    helps_until: str | None
    help_span: int | None


COLUMNS: tuple[Any, ...] = tuple(getattr(StepInstance, name) for name in StoredStep._fields)
OF_APPLICATIONS = CompiledStatement(
    select_as_text(*COLUMNS)
    .where(col(StepInstance.application_id).in_(IDS))
    .order_by(col(StepInstance.number), col(StepInstance.opens_at), col(StepInstance.scope))
)


def column_values(instance: Instance) -> dict[str, Any]:
    """Return the columns of a judged step, encoded for the database."""
    step = to_record(instance)
    return {
        "opens_at": json_to_db_instant(step.opens_at),
        "due_at": json_to_db_instant(step.due_at),
        "closed_state": step.closed_state,
        "completed_at": step.completed_at and json_to_db_instant(step.completed_at),
        "reason": step.reason,
        "missing": to_db_json(step.missing),
        "detail": to_db_json(step.detail),
        "rules_version": RULES_VERSION,
        "helps_until": step.helps_until and json_to_db_instant(step.helps_until),
        "help_span": None if instance.closed_state else help_span(instance.due_at, instance.helps_until),
    }


def key_values(application_id: str, instance: Instance) -> dict[str, Any]:
    """Return the columns that identify the row of an instance."""
    return {
        "id": to_db_id(step_id(application_id, instance.number, instance.scope)),
        "application_id": to_db_id(application_id),
        "number": instance.number,
        "scope": instance.scope,
    }


def is_unchanged(row: StoredStep, values: Mapping[str, Any]) -> bool:
    """Tell whether a row has these values already."""
    return all(_equal(name, getattr(row, name), value) for name, value in values.items())


def _equal(name: str, one: Any, other: Any) -> bool:  # noqa: ANN401  # whatever a column holds
    """Compare two values of a column; JSON may differ in whitespace, instants in what follows the seconds."""
    if one == other:
        return True
    if name.endswith(("_at", "_until")):
        return is_same_instant(one, other)
    return name in ("missing", "detail") and from_db_json(one) == from_db_json(other)


def is_same_instant(one: str | None, other: str | None) -> bool:
    """Tell whether two values are the same instant; what follows the seconds depends on the database."""
    return one == other or (one is not None and other is not None and one[:SECONDS] == other[:SECONDS])


def record_from_row(row: StoredStep) -> StepRecord:
    """Return the step of a row: the inverse of `column_values`."""
    return StepRecord(
        row.number,
        row.scope,
        db_to_json_instant(row.opens_at),
        db_to_json_instant(row.due_at),
        row.closed_state,
        row.completed_at and db_to_json_instant(row.completed_at),
        row.reason,
        from_db_json(row.missing),
        from_db_json(row.detail),
        row.helps_until and db_to_json_instant(row.helps_until),
    )
