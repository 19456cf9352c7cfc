"""Hash passwords with the least figures in these tests; those about hashing ask for the real ones."""

from collections.abc import Iterator

import pytest

from tests.http.figures import LEAST, REAL, hashing_with


@pytest.fixture(scope="package", autouse=True)
def least_figures() -> Iterator[None]:
    """Spare every test the processor time of real hashes."""
    with hashing_with(*LEAST):
        yield


@pytest.fixture
def real_figures() -> Iterator[None]:
    """Hash as the service does."""
    with hashing_with(*REAL):
        yield
