"""Engines: the SQLite library, the setup of connections, pools, timeouts, and which errors are temporary."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
from api.storage.deadline import DEADLINE, check_deadline, is_past_deadline, within_deadline
from api.storage.private_files import create_file, create_folder, database_file

try:
    import pysqlite3.dbapi2 as bundled  # type: ignore[import-untyped]  # has no annotations
except ImportError:  # no wheel for this platform: use Python's own library
    bundled = sqlite3

SAFE_SQLITE = (3, 51, 3)
WRITE, PATIENCE = "write", "patience"
TRANSIENT_IN_SQLITE = ("locked", "unable to open", "disk I/O", "readonly", "no such table", "interrupted")
TRANSIENT_IN_POSTGRESQL = ("08", "25006", "25P03", "40", "42P01", "53", "55P03", "57")
DISK_FULL = "53100"
DEADLINE_EVERY = 100_000  # operations of SQLite's virtual machine, about two milliseconds
CANCEL_SECONDS = 2.0
DEADLINE_OF, USED_AT, TRUSTED_SECONDS = "deadline_of", "used_at", 1.0
# Raw SQL sends and reads instants without an offset, in UTC; a session has the time zone of the server's machine.
SESSION = ("-c TimeZone=UTC", "-c plan_cache_mode=force_generic_plan")


# Before 3.51.3, a reset of the WAL can corrupt the database. Then the bundled library replaces Python's own.
SQLITE: ModuleType = sqlite3 if sqlite3.sqlite_version_info >= SAFE_SQLITE else bundled
SQLITE_VERSION: str = SQLITE.sqlite_version
SQLITE_IS_SAFE: bool = SQLITE.sqlite_version_info >= SAFE_SQLITE


def make_engine(settings: Settings) -> Engine:
    """Return the engine of the settings' database, without connecting."""
    url = make_url(settings.database)
    shared: dict[str, Any] = {
        "pool_size": settings.pool_size,
        "max_overflow": 0,
        "pool_use_lifo": True,  # the connection used last has pages and statements in its cache
        "pool_timeout": settings.busy_timeout_seconds,
        "hide_parameters": True,
    }
    if url.get_backend_name() != "sqlite":
        engine = create_engine(url, connect_args=postgresql_arguments(settings), **shared)
        _ping_idle_connections(engine)
        _cancel_at_deadline(engine)
        event.listen(engine, "before_cursor_execute", _check_deadline)
        return engine
    arguments = {"check_same_thread": False, "timeout": settings.busy_timeout_seconds}
    engine = create_engine(url, module=SQLITE, connect_args=arguments, **shared)
    _create_private_files(engine, database_file(settings.database))
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite(settings.busy_timeout_seconds))
    event.listen(engine, "before_cursor_execute", _check_deadline)
    return engine


def postgresql_arguments(settings: Settings) -> dict[str, Any]:
    """Return the arguments for libpq: timeouts for connecting, locks, statements and a network without traffic.

    Prepared statements have generic plans: all of them use the index of the owner for every owner, and planning takes
    longer than running.
    """
    limits = {
        "lock_timeout": settings.busy_timeout_seconds,
        "statement_timeout": settings.statement_timeout_seconds,
        "idle_in_transaction_session_timeout": settings.request_timeout_seconds * 2,
    }
    return {
        "application_name": "afterword",
        "connect_timeout": settings.connect_timeout_seconds,
        "options": " ".join([*SESSION, *(f"-c {name}={round(value * 1000)}" for name, value in limits.items())]),
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": round(settings.request_timeout_seconds * 1000),
    }


def _ping_idle_connections(engine: Engine) -> None:
    """Ping idle connections at checkout and replace closed ones; not those used within the last second."""
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


def _cancel_at_deadline(engine: Engine) -> None:
    """Have the server cancel what a connection runs when the deadline of its request passes.

    A statement timeout for each transaction would cost a round trip; this costs nothing while requests are in time.
    """
    driver: Any = engine.dialect.dbapi

    def begin(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:  # noqa: ANN401  # the driver's
        def cancel() -> None:
            with suppress(driver.Error):  # the connection is closed, or the server does not answer: its timeout remains
                connection.cancel_safe(timeout=CANCEL_SECONDS)

        deadline = DEADLINE.get()
        if deadline is not None:
            record.info[DEADLINE_OF] = deadline
            deadline.watch(record, cancel)

    def end(_connection: object, record: ConnectionPoolEntry) -> None:
        deadline = record.info.pop(DEADLINE_OF, None)
        if deadline is not None:
            deadline.unwatch(record)

    event.listen(engine, "checkout", begin)
    event.listen(engine, "checkin", end)


def _check_deadline(*_statement: object) -> None:
    """Begin no statement after the deadline."""
    check_deadline()


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
    """Set up a connection: explicit transactions, commits synced to the disk, deleted content overwritten."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}").close()
    connection.set_progress_handler(is_past_deadline, DEADLINE_EVERY)


def _begin_sqlite(busy_timeout: float) -> Callable[[Connection], None]:
    """Return the listener that begins transactions: a write waits for other processes until the deadline at most."""

    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get(WRITE):
            connection.exec_driver_sql("BEGIN")
            return
        patience = within_deadline(options.get(PATIENCE, busy_timeout))
        if patience == busy_timeout:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            return
        with waiting_at_most(connection.connection.driver_connection, patience, else_=busy_timeout):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return begin


@contextmanager
def waiting_at_most(driver: Any, seconds: float, *, else_: float) -> Iterator[None]:  # noqa: ANN401  # a connection
    """Let an SQLite connection wait for locks for at most `seconds`, and for at most `else_` seconds afterwards."""
    driver.execute(f"PRAGMA busy_timeout={seconds * 1000:.0f}")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA busy_timeout={else_ * 1000:.0f}")


def outage(error: Exception, driver: ModuleType) -> ProblemError | None:
    """Return the problem of a busy, full, changed or missing database; None for an error of our own code."""
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
