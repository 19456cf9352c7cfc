"""What every command needs, without an import that takes time: to fail in one line, and to import the rest fast."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn


def fail(detail: str) -> NoReturn:
    """Print one line that says what to do, and exit with 1."""
    sys.stderr.write(f"afterword: {detail}\n")
    sys.exit(1)


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Import in this block: imports create no garbage, and looking for it takes a seventh of their time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
