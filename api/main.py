"""The FastAPI application: routers, middleware, error handlers and background tasks."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from api import __version__
from api.clock import wall_clock
from api.http import problems
from api.http.admission import MAX_HASHED, MAX_WAITING_TO_BE_HASHED, Admission, Gate
from api.http.connections import CONNECTIONS, Connections
from api.http.credentials import CSRF_HEADER
from api.http.known_accounts import KnownAccounts
from api.http.middleware import RequestMiddleware
from api.http.rendered_calendars import RenderedCalendars
from api.http.route_index import RouteIndex
from api.metrics import Metrics
from api.protocol.rate_limit import RateLimiter
from api.routers import (
    accounts,
    application_contacts,
    applications,
    calendar_feeds,
    cards,
    contacts,
    docs,
    exports,
    follow_ups,
    imports,
    interviews,
    letter_templates,
    letters,
    mail_links,
    meta,
    metrics,
    notes,
    offers,
    password_resets,
    privacy,
    queue,
    references,
    reports,
    search,
    search_activities,
    sessions,
    stages,
    statistics,
    steps,
    timelines,
    tokens,
)
from api.settings import SETTINGS, Settings
from api.storage.async_connection import AsyncConnection
from api.storage.database import Database
from api.workers import erasure, mailer, recompute, retention
from api.workers import imports as import_worker
from api.workers import search as search_worker
from api.workers.supervisor import Supervisor

ROUTERS = (
    queue.routes,
    steps.routes,
    meta.routes,
    docs.routes,
    accounts.routes,
    sessions.routes,
    tokens.routes,
    password_resets.routes,
    mail_links.routes,
    privacy.routes,
    applications.routes,
    stages.routes,
    application_contacts.routes,
    interviews.routes,
    cards.routes,
    contacts.routes,
    notes.routes,
    letters.routes,
    letter_templates.routes,
    references.routes,
    follow_ups.routes,
    offers.routes,
    search_activities.routes,
    calendar_feeds.routes,
    search.routes,
    timelines.routes,
    statistics.routes,
    exports.routes,
    imports.routes,
    reports.routes,
)


RESERVED_CONNECTIONS = 2
SWITCH_SECONDS = 0.001  # by default, running threads make the event loop wait five times as long
BUILD_DOCUMENT_AFTER = 1.0  # seconds: before somebody asks for it, and after the first requests of a start
EXPOSED = (
    "ETag",
    "Link",
    "Location",
    "Retry-After",
    "RateLimit",
    "RateLimit-Policy",
    "WWW-Authenticate",
    "X-Request-ID",
    "Idempotency-Replayed",
    "Content-Disposition",
    "Deprecation",
    "Sunset",
)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[dict[str, object]]:
    """Create gates and connections on the event loop, and run the background tasks until shutdown."""
    settings: Settings = app.state.settings
    served = settings.pool_size - RESERVED_CONNECTIONS
    app.state.gate = Gate(served, settings.max_waiting)
    app.state.hashing_gate = Gate(MAX_HASHED, MAX_WAITING_TO_BE_HASHED, patient=True)
    to_thread.current_default_thread_limiter().total_tokens = settings.pool_size + MAX_HASHED
    sys.setswitchinterval(SWITCH_SECONDS)
    app.state.database.open_inline_connection()
    app.state.async_connection = None if app.state.database.is_sqlite else AsyncConnection(app.state.database, settings)
    app.state.supervisor.start()
    building = asyncio.create_task(_build_document(app))
    yield {SETTINGS: settings, CONNECTIONS: Connections(settings)}
    building.cancel()
    await app.state.supervisor.stop()
    if app.state.async_connection is not None:
        await app.state.async_connection.close()
    app.state.database.dispose()


async def _build_document(app: FastAPI) -> None:
    await asyncio.sleep(BUILD_DOCUMENT_AFTER)
    await docs.in_thread(app, partial(docs.document_of, app))


def _supervised(app: FastAPI) -> Supervisor:
    """Return the supervisor of the background tasks; a new task is one more `add` here."""
    database, clock, settings = app.state.database, app.state.clock, app.state.settings
    supervisor = Supervisor(clock)

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
    index = partial(search_worker.search_pass, database, clock, is_stopping)
    supervisor.add(search_worker.TASK, index, every_seconds=search_worker.EVERY_SECONDS)
    work = partial(import_worker.import_pass, database, clock, settings.account_bytes, is_stopping)
    supervisor.add(import_worker.TASK, work, every_seconds=import_worker.EVERY_SECONDS)
    return supervisor


def create_app(settings: Settings | None = None, *, clock: Callable[[], datetime] = wall_clock) -> FastAPI:
    """Return the application for the settings' database; no connection is opened yet."""
    settings = settings or Settings()
    app = FastAPI(
        title="Afterword",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # its spans would have the secrets of paths
    )
    app.state.settings = settings
    app.state.database = Database(settings)
    app.state.clock = clock
    app.state.exporting = asyncio.Semaphore()
    app.state.docs_limiter = CapacityLimiter(1)
    app.state.gate = app.state.hashing_gate = app.state.async_connection = None
    app.state.supervisor = _supervised(app)
    app.state.known_accounts = KnownAccounts()
    app.state.rate_limiter = RateLimiter(settings.requests_per_minute) if settings.requests_per_minute else None
    app.state.calendars = RenderedCalendars(settings.feed_requests_per_minute)
    directory = RouteIndex()
    for routes in ROUTERS:
        directory.add(routes.routes)
    app.router.routes.append(directory)
    problems.install_handlers(app)
    app.add_middleware(Admission, settings=settings)
    if settings.cors_origins:
        _allow_origins(app, settings.cors_origins)
    app.add_middleware(RequestMiddleware, metrics=_add_metrics(app, settings))
    return app


def _add_metrics(app: FastAPI, settings: Settings) -> Metrics | None:
    """Create the metrics and their route if a token for them is set; otherwise nothing is measured."""
    if not settings.metrics_token:
        return None
    measured = Metrics(app.state.database, app.state.clock)
    app.state.metrics = app.state.supervisor.observer = measured
    app.router.routes.extend(metrics.routes.routes)
    return measured


def _allow_origins(app: FastAPI, origins: Sequence[str]) -> None:
    app.add_middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=[
            "Authorization",
            "Content-Type",
            "If-Match",
            "If-None-Match",
            "Idempotency-Key",
            "X-Request-ID",
            CSRF_HEADER,
        ],
        allow_credentials=True,
        expose_headers=EXPOSED,
    )
