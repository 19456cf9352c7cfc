"""Compare stored steps with a new evaluation, account by account, and repair them.

The account is judged in a read transaction, so that writers do not wait; only the repair is a write.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select

from api.errors import UnauthorizedError
from api.models import Application, StepInstance, User
from api.rules.evaluate import RULES_VERSION
from api.services.steps import judge
from api.services.steps.judge import Difference, compare, judged_at, rewrite
from api.storage.database import Database
from api.storage.raw_sql import OWNER, CompiledStatement, RawConnection, select_as_text
from api.storage.session import ANY_OWNER, OwnedSession

BATCH_SIZE = 100
COUNTER = CompiledStatement(select_as_text(User.write_counter).where(col(User.id) == OWNER), owned=False)
STORED = CompiledStatement(select_as_text(StepInstance.id).where(col(StepInstance.number) > 0))


def outdated(session: OwnedSession) -> Sequence[str]:
    """Return the ids of the accounts with rows that an older version of the rules judged."""
    old = select(StepInstance.user_id).where(StepInstance.rules_version < RULES_VERSION).distinct()
    return session.exec(old.order_by(col(StepInstance.user_id)), execution_options=ANY_OWNER).all()


def check_steps(database: Database, user_id: str, now: datetime, *, repair: bool) -> tuple[int, int]:
    """Return how many step rows an account has, and how many differ, are missing or are too many.

    `repair` rewrites these. If another transaction has written to the account since it was judged, the repair judges
    it again.
    """
    with database.read(now) as session:
        session.owner = user_id
        seen, stored = _counter(session), len(RawConnection.of(session).all(STORED))
        found = _differences(session)
        loose = judge.outdated_ends(RawConnection.of(session), _ids(session))
    different = sum(one.rows for one in found)
    if repair and (different or loose):
        with database.write(now) as session:
            session.owner = user_id
            judge.lock_user(session)
            if loose or _counter(session) != seen + 1:
                judge.judge_all(session)
            else:
                for one in found:
                    rewrite(RawConnection.of(session), one)
    return stored, different


def _differences(session: OwnedSession) -> list[Difference]:
    ids = _ids(session)
    raw, now = RawConnection.of(session), judged_at(session)
    return [compare(raw, ids[at : at + BATCH_SIZE], now) for at in range(0, len(ids), BATCH_SIZE)]


def _ids(session: OwnedSession) -> Sequence[str]:
    return session.exec(select(Application.id).order_by(col(Application.id))).all()


def _counter(session: OwnedSession) -> int:
    row = RawConnection.of(session).first(COUNTER)
    if row is None:
        raise UnauthorizedError
    counter: int = row[0]
    return counter
