"""Permissions of SQLite's files: only their owner may read them, whatever the umask.

SQLite gives the WAL and its index (`-wal`, `-shm`) the permissions of the database file.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path

from sqlalchemy import make_url

FILE, FOLDER, OTHERS = 0o600, 0o700, 0o077
BESIDE = ("", "-wal", "-shm")


def database_file(url: str) -> Path | None:
    """Return the file of an SQLite URL; None for PostgreSQL, for a database in memory and for a `file:` URI."""
    parsed = make_url(url)
    name = parsed.database or ":memory:"
    is_file = parsed.get_backend_name() == "sqlite" and name != ":memory:" and not name.startswith("file:")
    return Path(name) if is_file else None


def create_folder(path: Path) -> None:
    """Create a folder for its owner alone; a folder that exists stays as it is, and so do its parents."""
    if path.is_dir():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        path.mkdir(FOLDER)
        path.chmod(FOLDER)


def create_file(path: Path) -> None:
    """Create an empty file for its owner alone; a file that exists stays as it is. Raises OSError."""
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE)
        os.close(descriptor)
        path.chmod(FILE)


def warnings(url: str) -> list[str]:
    """Return one line if others may read the database's folder or files, with what to do; else nothing."""
    database = database_file(url)
    if database is None or os.name == "nt":  # Windows has other permissions, which these bits do not show
        return []
    database = database.absolute()
    files = [Path(f"{database}{ending}") for ending in BESIDE]
    wide = [path for path in (database.parent, *files) if path.exists() and _mode(path) & OTHERS]
    if not wide:
        return []
    found = ", ".join(f"{path} ({_mode(path):04o})" for path in wide)
    remedies = [f"chmod {FOLDER if path.is_dir() else FILE:o} {path}" for path in wide]
    return [f"other users of this machine may read {found}: run {' && '.join(remedies)}"]


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
