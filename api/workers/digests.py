"""The task that queues the digests that are due: each account in a short transaction of its own."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial

from api.errors import UnauthorizedError
from api.services.notifications.digests import USERS_AT_ONCE, due_users, queue_due_digest
from api.settings import Settings
from api.storage.database import Database
from api.workers.units import Units

TASK = "digests"
EVERY_SECONDS = 30.0


def digests_pass(
    database: Database,
    clock: Callable[[], datetime],
    settings: Settings,
    is_stopping: Callable[[], bool] = lambda: False,
    *,
    wake: Callable[[], None] = lambda: None,
) -> bool:
    """Do one pass of the task; return whether more digests may be due. `wake` has the mails sent at once.

    Any number of processes may do this at the same time: an account is looked at again under its lock. Raises
    IncompletePassError if an account failed.
    """
    now = clock().replace(microsecond=0)
    with database.read(now) as session:
        due = due_users(session)
    units, queued = Units(TASK), 0
    for user_id in due:
        if is_stopping():
            return False
        queued += bool(units.run(partial(_queue_one, database, user_id, settings, now)))
    if queued:
        wake()
    units.check()
    return len(due) == USERS_AT_ONCE


def _queue_one(database: Database, user_id: str, settings: Settings, now: datetime) -> bool:
    with suppress(UnauthorizedError), database.write(now) as session:
        session.owner = user_id
        return queue_due_digest(session, settings)
    return False  # the account was erased meanwhile
