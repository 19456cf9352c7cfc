"""Stored steps against a fresh evaluation, for one account."""

from sqlmodel import col, select

from api.db import OwnedSession
from api.models import Application, StepInstance
from api.services import steps
from api.services.stored_steps import columns


def check_steps(session: OwnedSession, *, repair: bool) -> tuple[int, int]:
    """Return how many rows there are and how many differ, are missing or should not be; `repair` rewrites them."""
    applications = session.exec(select(Application).where(col(Application.deleted_at).is_(None))).all()
    wanted = {
        (known.application.id, *instance.key): columns(instance)
        for known, instances in steps.fresh(session, applications)
        for instance in instances
    }
    rows = {(row.application_id, row.number, row.scope): row for row in session.exec(select(StepInstance)).all()}
    different = {key for key in wanted.keys() | rows.keys() if not _equal(rows.get(key), wanted.get(key))}
    if repair and different:
        steps.lock(session)
        steps.judge_applications(session, {key[0] for key in different})
    return len(rows), len(different)


def _equal(row: StepInstance | None, values: dict[str, object] | None) -> bool:
    if row is None or values is None:
        return False
    return all(getattr(row, name) == value for name, value in values.items())
