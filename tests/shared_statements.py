"""Compile each statement once per process: SQLAlchemy does it once per engine, and most tests have an engine each."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Dialect, Engine

from api.settings import Settings
from api.storage import database
from api.storage.engine import make_engine

# The first dialect of each database, because the keys of the cache contain the dialect, and the compiled statements.
_SHARED: dict[str, tuple[Dialect, dict[object, object]]] = {}


@contextmanager
def shared_statements() -> Iterator[None]:
    """Let all engines that are made meanwhile share compiled statements."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "make_engine", _make)
        yield


def _make(settings: Settings) -> Engine:
    engine = make_engine(settings)
    engine.dialect, cache = _SHARED.setdefault(engine.name, (engine.dialect, {}))
    engine.update_execution_options(compiled_cache=cache)
    return engine
