"""Transactions: how to read from a database and write to it.

A write takes SQLite's write lock at its start (BEGIN IMMEDIATE), behind one fair lock in the process, and commits when
its block ends; a read never waits for a write.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
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
from api.storage.engine import WRITE, make_engine, outage
from api.storage.fair_lock import FairLock
from api.storage.session import OwnedSession

ROOT = Path(__file__).parents[2]
MIGRATIONS = ROOT / "migrations"
DEADLINE: ContextVar[float | None] = ContextVar("deadline", default=None)


class Database:
    """One database: how to read from it and write to it."""

    def __init__(self, settings: Settings) -> None:
        self.engine = make_engine(settings)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self.busy_timeout = settings.busy_timeout_seconds
        self._writes = self.engine.execution_options(**{WRITE: True})
        self._reads = self.engine
        if not self.is_sqlite:
            self._reads = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._write_lock = FairLock()
        self._inline: Any = None

    @contextmanager
    def read(self, now: datetime) -> Iterator[OwnedSession]:
        """Open a transaction that sees one state of the database and changes nothing."""
        with (
            _translated_errors(self.engine),
            OwnedSession(self._reads, expire_on_commit=False, autoflush=False) as session,
        ):
            session.now = now
            yield session

    @contextmanager
    def write(self, now: datetime, *, timeout: float | None = None) -> Iterator[OwnedSession]:
        """Open a transaction that commits when the block ends, and rolls back when it raises.

        Raises UnavailableError when another write does not end within `timeout` seconds (on SQLite; by default the
        setting's time), and when the request's deadline has passed before the commit: nobody waits for the answer any
        more, so nothing may be done.
        """
        if self.is_sqlite and not self._write_lock.acquire(self.busy_timeout if timeout is None else timeout):
            raise UnavailableError
        try:
            with _translated_errors(self.engine), OwnedSession(self._writes, expire_on_commit=False) as session:
                session.now = now
                yield session
                if not session.dry_run:
                    session.flush()
                    _check_deadline()
                    session.commit()
        finally:
            if self.is_sqlite:
                self._write_lock.release()

    @contextmanager
    def driver_connection(self) -> Iterator[Any]:
        """Yield the driver's own connection for single statements that read: no transaction, no session."""
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
        """Open the connection with which the event loop reads a few rows; on SQLite only, where readers never wait.

        Readers of a write-ahead log need no lock; in the rare moment in which they do, this connection fails at once.
        """
        if self.is_sqlite:
            lent = self.engine.raw_connection()
            self._inline = lent.driver_connection
            lent.detach()
            self._inline.execute("PRAGMA busy_timeout=0")

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
        """Yield the inline read connection. Raises InlineReadError where it would have to wait."""
        try:
            with _translated_errors(self.engine):
                yield self._inline
        except UnavailableError as error:
            raise InlineReadError from error

    def truncate_wal(self) -> bool:
        """Truncate the WAL so that deleted rows leave the disk; return whether it could be done.

        A reader of an older state prevents it: the next retention run tries again. PostgreSQL needs no such call.
        """
        if not self.is_sqlite or not self._write_lock.acquire(self.busy_timeout):
            return not self.is_sqlite
        try:
            with _translated_errors(self.engine), self.engine.connect() as connection:
                driver: Any = connection.connection.driver_connection
                is_busy, *_ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                return not is_busy
        except UnavailableError:
            return False
        finally:
            self._write_lock.release()

    def migrate(self, revision: str = "head", *, scripts: Path = MIGRATIONS) -> None:
        """Bring the schema to a revision, newer or older, in one transaction, after any other process that does.

        A schema that is at head already is left alone: a migration checks all foreign keys, of however many rows.
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
        """Tell whether the schema is the one that this version wants."""
        scripts = ScriptDirectory(str(MIGRATIONS))
        with _translated_errors(self.engine), self.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() == scripts.get_current_head()

    def refuse_newer_schema(self, scripts: Path = MIGRATIONS) -> None:
        """Raise ConflictError if a version of Afterword migrated the schema that is newer than this one."""
        directory = ScriptDirectory(str(scripts))
        known = {script.revision for script in directory.walk_revisions()}
        with _translated_errors(self.engine), self.engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
        if current is not None and current not in known:
            raise ConflictError(
                f"the database schema ({current}) is newer than this version of Afterword, which knows up to "
                f"{directory.get_current_head()}: install the version that migrated it, or restore a backup of before."
            )

    def await_migration(self) -> None:
        """Wait until no other process migrates. Raises UnavailableError when that takes longer than the setting."""
        if not self.is_sqlite:
            with _translated_errors(self.engine), self.engine.begin() as connection:
                connection.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": MIGRATING})

    def dispose(self) -> None:
        """Close all connections."""
        self.close_inline_connection()
        self.engine.dispose()


def _check_deadline() -> None:
    deadline = DEADLINE.get()
    if deadline is not None and time.monotonic() > deadline:
        raise UnavailableError


@contextmanager
def _translated_errors(engine: Engine) -> Iterator[None]:
    """Translate errors of the driver: transient ones become UnavailableError, a fault of ours stays as it is."""
    driver: Any = engine.dialect.dbapi
    try:
        yield
    except (SQLAlchemyError, driver.Error) as error:
        if (known := outage(error, driver)) is not None:
            raise known from error
        raise
