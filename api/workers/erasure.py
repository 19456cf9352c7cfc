"""The task that deletes the rows of erased accounts, if the request that erased one did not get to the end."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from api.services.accounts.erasure import ended_accounts, erase_slice
from api.storage.database import Database
from api.workers.units import Units

TASK = "erasure"
EVERY_SECONDS = 60.0  # a request of this process wakes the task at once
ACCOUNTS_AT_ONCE = 100


def erasure_pass(database: Database, clock: Callable[[], datetime], is_stopping: Callable[[], bool]) -> None:
    """Do one pass of the task: a slice of each account in turn, until none has rows or the process stops.

    The next start goes on with what is left. Raises IncompletePassError if a slice failed.
    """
    units = Units(TASK)
    while (ended := _ended(database, clock())) and not units.failed:
        for user_id in ended:
            if is_stopping():
                return
            units.run(partial(erase_slice, database, user_id, clock()))
    if units.done:
        database.truncate_wal()
    units.check()


def _ended(database: Database, now: datetime) -> list[str]:
    with database.read(now) as session:
        return list(ended_accounts(session, ACCOUNTS_AT_ONCE))
