"""What is measured, for Prometheus to read: request times, problems, connections, and the steps that are due.

Every application has figures of its own. Worker processes share theirs by way of files in the folder that
PROMETHEUS_MULTIPROC_DIR names, which `serve --workers` makes; whichever worker is asked then answers for all.
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
from api.storage.database import Database

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
RECOUNT_AFTER = timedelta(minutes=1)
PATIENCE_SECONDS = 1.0
log = logging.getLogger("afterword.metrics")
disable_created_metrics()  # type: ignore[no-untyped-call]  # when each series began: a line more for each, unasked


class Metrics:
    """The figures of one application."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self.engine = database.engine
        self.folder = os.environ.get(SHARED_FOLDER)
        self.measured, self.standing = CollectorRegistry(), CollectorRegistry()
        self.limiter = CapacityLimiter(1)
        self.due = Due(database, clock)
        self.standing.register(self.due)
        if self.folder is None:
            ProcessCollector(registry=self.standing)
        self.seconds = Histogram(
            "afterword_request_seconds",
            "How long requests took, by address and class of status.",
            ("method", "route", "status"),
            buckets=BUCKETS,
            registry=self.measured,
        )
        words = "Answers that were problem documents, by code."
        self.problems = Counter("afterword_problems", words, ("code",), registry=self.measured)
        self.in_flight = self._gauge("requests_in_flight", "Requests that are being answered, this one too.")
        self.in_use = self._gauge("pool_connections_in_use", "Database connections at work.")
        most = self.engine.pool.size() if isinstance(self.engine.pool, QueuePool) else 1
        self._gauge("pool_connections_max", "Database connections that may be at work.").set(most)
        self._gauge("start_time_seconds", "When this was started, in Unix time.", "livemin").set(clock().timestamp())

    def _gauge(self, name: str, words: str, over_workers: Literal["livesum", "livemin"] = "livesum") -> Gauge:
        """Return a gauge of nought: a new worker may have the number, and so the file, of one that died."""
        gauge = Gauge(f"afterword_{name}", words, registry=self.measured, multiprocess_mode=over_workers)
        gauge.set(0)
        return gauge

    def began(self) -> None:
        """Count a request in."""
        self.in_flight.inc()
        self._sample_pool()

    def ended(self, method: str, route: str, status: int, seconds: float, problem: str | None) -> None:
        """Count a request out. `route` is the template of its address, so that the series stay few."""
        self.in_flight.dec()
        self._sample_pool()
        self.seconds.labels(method, route, f"{status // 100}xx").observe(seconds)
        if problem is not None:
            self.problems.labels(problem).inc()

    def _sample_pool(self) -> None:
        """Look at the pool; workers that are not asked have no other occasion than their own requests."""
        pool = self.engine.pool
        self.in_use.set(pool.checkedout() if isinstance(pool, QueuePool) else 0)

    def exposition(self) -> bytes:
        """Return every figure as text. It waits for the database, though not long: call it in a thread."""
        self.due.refresh()
        measured = self.measured if self.folder is None else _of_all_workers(Path(self.folder))
        return generate_latest(measured) + generate_latest(self.standing)


def _of_all_workers(folder: Path) -> CollectorRegistry:
    """Return the sums over all workers: counts of the dead stay in them, their gauges go."""
    if os.name == "posix":
        for pid in {int(file.stem.rpartition("_")[2]) for file in folder.glob("gauge_live*.db")}:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]  # the library's own
    shared = CollectorRegistry()
    MultiProcessCollector(shared, str(folder))  # type: ignore[no-untyped-call]  # the library's own
    return shared


class Due(Collector):
    """Which code answers, whether the database does, and how many steps are due over all accounts.

    The steps are counted at most once a minute, in a thread of their own: whoever asks waits a moment for it, then gets
    the count of before.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self.database = database
        self.clock = clock
        self.is_up = False
        self.backlog: Backlog | None = None
        self.counted_at: datetime | None = None
        self.counting = threading.Thread()

    def refresh(self) -> None:
        """Count again where a minute has passed, or where the last time failed."""
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
        except ProblemError as error:
            self.is_up = False
            log.warning("the steps were not counted: %s", error.detail)
        except Exception:  # the outermost place of this thread
            self.is_up = False
            log.exception("the steps were not counted")

    def collect(self) -> Iterator[Metric]:
        """Go through the figures."""
        names = ("version", "rules_version", "python")
        info = GaugeMetricFamily("afterword_info", "Which code answers.", labels=names)
        info.add_metric((__version__, str(RULES_VERSION), platform.python_version()), 1)
        yield info
        yield GaugeMetricFamily("afterword_database_up", "Whether the database answered last.", value=self.is_up)
        if self.backlog is not None:
            words = "Steps of all accounts that can be done and are in time."
            yield GaugeMetricFamily("afterword_steps_open", words, value=self.backlog.open)
            words = "Steps of all accounts that are past their deadline."
            yield GaugeMetricFamily("afterword_steps_overdue", words, value=self.backlog.overdue)
