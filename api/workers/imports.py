"""The task of imports: it plans large files, and runs and undoes imports, one slice of each in turn."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from api.services.imports.planning import Planner, working
from api.services.imports.running import Runner
from api.services.imports.undoing import undo_slice
from api.storage.database import Database
from api.workers.units import Units

TASK = "imports"
EVERY_SECONDS = 10.0  # a write of this process wakes the task at once
IMPORTS_AT_ONCE = 100


def import_pass(
    database: Database,
    clock: Callable[[], datetime],
    account_bytes: int,
    is_stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Do one pass of the task: work until no import waits, or until the process stops.

    Restoring leaves the steps of the account to the task `recompute`, which looks for work every ten seconds.

    The next start goes on from the stored positions. Raises IncompletePassError if a slice failed.
    """

    def now() -> datetime:
        return clock().replace(microsecond=0)

    units, runners = Units(TASK), dict[str, Runner]()
    while (waiting := _waiting(database, now())) and not units.failed:
        for user_id, import_id, state in waiting:
            if is_stopping():
                return
            if state == "analysing":
                planner = Planner(database, user_id, import_id, max_bytes=account_bytes)
                units.run(partial(planner.run, now))
            elif state == "running":
                new = Runner(database, user_id, import_id, max_bytes=account_bytes)
                units.run(partial(runners.setdefault(import_id, new).run_slice, now()))
            else:
                units.run(partial(undo_slice, database, user_id, import_id, now()))
    units.check()


def _waiting(database: Database, now: datetime) -> list[tuple[str, str, str]]:
    with database.read(now) as session:
        return list(working(session, IMPORTS_AT_ONCE))
