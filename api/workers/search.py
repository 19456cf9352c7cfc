"""The task that indexes the texts of accounts of an older version, one slice of each account in turn."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from api.services.search.rebuild import Progress, outdated_accounts, rebuild_slice
from api.storage.database import Database
from api.workers.units import Units

TASK = "search"
EVERY_SECONDS = 3_600.0  # only a new version has something to do: at the start


def search_pass(
    database: Database, clock: Callable[[], datetime], is_stopping: Callable[[], bool] = lambda: False
) -> None:
    """Do one pass of the task: index until all accounts are complete, or until the process stops.

    After a restart an account begins again; what is indexed already is only compared. Raises IncompletePassError if a
    slice failed.
    """
    now = clock().replace(microsecond=0)
    units = Units(TASK)
    with database.read(now) as session:
        waiting = {user_id: Progress() for user_id in outdated_accounts(session)}
    while waiting and not units.failed:
        for user_id, progress in list(waiting.items()):
            if is_stopping():
                return
            units.run(partial(rebuild_slice, database, user_id, now, progress))
            if progress.is_done:
                del waiting[user_id]
    units.check()
