"""A copy of an SQLite database while it is in use."""

import os
from collections.abc import Callable
from pathlib import Path

from api.errors import ConflictError, ProblemError
from api.storage.database import Database
from api.storage.engine import SQLITE
from api.storage.private_files import create_file

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
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)
    return target.stat().st_size


def _copy(database: Database, partial: Path, progress: Callable[[int, int], None]) -> None:
    source = SQLITE.connect(database.engine.url.database)
    copy = SQLITE.connect(partial)
    try:
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the first read takes the snapshot
        source.backup(copy, pages=PAGES_AT_ONCE, progress=lambda _, left, pages: progress(pages - left, pages))
        copy.execute("PRAGMA journal_mode = DELETE")
        if [row[0] for row in copy.execute("PRAGMA integrity_check")] != ["ok"]:
            raise ProblemError("the copy is damaged: check the disk, then run `afterword backup` again.")
    finally:
        source.close()
        copy.close()
