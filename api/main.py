"""The application: rooms put together."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.middleware.cors import CORSMiddleware

from api import __version__, problems
from api.db import Database
from api.errors import ProblemError
from api.metrics import Metrics
from api.middleware import Conventions
from api.routers import (
    accounts,
    application_contacts,
    applications,
    contacts,
    docs,
    follow_ups,
    interviews,
    letters,
    meta,
    metrics,
    notes,
    offers,
    queue,
    references,
    search_activities,
    steps,
)
from api.services.sweeping import sweep
from api.settings import Settings

ROUTERS = (
    meta.routes,
    docs.routes,
    accounts.routes,
    applications.routes,
    applications.stages,
    application_contacts.routes,
    interviews.routes,
    contacts.routes,
    notes.routes,
    letters.routes,
    references.routes,
    follow_ups.routes,
    offers.routes,
    search_activities.routes,
    steps.routes,
    queue.routes,
)


SWEEP_EVERY_SECONDS = 3_600
log = logging.getLogger("afterword")
EXPOSED = (
    "ETag",
    "Link",
    "Location",
    "Retry-After",
    "RateLimit",
    "RateLimit-Policy",
    "X-Request-ID",
    "Idempotency-Replayed",
)


def wall_clock() -> datetime:
    """Read the clock."""
    return datetime.now(UTC)


@asynccontextmanager
async def _sweeping(app: FastAPI) -> AsyncIterator[None]:
    """Sweep when the server starts and every hour from then on, beside the requests."""

    async def every_hour() -> None:
        while True:
            try:
                await run_in_threadpool(sweep, app.state.database, app.state.clock().replace(microsecond=0))
            except ProblemError as error:
                log.warning("the sweep is put off: %s", error.detail)
            await asyncio.sleep(SWEEP_EVERY_SECONDS)

    task = asyncio.create_task(every_hour())
    yield
    task.cancel()


def create_app(settings: Settings | None = None, *, clock: Callable[[], datetime] = wall_clock) -> FastAPI:
    """Return the application on a database."""
    settings = settings or Settings()
    app = FastAPI(
        title="Afterword",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=_sweeping,
    )
    app.state.settings = settings
    app.state.database = Database(settings)
    app.state.clock = clock
    for routes in ROUTERS:
        app.router.routes.extend(routes.routes)
    app.router.routes.append(docs.files)
    problems.install(app)
    if settings.cors_origins:
        _allow_origins(app, settings.cors_origins)
    app.add_middleware(Conventions, max_body=settings.max_body_bytes, metrics=_measured(app, settings))
    return app


def _measured(app: FastAPI, settings: Settings) -> Metrics | None:
    """Measure, and show what is measured, where there is a token to read it with: otherwise neither costs anything."""
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
        ],
        expose_headers=EXPOSED,
    )
