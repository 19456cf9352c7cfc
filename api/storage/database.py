"""Transactions: read from a database and write to it.

On SQLite a write first acquires the fair lock of this process, then the write lock of the database (BEGIN IMMEDIATE).
It commits when its block ends. A read never waits for a write.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from api.errors import ConflictError, InlineReadError, UnavailableError
from api.settings import MIGRATING, Settings
from api.storage.deadline import check_deadline, within_deadline
from api.storage.engine import PATIENCE, WRITE, make_engine, outage, waiting_at_most
from api.storage.fair_lock import FairLock
from api.storage.session import OwnedSession

ROOT = Path(__file__).parents[2]
MIGRATIONS = ROOT / "migrations"
TRUNCATE_WAITS = 0.02  # seconds; SQLite's writers wait as long for an attempt
TRUNCATE_PAUSES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)  # seconds before each attempt
INLINE_OPERATIONS = 5_000  # of SQLite's virtual machine: 0.7 ms; a page of 50 steps takes 2,300
INLINE_CALLS = 2


class _InlineBudget:
    """A progress handler that interrupts an inline read after a number of rows were scanned, found or not.

    SQLite counts the operations of a prepared statement over all its runs, so the first call comes too early.
    """

    left = 0

    def spend(self) -> bool:
        """Tell whether to interrupt."""
        self.left -= 1
        return self.left <= 0


class Database:
    """One database: its engine, its transactions and its migrations."""

    def __init__(self, settings: Settings) -> None:
        self.engine = make_engine(settings)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self.busy_timeout = settings.busy_timeout_seconds
        self.app_url = settings.app_url
        self._writes = self.engine.execution_options(**{WRITE: True})
        self._reads = self.engine
        if not self.is_sqlite:
            self._reads = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._write_lock = FairLock()
        self._inline: Any = None
        self._inline_budget = _InlineBudget()

    @contextmanager
    def read(self, now: datetime) -> Iterator[OwnedSession]:
        """Open a transaction that reads one snapshot of the database; it never commits.

        Raises UnavailableError if the deadline of the request has passed, also while a statement runs.
        """
        check_deadline()
        with (
            _translated_errors(self.engine),
            OwnedSession(self._reads, expire_on_commit=False, autoflush=False) as session,
        ):
            session.now = now
            yield session

    @contextmanager
    def write(self, now: datetime, *, timeout: float | None = None) -> Iterator[OwnedSession]:
        """Open a transaction that commits when the block ends, and rolls back when it raises.

        Raises UnavailableError if another write does not end within `timeout` seconds (SQLite only; by default the busy
        timeout of the settings), or if the deadline of the request has passed before the commit, also while a statement
        runs: the client no longer waits for the response, so nothing is changed.
        """
        check_deadline()
        patience = within_deadline(self.busy_timeout if timeout is None else timeout)
        engine = self._writes if timeout is None else self._writes.execution_options(**{PATIENCE: timeout})
        if self.is_sqlite and not self._write_lock.acquire(patience):
            raise UnavailableError
        try:
            with _translated_errors(self.engine), OwnedSession(engine, expire_on_commit=False) as session:
                session.now, session.app_url = now, self.app_url
                yield session
                if not session.dry_run:
                    session.flush()
                    check_deadline()
                    session.commit()
        finally:
            if self.is_sqlite:
                self._write_lock.release()

    @contextmanager
    def driver_connection(self) -> Iterator[Any]:
        """Yield the driver's connection to read with single statements, without a session and in autocommit mode."""
        check_deadline()
        with _translated_errors(self.engine):
            lent = self.engine.raw_connection()
            connection: Any = lent.driver_connection
            if not self.is_sqlite:
                connection.autocommit = True
            try:
                yield connection
            finally:
                if not self.is_sqlite and not connection.closed:
                    connection.autocommit = False
                lent.close()

    def open_inline_connection(self) -> None:
        """Open the connection with which the event loop itself reads a few rows; on SQLite only.

        With a WAL, readers do not wait for writers. In the rare case that a read needs a lock (after a crash, for
        example), this connection raises an error at once instead of blocking the event loop.
        """
        if self.is_sqlite:
            lent = self.engine.raw_connection()
            self._inline = lent.driver_connection
            lent.detach()
            self._inline.execute("PRAGMA busy_timeout=0")
            self._inline.execute("SELECT count(*) FROM sqlite_master").fetchone()  # a restore sees that it is open
            self._inline.set_progress_handler(self._inline_budget.spend, INLINE_OPERATIONS)

    def close_inline_connection(self) -> None:
        """Close the inline read connection."""
        if self._inline is not None:
            self._inline.close()
            self._inline = None

    @property
    def has_inline_connection(self) -> bool:
        """Whether the inline read connection is open."""
        return self._inline is not None

    @contextmanager
    def inline_connection(self) -> Iterator[Any]:
        """Yield the inline read connection. Raises InlineReadError if it would have to wait or scan many rows."""
        self._inline_budget.left = INLINE_CALLS
        try:
            with _translated_errors(self.engine):
                yield self._inline
        except UnavailableError as error:
            raise InlineReadError from error

    def truncate_wal(self) -> bool:
        """Truncate the WAL so that deleted rows leave the disk; return whether this succeeded within a second.

        Writers continue: this does not acquire the write lock of the process, a passive checkpoint copies the pages
        beside them, and each attempt to truncate, for which SQLite holds its own write lock, waits some milliseconds.
        A reader of an older snapshot prevents it; the next retention run tries again. On PostgreSQL this does nothing.
        """
        if not self.is_sqlite:
            return True
        with (
            suppress(UnavailableError),
            self.driver_connection() as driver,
            waiting_at_most(driver, TRUNCATE_WAITS, else_=self.busy_timeout),
        ):
            return any(self._try_to_truncate_wal(driver, pause) for pause in TRUNCATE_PAUSES)
        return False

    def _try_to_truncate_wal(self, driver: Any, pause: float) -> bool:  # noqa: ANN401  # the driver's connection
        time.sleep(pause)
        driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        is_busy, *_ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not is_busy

    def migrate(self, revision: str = "head", *, scripts: Path = MIGRATIONS) -> None:
        """Migrate the schema to a newer or older revision in one transaction; waits for a concurrent migration.

        Does nothing if the schema is already at head: a migration checks the foreign keys of all rows on SQLite.
        Raises ConflictError for a schema that is newer than this version.
        """
        if revision == "head" and scripts == MIGRATIONS and self.is_at_head():
            return
        self.refuse_newer_schema(scripts)
        config = Config(str(ROOT / "alembic.ini") if (ROOT / "alembic.ini").exists() else None)
        config.set_main_option("script_location", str(scripts))
        with _translated_errors(self.engine), self._writes.connect() as connection:
            config.attributes["connection"] = connection
            current = MigrationContext.configure(connection).get_current_revision() or ""
            is_older = revision == "base" or (revision != "head" and revision < current)
            connection.rollback()
            (command.downgrade if is_older else command.upgrade)(config, revision)

    def is_at_head(self) -> bool:
        """Tell whether the schema is at the newest revision that this version has."""
        return self._revision() == ScriptDirectory(str(MIGRATIONS)).get_current_head()

    def check_revision(self) -> None:
        """Raise ConflictError if this version cannot migrate the schema to its own: it is missing, or newer."""
        if self._revision() is None:
            raise ConflictError("the file has no schema of Afterword: name a file that `afterword backup` wrote.")
        self.refuse_newer_schema()

    def refuse_newer_schema(self, scripts: Path = MIGRATIONS) -> None:
        """Raise ConflictError if a version of Afterword migrated the schema that is newer than this one."""
        directory = ScriptDirectory(str(scripts))
        known = {script.revision for script in directory.walk_revisions()}
        current = self._revision()
        if current is not None and current not in known:
            raise ConflictError(
                f"the database schema ({current}) is newer than this version of Afterword, which knows up to "
                f"{directory.get_current_head()}: install the version that migrated it, or restore a backup of before."
            )

    def _revision(self) -> str | None:
        with _translated_errors(self.engine), self.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    def await_migration(self) -> None:
        """Wait until no other process migrates PostgreSQL. Raises UnavailableError after the lock timeout."""
        if not self.is_sqlite:
            with _translated_errors(self.engine), self.engine.begin() as connection:
                connection.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": MIGRATING})

    def dispose(self) -> None:
        """Close all connections."""
        self.close_inline_connection()
        self.engine.dispose()


def lift_statement_timeout(session: OwnedSession) -> None:
    """Let the statements of a background transaction take as long as they need on PostgreSQL.

    The timeout of the connection is made for requests; it applies again after this transaction.
    """
    if session.get_bind().dialect.name != "sqlite":
        session.connection().execute(text("SET LOCAL statement_timeout = 0"))


@contextmanager
def _translated_errors(engine: Engine) -> Iterator[None]:
    """Translate errors of the driver: busy becomes UnavailableError, a full disk StorageFullError, others stay."""
    driver: Any = engine.dialect.dbapi
    try:
        yield
    except (SQLAlchemyError, driver.Error) as error:
        if (known := outage(error, driver)) is not None:
            raise known from error
        raise
