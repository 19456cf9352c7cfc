"""Hash passwords with the cheapest parameters; tests about hashing use the fixture `real_figures`."""

from collections.abc import Iterator

import pytest

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
