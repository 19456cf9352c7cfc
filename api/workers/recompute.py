"""Recompute waiting accounts: one slice each by turns, so that a large account does not hold up the others."""

from collections.abc import Callable
from datetime import datetime

from api.services.steps.recompute import run_slice, waiting_accounts
from api.storage.database import Database

ACCOUNTS_AT_ONCE = 100


def recompute_waiting(
    database: Database, clock: Callable[[], datetime], *, is_stopped: Callable[[], bool] = lambda: False
) -> None:
    """Run slices until no account waits, or until it is stopped: the next start goes on from there.

    Raises ProblemError where the database is not available.
    """
    while waiting := _waiting(database, clock()):
        for user_id in waiting:
            if is_stopped():
                return
            run_slice(database, user_id, clock())


def _waiting(database: Database, now: datetime) -> list[str]:
    with database.read(now) as session:
        return list(waiting_accounts(session, ACCOUNTS_AT_ONCE))
