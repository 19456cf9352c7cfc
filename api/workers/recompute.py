"""The task that recomputes accounts: one slice each in turn, so that a large account does not delay the others."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from api.services.steps.recompute import run_slice, waiting_accounts
from api.storage.database import Database
from api.workers.units import Units

TASK = "recompute"
EVERY_SECONDS = 10.0  # a write of this process wakes the task at once
ACCOUNTS_AT_ONCE = 100


def recompute_pass(
    database: Database, clock: Callable[[], datetime], is_stopping: Callable[[], bool] = lambda: False
) -> None:
    """Do one pass of the task: run slices until no account waits, or until the process stops.

    The next start goes on from the stored position. Raises IncompletePassError if a slice failed.
    """

    def now() -> datetime:
        return clock().replace(microsecond=0)

    units = Units(TASK)
    while (waiting := _waiting(database, now())) and not units.failed:
        for user_id in waiting:
            if is_stopping():
                return
            units.run(partial(run_slice, database, user_id, now()))
    units.check()


def _waiting(database: Database, now: datetime) -> list[str]:
    with database.read(now) as session:
        return list(waiting_accounts(session, ACCOUNTS_AT_ONCE))
