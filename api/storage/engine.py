"""Engines: which SQLite library, how its connections are prepared, and PostgreSQL's pool and timeouts."""

import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Engine, event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import create_engine

from api.errors import ProblemError, StorageFullError, UnavailableError
from api.settings import Settings
from api.storage.private_files import create_file, create_folder, database_file

try:
    import pysqlite3.dbapi2 as bundled  # type: ignore[import-untyped]  # has no annotations
except ImportError:  # no wheel for this machine: the library that Python came with has to do
    bundled = sqlite3

SAFE_SQLITE = (3, 51, 3)
WRITE = "write"
TRANSIENT_IN_SQLITE = ("locked", "unable to open", "disk I/O", "readonly", "no such table")
TRANSIENT_IN_POSTGRESQL = ("08", "25006", "25P03", "40", "42P01", "53", "55P03", "57")
DISK_FULL = "53100"
USED_AT, TRUSTED_SECONDS = "used_at", 1.0
GENERIC_PLANS = "-c plan_cache_mode=force_generic_plan"


# Python's own where a reset of its WAL cannot corrupt the database, else the bundled one.
SQLITE: ModuleType = sqlite3 if sqlite3.sqlite_version_info >= SAFE_SQLITE else bundled
SQLITE_VERSION: str = SQLITE.sqlite_version
SQLITE_IS_SAFE: bool = SQLITE.sqlite_version_info >= SAFE_SQLITE


def make_engine(settings: Settings) -> Engine:
    """Return the engine of the settings' database; nothing is connected yet."""
    url = make_url(settings.database)
    shared: dict[str, Any] = {
        "pool_size": settings.pool_size,
        "max_overflow": 0,
        "pool_use_lifo": True,  # the connection used last has the pages and statements that are asked for next
        "pool_timeout": settings.busy_timeout_seconds,
        "hide_parameters": True,
    }
    if url.get_backend_name() != "sqlite":
        engine = create_engine(url, connect_args=postgresql_arguments(settings), **shared)
        _ping_idle_connections(engine)
        return engine
    arguments = {"check_same_thread": False, "timeout": settings.busy_timeout_seconds}
    engine = create_engine(url, module=SQLITE, connect_args=arguments, **shared)
    _create_private_files(engine, database_file(settings.database))
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def postgresql_arguments(settings: Settings) -> dict[str, Any]:
    """Return what libpq is told: how long to wait for a connection, a lock, a statement, and a silent network.

    Prepared statements are planned once: all of them go by the owner's index whoever that is, and planning takes longer
    than running.
    """
    limits = {
        "lock_timeout": settings.busy_timeout_seconds,
        "statement_timeout": settings.statement_timeout_seconds,
        "idle_in_transaction_session_timeout": settings.request_timeout_seconds * 2,
    }
    return {
        "application_name": "afterword",
        "connect_timeout": settings.connect_timeout_seconds,
        "options": " ".join([GENERIC_PLANS, *(f"-c {name}={round(value * 1000)}" for name, value in limits.items())]),
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": round(settings.request_timeout_seconds * 1000),
    }


def _ping_idle_connections(engine: Engine) -> None:
    """Ping idle connections at checkout and replace closed ones; those that were used a moment ago are trusted."""
    dialect: Any = engine.dialect

    def note(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info[USED_AT] = time.monotonic()

    def look(connection: object, record: ConnectionPoolEntry, _proxy: object) -> None:
        used_at = record.info.get(USED_AT)
        if used_at is None or time.monotonic() - used_at < TRUSTED_SECONDS:
            return
        try:
            dialect.do_ping(connection)
        except dialect.dbapi.Error as error:
            raise DisconnectionError from error

    event.listen(engine, "checkin", note)
    event.listen(engine, "checkout", look)


def _create_private_files(engine: Engine, file: Path | None) -> None:
    """Create the database's folder now and its file before each connection, if missing, for their owner alone.

    If that is not possible, SQLite reports why.
    """
    if file is None:
        return
    create_folder(file.parent)

    def create(*_: object) -> None:
        with suppress(OSError):
            create_file(file)

    event.listen(engine, "do_connect", create)


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    """Take transactions into our own hands; a commit is on the disk before it is acknowledged, what is deleted gone."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}").close()
    # SQLite's own knows the letters of English alone; PostgreSQL's knows all.
    connection.create_function("lower", 1, lambda text: text if text is None else str(text).lower(), deterministic=True)


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get(WRITE)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def outage(error: Exception, driver: ModuleType) -> ProblemError | None:
    """Tell a busy, full, changed or missing database from a fault of ours, for which None is returned."""
    if isinstance(error, driver.Error):
        error = DBAPIError.instance(None, None, error, driver.Error)
    if isinstance(error, PoolTimeoutError | StaleDataError):
        return UnavailableError()
    if not isinstance(error, DBAPIError):
        return None
    if isinstance(error.orig, SQLITE.Error):
        return _sqlite_outage(error)
    state = getattr(error.orig, "sqlstate", None)
    if state == DISK_FULL:
        return StorageFullError()
    passing = state.startswith(TRANSIENT_IN_POSTGRESQL) if state else isinstance(error, OperationalError)
    return UnavailableError() if passing or error.connection_invalidated else None


def _sqlite_outage(error: DBAPIError) -> ProblemError | None:
    text = str(error.orig)
    if "is full" in text:
        return StorageFullError()
    passing = isinstance(error, OperationalError) and any(words in text for words in TRANSIENT_IN_SQLITE)
    return UnavailableError() if passing else None
