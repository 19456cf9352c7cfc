"""The task that deletes expired rows: account by account, in batches, each in a transaction of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from api.services.accounts import retention
from api.services.accounts.retention import DeletedCounts
from api.storage.database import Database
from api.workers.units import IncompletePassError, Units

TASK = "retention"
EVERY_SECONDS = 3_600.0


@dataclass(frozen=True, slots=True)
class Sweep:
    """What was deleted, and for how many accounts that failed."""

    deleted: DeletedCounts
    failed: int


def apply_retention(database: Database, now: datetime, *, is_stopping: Callable[[], bool] = lambda: False) -> Sweep:
    """Delete the expired rows of all accounts. An account for which that fails does not stop the others."""
    units, total = Units(TASK), DeletedCounts()
    units.run(lambda: retention.delete_expired_throttles(database, now))
    for user_id in retention.users_with_expired_rows(database, now):
        one = partial(retention.apply_retention_to_account, database, user_id, now, is_stopping=is_stopping)
        total += units.run(one) or DeletedCounts()
    database.truncate_wal()
    return Sweep(total, units.failed)


def retention_pass(database: Database, clock: Callable[[], datetime], is_stopping: Callable[[], bool]) -> None:
    """Do one pass of the task. Raises IncompletePassError if it failed for some accounts."""
    if apply_retention(database, clock().replace(microsecond=0), is_stopping=is_stopping).failed:
        raise IncompletePassError("some accounts keep expired rows")
