"""Prometheus metrics: request times, problems, connections, and the number of steps that are due.

Each application object has its own registries. Worker processes share their values in files in the folder
PROMETHEUS_MULTIPROC_DIR, which `serve --workers` creates; each worker then returns the sums over all of them.
"""

import logging
import os
import platform
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from anyio import CapacityLimiter
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from sqlalchemy import QueuePool

from api import __version__
from api.errors import ProblemError
from api.rules.evaluate import RULES_VERSION
from api.services.steps.backlog import Backlog, backlog
from api.services.waiting import oldest_waiting
from api.settings import SHARED_FOLDER
from api.storage.database import Database

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
RECOUNT_AFTER = timedelta(minutes=1)
PATIENCE_SECONDS = 1.0
log = logging.getLogger("afterword.metrics")
disable_created_metrics()  # type: ignore[no-untyped-call]  # else each series has one more line, with its start time


class Metrics:
    """The metrics of one application object."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self.engine = database.engine
        self.folder = os.environ.get(SHARED_FOLDER)
        self.measured, self.standing = CollectorRegistry(), CollectorRegistry()
        self.limiter = CapacityLimiter(1)
        self.due = Due(database, clock)
        self.standing.register(self.due)
        self.ages = TaskAges(clock)
        self.standing.register(self.ages)
        if self.folder is None:
            ProcessCollector(registry=self.standing)
        self.seconds = Histogram(
            "afterword_request_seconds",
            "How long requests took, by route and class of status.",
            ("method", "route", "status"),
            buckets=BUCKETS,
            registry=self.measured,
        )
        words = "Responses that were problem documents, by code."
        self.problems = Counter("afterword_problems", words, ("code",), registry=self.measured)
        words = "When a background task last succeeded, or was started, in Unix time: the oldest of all processes."
        name = "afterword_task_last_success_time_seconds"
        self.task_success = Gauge(name, words, ("task",), registry=self.measured, multiprocess_mode="livemin")
        words = "Passes of a background task that failed."
        self.task_failures = Counter("afterword_task_failures", words, ("task",), registry=self.measured)
        words = "Attempts at deliveries to webhooks, by result."
        self.attempts = Counter("afterword_webhook_attempts", words, ("result",), registry=self.measured)
        self.in_flight = self._gauge("requests_in_flight", "Requests that are being answered, the scrape among them.")
        self.in_use = self._gauge("pool_connections_in_use", "Database connections in use.")
        most = self.engine.pool.size() if isinstance(self.engine.pool, QueuePool) else 1
        self._gauge("pool_connections_max", "The upper limit of database connections in use.").set(most)
        self._gauge("start_time_seconds", "When the oldest process was started, in Unix time.", "livemin").set(
            clock().timestamp()
        )

    def _gauge(self, name: str, words: str, over_workers: Literal["livesum", "livemin"] = "livesum") -> Gauge:
        """Return a gauge with the value 0: a new worker may have the process id, and so the file, of one that died."""
        gauge = Gauge(f"afterword_{name}", words, registry=self.measured, multiprocess_mode=over_workers)
        gauge.set(0)
        return gauge

    def task_started(self, name: str, at: datetime) -> None:
        """Count the age of a background task from its start."""
        self.task_succeeded(name, at)
        self.task_failures.labels(name)

    def task_succeeded(self, name: str, at: datetime) -> None:
        """Record the last success of a background task."""
        self.task_success.labels(name).set(at.timestamp())
        self.ages.since[name] = at

    def task_failed(self, name: str) -> None:
        """Count a failed pass of a background task."""
        self.task_failures.labels(name).inc()

    def delivery_attempted(self, result: str) -> None:
        """Count an attempt at a delivery."""
        self.attempts.labels(result).inc()

    def began(self) -> None:
        """Count a request that begins."""
        self.in_flight.inc()
        self._sample_pool()

    def ended(self, method: str, route: str, status: int, seconds: float, problem: str | None) -> None:
        """Count a request that ended. `route` is the route template, so that the number of series stays small."""
        self.in_flight.dec()
        self._sample_pool()
        self.seconds.labels(method, route, f"{status // 100}xx").observe(seconds)
        if problem is not None:
            self.problems.labels(problem).inc()

    def _sample_pool(self) -> None:
        """Record the pool's connections in use. A worker that is not scraped can do so only during its own requests."""
        pool = self.engine.pool
        self.in_use.set(pool.checkedout() if isinstance(pool, QueuePool) else 0)

    def exposition(self) -> bytes:
        """Return all metrics as text. It waits for the database for up to a second, so call it in a thread."""
        self.due.refresh()
        measured = self.measured if self.folder is None else _of_all_workers(Path(self.folder))
        return generate_latest(measured) + generate_latest(self.standing)


def _of_all_workers(folder: Path) -> CollectorRegistry:
    """Return the sums over all workers. The counters of dead workers stay in the sums, their gauges do not."""
    if os.name == "posix":
        for pid in {int(file.stem.rpartition("_")[2]) for file in folder.glob("gauge_live*.db")}:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]  # the library's own
    shared = CollectorRegistry()
    MultiProcessCollector(shared, str(folder))  # type: ignore[no-untyped-call]  # the library's own
    return shared


class TaskAges(Collector):
    """How long ago each background task of this process succeeded, or was started."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.since: dict[str, datetime] = {}

    def collect(self) -> Iterator[Metric]:
        """Yield the ages."""
        words = "Seconds since a background task of this process last succeeded, or was started."
        ages = GaugeMetricFamily("afterword_task_age_seconds", words, labels=["task"])
        for name, at in dict(self.since).items():
            ages.add_metric([name], max(0.0, (self.clock() - at).total_seconds()))
        yield ages


class Due(Collector):
    """Version, state of the database, and the number of steps of all accounts that are due.

    The steps are counted at most once a minute, in a separate thread. A scrape waits for one second, then returns the
    previous count.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self.database = database
        self.clock = clock
        self.is_up = False
        self.backlog: Backlog | None = None
        self.waiting: dict[str, datetime | None] = {}
        self.counted_at: datetime | None = None
        self.counting = threading.Thread()

    def refresh(self) -> None:
        """Count again if a minute has passed, or if the last count failed."""
        now = self.clock().replace(microsecond=0)
        is_fresh = self.is_up and self.counted_at is not None and abs(now - self.counted_at) < RECOUNT_AFTER
        if is_fresh or self.counting.is_alive():
            return
        self.is_up, self.counted_at = False, now
        self.counting = threading.Thread(target=self._count, args=(now,), name="backlog", daemon=True)
        self.counting.start()
        self.counting.join(PATIENCE_SECONDS)

    def _count(self, now: datetime) -> None:
        try:
            with self.database.read(now) as session:
                session.connection()
                self.is_up = True
                self.backlog = backlog(session)
                self.waiting = oldest_waiting(session)
        except ProblemError as error:
            self.is_up = False
            log.warning("the steps were not counted: %s", error.detail)
        except Exception:  # outermost handler of this thread
            self.is_up = False
            log.exception("the steps were not counted")

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        names = ("version", "rules_version", "python")
        info = GaugeMetricFamily("afterword_info", "The version of the code, of the rules and of Python.", labels=names)
        info.add_metric((__version__, str(RULES_VERSION), platform.python_version()), 1)
        yield info
        yield GaugeMetricFamily(
            "afterword_database_up", "Whether the database answered when the steps were last counted.", value=self.is_up
        )
        if self.backlog is not None:
            words = "Steps of all accounts that can be done and are in time."
            yield GaugeMetricFamily("afterword_steps_open", words, value=self.backlog.open)
            words = "Steps of all accounts that are past their deadline."
            yield GaugeMetricFamily("afterword_steps_overdue", words, value=self.backlog.overdue)
        words = "How long the oldest entry of a queue has been due; 0 if nothing is."
        waiting = GaugeMetricFamily("afterword_oldest_waiting_seconds", words, labels=["queue"])
        for name, since in dict(self.waiting).items():
            waiting.add_metric([name], max(0.0, (self.clock() - since).total_seconds()) if since else 0.0)
        yield waiting
