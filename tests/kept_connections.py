"""Connections to PostgreSQL that outlive their engine: the next engine of the same database goes on with one.

A new connection reads the catalog and plans every statement again, which takes longer than a short test.
"""

from typing import Any, cast
from weakref import WeakKeyDictionary

import psycopg
from sqlalchemy import Dialect, Engine, event

Arguments = dict[str, Any]

_kept: dict[str, psycopg.Connection] = {}
_opened_with: WeakKeyDictionary[psycopg.Connection, Arguments] = WeakKeyDictionary()


def goes_on(engine: Engine) -> None:
    """Let an engine take the connection that is kept for its database, if it would open one with the same arguments."""
    event.listen(engine, "do_connect", _connect)


def _connect(dialect: Dialect, _record: object, _: object, given: Arguments) -> psycopg.Connection:
    arguments = {name: value for name, value in given.items() if name != "context"}
    kept = _kept.pop(given["dbname"], None)
    if kept is not None:
        if not kept.closed and _opened_with[kept] == arguments:
            return kept
        kept.close()
    connection = cast("psycopg.Connection", dialect.connect(**given))
    _opened_with[connection] = arguments
    return connection


def taken_from(engine: Engine) -> psycopg.Connection | None:
    """Take an idle connection out of the pool of an engine, or the one that is kept for its database."""
    pool: Any = engine.pool
    if not pool.checkedin():
        return _kept.pop(engine.url.database or "", None)
    lent = engine.raw_connection()
    connection = cast("psycopg.Connection", lent.driver_connection)
    lent.detach()
    return connection


def keep(connection: psycopg.Connection) -> None:
    """Keep a connection for the next engine of its database."""
    replaced = _kept.pop(connection.info.dbname, None)
    if replaced is not None:
        replaced.close()
    _kept[connection.info.dbname] = connection


def close_kept() -> None:
    """Close all connections that are kept."""
    while _kept:
        _kept.popitem()[1].close()
