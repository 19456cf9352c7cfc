"""What all commands share: the database of the settings, lines on standard error, input, and progress."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from api.clock import wall_clock
from api.commands.basics import fail
from api.settings import Settings
from api.storage.database import Database
from api.storage.engine import SQLITE_IS_SAFE, SQLITE_VERSION

BEHIND = "the database schema is not up to date: run `afterword migrate`."
log = logging.getLogger("afterword")
errors = Console(stderr=True, highlight=False, soft_wrap=True)
Email = Annotated[str, typer.Argument(help="The account's e-mail address.")]


@contextmanager
def connected(settings: Settings | None = None) -> Iterator[Database]:
    """Open the database of the settings, by default those of the environment, whatever its schema."""
    database = Database(settings or Settings())
    try:
        yield database
    finally:
        database.dispose()


@contextmanager
def opened() -> Iterator[Database]:
    """Open the database of the settings. A schema that is not at head ends the command."""
    with connected() as database:
        if not database.is_at_head():
            database.refuse_newer_schema()
            fail(BEHIND)
        yield database


def prepare(database: Database) -> None:
    """Migrate SQLite to head. On PostgreSQL wait until no other process migrates, then refuse an old schema."""
    if not SQLITE_IS_SAFE and database.is_sqlite:
        log.warning("SQLite %s can corrupt the WAL when several processes write: use 3.51.3 or newer", SQLITE_VERSION)
    if database.is_sqlite:
        database.migrate()
        return
    database.refuse_newer_schema()
    if not database.is_at_head():
        database.await_migration()
    if not database.is_at_head():
        fail(BEHIND)


def now() -> datetime:
    """Return the instant of a command, in whole seconds."""
    return wall_clock().replace(microsecond=0)


def progress_bar() -> Progress:
    """Return a progress bar on standard error, which is silent where that is no terminal."""
    return Progress(console=errors, disable=not errors.is_terminal, transient=True)


def read_password() -> str:
    """Return the password that is typed twice, or the first line of standard input."""
    if sys.stdin.isatty():
        password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return password
    return sys.stdin.readline().rstrip("\r\n")


def read_line(question: str) -> str:
    """Return the line that is typed as the answer, or the first line of standard input."""
    if sys.stdin.isatty():
        answer: str = typer.prompt(question, err=True)
        return answer.strip()
    return sys.stdin.readline().strip()
