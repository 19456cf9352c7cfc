"""The FastAPI application: routers, middleware, error handlers and background tasks."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from anyio import to_thread
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.middleware.cors import CORSMiddleware

from api import __version__
from api.clock import wall_clock
from api.errors import ProblemError
from api.http import problems
from api.http.admission import MAX_HASHED, MAX_WAITING_TO_BE_HASHED, Admission, Gate
from api.http.connections import CONNECTIONS, Connections
from api.http.credentials import CSRF_HEADER
from api.http.known_accounts import KnownAccounts
from api.http.middleware import RequestMiddleware
from api.http.route_index import RouteIndex
from api.metrics import Metrics
from api.protocol.rate_limit import RateLimiter
from api.routers import (
    accounts,
    application_contacts,
    applications,
    cards,
    contacts,
    docs,
    follow_ups,
    interviews,
    letter_templates,
    letters,
    meta,
    metrics,
    notes,
    offers,
    password_resets,
    privacy,
    queue,
    references,
    search_activities,
    sessions,
    stages,
    steps,
    tokens,
)
from api.services.accounts.retention import apply_retention
from api.settings import SETTINGS, Settings
from api.storage.async_connection import AsyncConnection
from api.storage.database import Database
from api.workers.mailer import Mailer

ROUTERS = (
    queue.routes,
    steps.routes,
    meta.routes,
    docs.routes,
    accounts.routes,
    sessions.routes,
    tokens.routes,
    password_resets.routes,
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
)


RETENTION_EVERY_SECONDS = 3_600
RESERVED_CONNECTIONS = 2
SWITCH_SECONDS = 0.001  # by default, running threads make the event loop wait five times as long
log = logging.getLogger("afterword")
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
)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[dict[str, object]]:
    """Create gates, connections and mailer on the event loop; delete expired rows now and every hour until shutdown."""

    async def every_hour() -> None:
        while not stopping.is_set():
            try:
                await run_in_threadpool(apply_retention, app.state.database, app.state.clock().replace(microsecond=0))
            except ProblemError as error:
                log.warning("expired rows were not deleted, the next try is in an hour: %s", error.detail)
            with suppress(TimeoutError):
                async with asyncio.timeout(RETENTION_EVERY_SECONDS):
                    await stopping.wait()

    settings: Settings = app.state.settings
    stopping = asyncio.Event()
    served = settings.pool_size - RESERVED_CONNECTIONS
    app.state.gate = Gate(served, settings.max_waiting)
    app.state.hashing_gate = Gate(MAX_HASHED, MAX_WAITING_TO_BE_HASHED, patient=True)
    to_thread.current_default_thread_limiter().total_tokens = settings.pool_size + MAX_HASHED
    sys.setswitchinterval(SWITCH_SECONDS)
    app.state.database.open_inline_connection()
    app.state.async_connection = None if app.state.database.is_sqlite else AsyncConnection(app.state.database, settings)
    app.state.mailer = Mailer(app.state.database, settings, app.state.clock)
    tasks = [asyncio.create_task(every_hour()), asyncio.create_task(app.state.mailer.run())]
    yield {SETTINGS: settings, CONNECTIONS: Connections(settings)}
    stopping.set()
    app.state.mailer.stop()
    await asyncio.gather(*tasks)  # not cancelled: that would leave a thread running with a connection
    if app.state.async_connection is not None:
        await app.state.async_connection.close()
    app.state.database.dispose()


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
    )
    app.state.settings = settings
    app.state.database = Database(settings)
    app.state.clock = clock
    app.state.exporting = asyncio.Semaphore()
    app.state.gate = app.state.hashing_gate = app.state.mailer = app.state.async_connection = None
    app.state.known_accounts = KnownAccounts()
    app.state.rate_limiter = RateLimiter(settings.requests_per_minute) if settings.requests_per_minute else None
    directory = RouteIndex()
    for routes in ROUTERS:
        directory.add(routes.routes)
    app.router.routes.extend([directory, docs.files])
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
    app.state.metrics = measured
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
