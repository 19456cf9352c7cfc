"""Compare stored steps with a fresh evaluation, account by account, and repair them slice by slice."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlmodel import col, select

from api.models import Application, StepInstance
from api.rules.evaluate import RULES_VERSION
from api.services.steps import judge, recompute
from api.services.steps.judge import Difference, compare, judged_at
from api.storage.database import Database
from api.storage.raw_sql import CompiledStatement, RawConnection, select_as_text
from api.storage.session import ANY_OWNER, OwnedSession

BATCH_SIZE = 100
STORED = CompiledStatement(select_as_text(StepInstance.id).where(col(StepInstance.number) > 0))


def outdated(session: OwnedSession) -> Sequence[str]:
    """Return the ids of the accounts with rows that an older version of the rules judged."""
    old = select(StepInstance.user_id).where(StepInstance.rules_version < RULES_VERSION).distinct()
    return session.exec(old.order_by(col(StepInstance.user_id)), execution_options=ANY_OWNER).all()


def check_steps(database: Database, user_id: str, clock: Callable[[], datetime], *, repair: bool) -> tuple[int, int]:
    """Return how many step rows an account has, and how many differ, are missing or should not exist.

    The comparison holds no lock. `repair` judges the account again in slices if anything differs.
    """
    with database.read(clock()) as session:
        session.owner = user_id
        stored = len(RawConnection.of(session).all(STORED))
        found = _differences(session)
        loose = judge.outdated_ends(RawConnection.of(session), _ids(session))
    different = sum(one.rows for one in found)
    if repair and (different or loose):
        recompute.run_to_end(database, user_id, clock)
    return stored, different


def _differences(session: OwnedSession) -> list[Difference]:
    ids = _ids(session)
    raw, now = RawConnection.of(session), judged_at(session)
    return [compare(raw, ids[at : at + BATCH_SIZE], now) for at in range(0, len(ids), BATCH_SIZE)]


def _ids(session: OwnedSession) -> Sequence[str]:
    return session.exec(select(Application.id).order_by(col(Application.id))).all()
