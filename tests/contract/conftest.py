"""Runs are the same every time, and quiet: thousands of requests would bury the one that failed."""

import logging
from dataclasses import dataclass
from uuid import UUID

import pytest

from api.models import base


@dataclass
class Numbers:
    """Where the ids of new objects come from: in the order of writing, which decides between facts of one second."""

    last: int = 0

    def next(self) -> UUID:
        self.last += 1
        return UUID(f"01900000-0000-7000-8000-{self.last:012x}")


@pytest.fixture(autouse=True)
def numbers(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Numbers:
    steady = Numbers()
    monkeypatch.setattr(base, "uuid7", steady.next)
    for name in ("afterword.requests", "httpx2"):
        caplog.set_level(logging.WARNING, logger=name)
    return steady
