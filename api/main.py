"""The FastAPI application: routers, middleware, error handlers and background tasks."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from functools import partial
from importlib import import_module

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
    deliveries,
    docs,
    events,
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
    notifications,
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
    webhooks,
    writes,
)
from api.settings import SETTINGS, Settings
from api.storage.async_connection import AsyncConnection
from api.storage.database import Database
from api.workers.supervisor import Supervisor
from api.workers.tasks import supervised

ROUTERS = (
    queue.routes,
    steps.routes,
    meta.routes,
    docs.routes,
    accounts.routes,
    notifications.routes,
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
    webhooks.routes,
    writes.routes,
    deliveries.routes,
    events.routes,
    search.routes,
    timelines.routes,
    statistics.routes,
    exports.routes,
    imports.routes,
    reports.routes,
)


RESERVED_CONNECTIONS = 2
WEBHOOK_TESTS_PER_MINUTE = 10  # of one account in one process
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
    async with AsyncExitStack() as stack:
        if app.state.agents is not None:
            await stack.enter_async_context(app.state.agents.running())
        yield {SETTINGS: settings, CONNECTIONS: Connections(settings)}
    building.cancel()
    await app.state.supervisor.stop()
    if app.state.async_connection is not None:
        await app.state.async_connection.close()
    app.state.database.dispose()


async def _build_document(app: FastAPI) -> None:
    await asyncio.sleep(BUILD_DOCUMENT_AFTER)
    await docs.in_thread(app, partial(docs.document_of, app))


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
    measured = Metrics(app.state.database, clock) if settings.metrics_token else None
    app.state.supervisor = (
        supervised(app.state.database, clock, settings, measured) if settings.worker == "on" else Supervisor(clock)
    )
    app.state.known_accounts = KnownAccounts()
    app.state.rate_limiter = RateLimiter(settings.requests_per_minute) if settings.requests_per_minute else None
    app.state.webhook_tests = RateLimiter(WEBHOOK_TESTS_PER_MINUTE) if settings.requests_per_minute else None
    app.state.calendars = RenderedCalendars(settings.feed_requests_per_minute)
    directory = RouteIndex()
    for routes in ROUTERS:
        directory.add(routes.routes)
    app.router.routes.append(directory)
    _add_tools(app, settings)
    problems.install_handlers(app)
    app.add_middleware(Admission, settings=settings)
    if settings.cors_origins:
        _allow_origins(app, settings.cors_origins)
    if measured is not None:
        app.state.metrics = measured
        app.router.routes.extend(metrics.routes.routes)
    app.add_middleware(RequestMiddleware, metrics=measured)
    return app


def _add_tools(app: FastAPI, settings: Settings) -> None:
    """Add the tools for assistants if they are on. Otherwise nothing of their extra is imported: it may be missing."""
    app.state.agents = None
    if settings.mcp == "on":
        app.state.agents = import_module("api.agents.mount").AgentEndpoint(settings)
        app.router.routes.append(app.state.agents.route)


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
            "MCP-Protocol-Version",
            "Mcp-Method",
            "Mcp-Name",
        ],
        allow_credentials=True,
        expose_headers=EXPOSED,
    )
