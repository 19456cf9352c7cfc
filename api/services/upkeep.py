"""Stored steps against a fresh evaluation, for one account."""

from sqlmodel import col, select

from api.db import OwnedSession
from api.models import Application, StepInstance
from api.plain import Plain, Rows, canonical, picked
from api.services import steps
from api.services.stored_steps import COLUMNS, StoredStep, columns, is_kept

ALL = Plain(picked(*COLUMNS).where(col(StepInstance.number) > 0))


def check_steps(session: OwnedSession, *, repair: bool) -> tuple[int, int]:
    """Return how many rows there are and how many differ, are missing or should not be; `repair` rewrites them."""
    applications = session.exec(select(Application.id).where(col(Application.deleted_at).is_(None))).all()
    wanted = {
        (known.id, *instance.key): columns(instance)
        for known, instances in steps.fresh(session, applications)
        for instance in instances
    }
    rows = [StoredStep._make(row) for row in Rows.of(session).all(ALL)]
    stored = {(canonical(row.application_id), row.number, row.scope): row for row in rows}
    different = {key for key in wanted.keys() | stored.keys() if not _equal(stored.get(key), wanted.get(key))}
    if repair and different:
        steps.lock(session)
        steps.judge_applications(session, {key[0] for key in different})
    return len(stored), len(different)


def _equal(row: StoredStep | None, values: dict[str, object] | None) -> bool:
    return row is not None and values is not None and is_kept(row, values)
