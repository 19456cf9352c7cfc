"""Skip the tests of the tools for assistants where the extra is missing; an account with an assistant."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.figures import LEAST, hashing_with

pytest.importorskip("mcp", reason='pip install "afterword[mcp]"')

from tests.agents.assistant import Assistant  # it needs the extra


@pytest.fixture(scope="package", autouse=True)
def least_figures() -> Iterator[None]:
    """Hash with the cheapest parameters."""
    with hashing_with(*LEAST):
        yield


@pytest.fixture
def assistant(world: World, client: TestClient) -> Assistant:
    """The assistant of the user of `client`, with all rights that an assistant can have."""
    return Assistant.of(world, client)
