"""A copy of an SQLite database while it is in use, and the way back from a copy."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from api.errors import ConflictError, ProblemError
from api.storage.database import Database
from api.storage.engine import SQLITE
from api.storage.private_files import create_file, create_folder

PAGES_AT_ONCE = 1_000
PG_DUMP = 'pg_dump --format=custom --file=FILE "$AFTERWORD_DATABASE_URL"'


def back_up(database: Database, target: Path, progress: Callable[[int, int], None]) -> int:
    """Copy the database to a new file and check the copy; returns its size in bytes.

    The copy is one snapshot of the database, readable by its owner alone; others can write meanwhile.
    `progress` gets the copied and all pages.
    Raises ConflictError if the file exists, or if the database is PostgreSQL, which has its own tools.
    """
    if not database.is_sqlite:
        raise ConflictError(f"PostgreSQL has its own tools: run {PG_DUMP}, and pg_restore to restore it.")
    if target.exists():
        raise ConflictError("this file already exists: name another file, or move this one first.")
    partial = target.with_name(f"{target.name}.partial")
    partial.unlink(missing_ok=True)
    create_file(partial)
    try:
        _copy(database, partial, progress)
        _sync(partial)
        partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)
    return target.stat().st_size


def restore(target: Path, file: Path, now: datetime, prepare: Callable[[Path], None]) -> Path | None:
    """Replace a database that nobody uses by a copy of a file; return where the replaced one is kept, if there was one.

    The copy is checked and passed to `prepare`, which may refuse it, before anything is replaced. Raises ConflictError
    for a file that is missing, damaged or no database, and for a database that is in use.
    """
    if not file.is_file():
        raise ConflictError(f"there is no file {file}: check the name.")
    if target.exists() and target.samefile(file):
        raise ConflictError("this file is the database itself: name the backup.")
    create_folder(target.parent)
    partial = target.with_name(f"{target.name}.restoring")
    partial.unlink(missing_ok=True)
    try:
        with _unused(target):
            _copy_and_check(file, partial)
            prepare(partial)
            _close_log_and_sync(partial)
            return _swap(target, partial, target.with_name(f"{target.name}.replaced-{now:%Y%m%dT%H%M%SZ}"))
    finally:
        for left in ("", "-wal", "-shm", "-journal"):
            partial.with_name(partial.name + left).unlink(missing_ok=True)


@contextmanager
def _unused(target: Path) -> Iterator[None]:
    """Hold a database for this process alone. Raises ConflictError if another connection is open.

    Leaving the WAL mode needs that, and empties the log, so that one file is the whole database. A damaged database is
    not held: it can be replaced too.
    """
    if not target.exists():
        yield
        return
    connection = SQLITE.connect(target, timeout=0, isolation_level=None)
    try:
        with suppress(SQLITE.DatabaseError):
            try:
                connection.execute("PRAGMA journal_mode = DELETE").fetchone()
                connection.execute("BEGIN EXCLUSIVE")
            except SQLITE.OperationalError as error:
                detail = f"the database cannot be replaced ({error}): stop the server and all that uses it first."
                raise ConflictError(detail) from error
        yield
    finally:
        connection.close()


def _copy_and_check(file: Path, partial: Path) -> None:
    create_file(partial)
    copy = SQLITE.connect(partial)
    try:
        source = SQLITE.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
        try:
            source.backup(copy, pages=PAGES_AT_ONCE)
        finally:
            source.close()
        if not _is_whole(copy) or copy.execute("PRAGMA foreign_key_check").fetchone():
            raise ConflictError("the file is damaged: restore another backup.")
    except SQLITE.DatabaseError as error:
        raise ConflictError(f"the file cannot be read ({error}): restore another backup.") from error
    finally:
        copy.close()


def _close_log_and_sync(partial: Path) -> None:
    """Make the copy one file that is on the disk."""
    copy = SQLITE.connect(partial)
    try:
        copy.execute("PRAGMA journal_mode = DELETE").fetchone()
    finally:
        copy.close()
    _sync(partial)


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _is_whole(connection: Any) -> bool:  # noqa: ANN401  # either library's connection
    return [row[0] for row in connection.execute("PRAGMA integrity_check")] == ["ok"]


def _swap(target: Path, partial: Path, kept: Path) -> Path | None:
    """Put the copy in the place of the database, which is kept beside it; there is a database at any moment."""
    if not target.exists():
        partial.rename(target)
        _sync_folder(target.parent)
        return None
    for log in ("-wal", "-shm"):  # of a damaged database: it belongs to the old file
        with suppress(FileNotFoundError):
            target.with_name(target.name + log).rename(kept.with_name(kept.name + log))
    os.link(target, kept)
    partial.replace(target)
    _sync_folder(target.parent)
    return kept


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _copy(database: Database, partial: Path, progress: Callable[[int, int], None]) -> None:
    source = SQLITE.connect(database.engine.url.database)
    copy = SQLITE.connect(partial)
    try:
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the first read takes the snapshot
        source.backup(copy, pages=PAGES_AT_ONCE, progress=lambda _, left, pages: progress(pages - left, pages))
        copy.execute("PRAGMA journal_mode = DELETE")
        if not _is_whole(copy):
            raise ProblemError("the copy is damaged: check the disk, then run `afterword backup` again.")
    finally:
        source.close()
        copy.close()
