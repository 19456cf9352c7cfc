"""All background tasks, and a process that does nothing else."""

import asyncio
import signal
from collections.abc import Callable
from datetime import datetime
from functools import partial

from api.settings import Settings
from api.storage.database import Database
from api.workers import deliveries, digests, erasure, imports, mailer, recompute, retention, search, ticks
from api.workers.supervisor import Observer, Supervisor


def supervised(
    database: Database, clock: Callable[[], datetime], settings: Settings, observer: Observer | None = None
) -> Supervisor:
    """Return the supervisor of the background tasks; a new task is one more `add` here."""
    supervisor = Supervisor(clock)
    supervisor.observer = observer

    def is_stopping() -> bool:
        return supervisor.is_stopping

    sweep = partial(retention.retention_pass, database, clock, is_stopping)
    supervisor.add(retention.TASK, sweep, every_seconds=retention.EVERY_SECONDS)
    judge = partial(recompute.recompute_pass, database, clock, is_stopping)
    supervisor.add(recompute.TASK, judge, every_seconds=recompute.EVERY_SECONDS)
    erase = partial(erasure.erasure_pass, database, clock, is_stopping)
    supervisor.add(erasure.TASK, erase, every_seconds=erasure.EVERY_SECONDS)
    send = partial(mailer.mail_pass, database, clock, settings, is_stopping)
    supervisor.add(mailer.TASK, send, every_seconds=mailer.EVERY_SECONDS)
    wake = partial(supervisor.wake, mailer.TASK)
    digest = partial(digests.digests_pass, database, clock, settings, is_stopping, wake=wake)
    supervisor.add(digests.TASK, digest, every_seconds=digests.EVERY_SECONDS)
    index = partial(search.search_pass, database, clock, is_stopping)
    supervisor.add(search.TASK, index, every_seconds=search.EVERY_SECONDS)
    work = partial(imports.import_pass, database, clock, settings.account_bytes, is_stopping)
    supervisor.add(imports.TASK, work, every_seconds=imports.EVERY_SECONDS)
    tick = partial(ticks.tick_pass, database, clock, settings, is_stopping)
    supervisor.add(ticks.TASK, tick, every_seconds=ticks.EVERY_SECONDS)
    deliver = partial(deliveries.delivery_pass, database, clock, settings, is_stopping, observer=observer)
    supervisor.add(deliveries.TASK, deliver, every_seconds=deliveries.EVERY_SECONDS)
    return supervisor


async def work_until_stopped(supervisor: Supervisor) -> None:
    """Run the tasks until SIGTERM or SIGINT, then wait for the passes that run."""
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    supervisor.start()
    await stopped.wait()
    await supervisor.stop()
