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

    The copy is one state of the database, for its owner alone; writers go on meanwhile. `progress` is told the pages
    done and all pages.
    Raises ConflictError where the file exists or the database is PostgreSQL, which has a tool of its own.
    """
    if not database.is_sqlite:
        raise ConflictError(f"PostgreSQL has its own tool: run {PG_DUMP}, and pg_restore to bring it back.")
    if target.exists():
        raise ConflictError("there is a file of this name: name another, or move it away first.")
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
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on the state is held
        source.backup(copy, pages=PAGES_AT_ONCE, progress=lambda _, left, pages: progress(pages - left, pages))
        copy.execute("PRAGMA journal_mode = DELETE")
        if [row[0] for row in copy.execute("PRAGMA integrity_check")] != ["ok"]:
            raise ProblemError("the copy is damaged: check the disk, then run `afterword backup` again.")
    finally:
        source.close()
        copy.close()
