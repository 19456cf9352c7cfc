"""Supervise the background tasks of a process, so that no failure ends one of them unnoticed.

A task is a name, a function that does one pass, and an interval. Passes run in threads. A pass that raises is logged
and tried again after a back-off; a task that ends is restarted. `/readyz` and `/metrics` show the last success of each.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from anyio import CapacityLimiter, to_thread

from api.errors import ProblemError
from api.workers.units import IncompletePassError

FIRST_RETRY_SECONDS = 1.0
MAX_RETRY_SECONDS = 300.0
MAX_DOUBLINGS = 16
RESTART_SECONDS = 1.0
log = logging.getLogger("afterword.tasks")


class Observer(Protocol):
    """An object that is notified about tasks, in addition to the log."""

    def task_started(self, name: str, at: datetime) -> None:
        """Receive the first start of a task."""

    def task_succeeded(self, name: str, at: datetime) -> None:
        """Receive a pass that succeeded."""

    def task_failed(self, name: str) -> None:
        """Receive a pass that failed, or a task that ended."""

    def delivery_attempted(self, result: str) -> None:
        """Receive the result of an attempt at a delivery: `delivered`, or why it failed."""


@dataclass
class Task:
    """A task and what is known of it. `failures`: how many passes in a row have failed since the last success."""

    name: str
    work: Callable[[], object]
    every_seconds: float
    last_success_at: datetime | None = None
    failures: int = 0

    @property
    def wait_seconds(self) -> float:
        """How long to wait until the next pass: the interval, or after a failure the back-off, if that is shorter."""
        if not self.failures:
            return self.every_seconds
        doubled = FIRST_RETRY_SECONDS * 2.0 ** min(self.failures - 1, MAX_DOUBLINGS)
        return min(doubled, self.every_seconds, MAX_RETRY_SECONDS)


@dataclass(frozen=True, slots=True)
class TaskState:
    """What is shown of a task. `age_seconds`: since its last success, or since the start if there is none yet."""

    name: str
    last_success_at: datetime | None
    age_seconds: int
    failures: int


class Supervisor:
    """Runs the tasks of one process on its event loop, from `start` to `stop`."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.observer: Observer | None = None
        self.is_stopping = False
        self._clock = clock
        self._tasks: dict[str, Task] = {}
        self._started_at = self._now()
        self._loop: asyncio.AbstractEventLoop | None = None

    def add(self, name: str, work: Callable[[], object], *, every_seconds: float) -> None:
        """Add a task, before the start. `work` does one pass; if it returns True, the next pass begins at once.

        A long pass should end early when `is_stopping` is True.
        """
        self._tasks[name] = Task(name, work, every_seconds)

    def start(self) -> None:
        """Start all tasks on the running event loop; each begins with a pass."""
        self._loop = asyncio.get_running_loop()
        self._started_at = self._now()
        self._limiter = CapacityLimiter(max(1, len(self._tasks)))  # the threads of requests stay free
        self._stopped = asyncio.Event()
        self._woken = {name: asyncio.Event() for name in self._tasks}
        self._running: dict[str, asyncio.Task[None]] = {}
        for task in self._tasks.values():
            if self.observer is not None:
                self.observer.task_started(task.name, self._started_at)
            self._start(task)

    async def stop(self) -> None:
        """Wait until all running passes have ended, and start no others.

        Passes are not cancelled: that would leave a thread running with a connection.
        """
        self.is_stopping = True
        self._loop = None
        self._stopped.set()
        for woken in self._woken.values():
            woken.set()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    def wake(self, name: str) -> None:
        """Make a task begin its next pass now, or after its back-off; can be called from any thread, at any time.

        A process that only serves has no tasks: then the process that has them notices in time.
        """
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # the loop was closed in this moment
                if name in self._woken:
                    loop.call_soon_threadsafe(self._woken[name].set)

    def states(self) -> list[TaskState]:
        """Return the state of each task."""
        now = self._now()
        return [
            TaskState(
                task.name,
                task.last_success_at,
                max(0, int((now - (task.last_success_at or self._started_at)).total_seconds())),
                task.failures,
            )
            for task in self._tasks.values()
        ]

    def _now(self) -> datetime:
        return self._clock().replace(microsecond=0)

    def _start(self, task: Task) -> None:
        if not self.is_stopping:
            running = asyncio.create_task(self._run(task), name=task.name)
            running.add_done_callback(partial(self._ended, task))
            self._running[task.name] = running

    def _ended(self, task: Task, running: "asyncio.Task[None]") -> None:
        """Restart a task that ended although nobody stopped it."""
        error = None if running.cancelled() else running.exception()
        if not self.is_stopping:
            log.error("the task %s ended and is restarted", task.name, exc_info=error)
            self._count_failure(task)
            asyncio.get_running_loop().call_later(RESTART_SECONDS, self._start, task)

    async def _run(self, task: Task) -> None:
        woken = self._woken[task.name]
        while not self.is_stopping:
            woken.clear()
            if await self._succeeds(task):
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(task.wait_seconds):
                    # Waking does not shorten a back-off, else requests could make a failing task run all the time.
                    await (self._stopped if task.failures else woken).wait()

    async def _succeeds(self, task: Task) -> bool:
        """Run one pass; return whether the next one shall begin at once."""
        try:
            result = await to_thread.run_sync(task.work, limiter=self._limiter)
        except (ProblemError, IncompletePassError) as error:
            log.warning("a pass of the task %s failed and is tried again: %s", task.name, str(error))
            self._count_failure(task)
            return False
        except Exception:  # outermost handler of a pass
            log.exception("a pass of the task %s failed and is tried again", task.name)
            self._count_failure(task)
            return False
        task.failures, task.last_success_at = 0, self._now()
        if self.observer is not None:
            self.observer.task_succeeded(task.name, task.last_success_at)
        return result is True

    def _count_failure(self, task: Task) -> None:
        task.failures += 1
        if self.observer is not None:
            self.observer.task_failed(task.name)
