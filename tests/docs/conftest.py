"""A demo server for the pages that only need its address."""

from collections.abc import Iterator

import pytest

from tests.docs.shown import Demo, running_demo


@pytest.fixture(scope="session")
def running() -> Iterator[Demo]:
    """A demo that several pages use, one after the other; it runs until the last test."""
    with running_demo() as demo:
        yield demo
