"""Fixtures that make runs reproducible and keep thousands of request lines out of the log of a failure."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from schemathesis.python.asgi import shutdown_lifespans

from api.http import files
from api.models import base
from api.routers import docs, privacy
from tests.conftest import World
from tests.documented import served_at

UNLIMITED = 1_000_000


@dataclass
class Numbers:
    """A source of ids in the order of writing; ids decide the order of facts of the same second."""

    last: int = 0

    def next(self) -> UUID:
        self.last += 1
        return UUID(f"01900000-0000-7000-8000-{self.last:012x}")


@pytest.fixture
def world(make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world without rate limits, because hundreds of sign-ups come from one address here.

    Schemathesis starts the application's lifespan and ends it with the process. The world does no background work: it
    would write beside tests that copy rows. At its start a server builds its document, which takes seconds.
    """
    monkeypatch.setattr(docs, "build_openapi", lambda _, now: served_at(now))
    monkeypatch.setattr(files, "MAX_FILES", UNLIMITED)
    monkeypatch.setattr(privacy, "MAX_EXPORTS", UNLIMITED)
    yield make_world(sign_ins_per_hour=0, sign_ups_per_hour=0, requests_per_minute=0, worker="off")
    shutdown_lifespans()


@pytest.fixture(autouse=True)
def numbers(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Numbers:
    steady = Numbers()
    monkeypatch.setattr(base, "uuid7", steady.next)
    for name in ("afterword.requests", "httpx2"):
        caplog.set_level(logging.WARNING, logger=name)
    return steady
