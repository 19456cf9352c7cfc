"""Compile each statement once per process: SQLAlchemy does it once per engine, and most tests have an engine each."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Dialect, Engine
from sqlalchemy.util import LRUCache

from api.settings import Settings
from api.storage import database
from api.storage.engine import make_engine
from tests.kept_connections import goes_on

# The first dialect of each database, because the keys of the cache contain the dialect, and the compiled statements.
_SHARED: dict[str, tuple[Dialect, LRUCache[Any, Any]]] = {}
MOST = 2_000  # statements; all of them would take hundreds of megabytes


@contextmanager
def shared_statements() -> Iterator[None]:
    """Let all engines that are made meanwhile share compiled statements."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "make_engine", _make)
        yield


def _make(settings: Settings) -> Engine:
    engine = make_engine(settings)
    if engine.name == "postgresql":
        goes_on(engine)
        if engine.name in _SHARED:  # its dialect has asked the server for its version
            vars(engine.dialect)["initialize"] = lambda _: None
    engine.dialect, cache = _SHARED.setdefault(engine.name, (engine.dialect, LRUCache(MOST)))
    engine.update_execution_options(compiled_cache=cache)
    return engine
