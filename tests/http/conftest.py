"""Hash passwords with the cheapest parameters, and build the OpenAPI document once, because both take long.

Tests about hashing use the fixture `real_figures`.
"""

from collections.abc import Iterator
from datetime import date, datetime

import pytest
from fastapi import FastAPI

from api.http.openapi.document import build_openapi
from api.routers import docs
from tests.http.figures import LEAST, REAL, hashing_with


@pytest.fixture(scope="package", autouse=True)
def least_figures() -> Iterator[None]:
    """Hash with the cheapest parameters, because real hashes take most of a test's processor time."""
    with hashing_with(*LEAST):
        yield


@pytest.fixture
def real_figures() -> Iterator[None]:
    """Hash with the parameters of the service."""
    with hashing_with(*REAL):
        yield


@pytest.fixture(scope="package", autouse=True)
def built_documents() -> Iterator[None]:
    """Build the document once for each day and address of the server: it depends on nothing else."""
    built: dict[tuple[date, str | None], object] = {}

    def build(app: FastAPI, now: datetime) -> object:
        key = (now.date(), app.state.settings.public_url)
        if key not in built:
            built[key] = build_openapi(app, now)
        return built[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(docs, "build_openapi", build)
        yield
