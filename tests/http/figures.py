"""Parameters of password hashing: those of the service, and the cheapest ones for tests about other things."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest

from api import security

REAL: Final = (security.MEMORY_KIB, security.PASSES)
LEAST: Final = (8, 1)


@contextmanager
def hashing_with(memory_kib: int, passes: int) -> Iterator[None]:
    """Hash and verify passwords with these parameters inside the block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(security, "MEMORY_KIB", memory_kib)
        patch.setattr(security, "PASSES", passes)
        security._hasher.cache_clear()
        yield
    security._hasher.cache_clear()
