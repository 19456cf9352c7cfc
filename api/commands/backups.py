"""`afterword backup`, `restore` and `restored`: a copy of the database, and the way back."""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import make_url

from api.commands.basics import fail
from api.commands.terminal import connected, errors, now, opened, progress_bar
from api.rules.sentences import count
from api.services.accounts import epochs
from api.settings import Settings
from api.storage.backup import back_up
from api.storage.backup import restore as restore_file
from api.storage.database import Database

EndCredentials = Annotated[
    bool, typer.Option("--end-credentials", help="End all sessions and tokens: those in the backup would work again.")
]
app = typer.Typer()


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="The new file.", metavar="FILE")]) -> None:
    """Copy an SQLite database to a new file while it is in use. For PostgreSQL, name the tool to use."""
    with opened() as database, progress_bar() as progress:
        task = progress.add_task("Copying")
        size = back_up(database, file, lambda done, pages: progress.update(task, completed=done, total=pages))
    errors.print(f"{size:,} bytes copied to {file} and checked.")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `afterword backup` wrote.", metavar="FILE")],
    *,
    ending: EndCredentials = False,
) -> None:
    """Replace the SQLite database by a backup, which is checked and migrated first. Stop the server before.

    The replaced database is kept beside it. For PostgreSQL, use pg_restore and `afterword restored`.
    """
    address = make_url(Settings().database)
    if address.get_backend_name() != "sqlite" or not address.database:
        fail("PostgreSQL has its own tool: stop the server, run pg_restore, then `afterword restored`.")
    accounts, ended = 0, 0

    def prepare(copy: Path) -> None:
        nonlocal accounts, ended
        with connected(Settings(database_url=f"sqlite:///{copy}")) as database:
            database.check_revision()
            database.migrate()
            accounts, ended = _start_epoch(database, ending=ending)

    kept = restore_file(Path(address.database), file, now(), prepare)
    errors.print(f"Restored {count(accounts, 'account')} from {file}{_ended(ended, ending=ending)}.")
    if kept is not None:
        errors.print(f"The replaced database is {kept}: delete it when you do not need it any more.")


@app.command()
def restored(*, ending: EndCredentials = False) -> None:
    """Say that a backup was restored, for example after pg_restore: no entity tag from before holds any more."""
    with opened() as database:
        accounts, ended = _start_epoch(database, ending=ending)
    errors.print(f"New entity tags for {count(accounts, 'account')}{_ended(ended, ending=ending)}.")


def _start_epoch(database: Database, *, ending: bool) -> tuple[int, int]:
    """Start a new epoch; return the number of accounts and of ended sessions and tokens."""
    with database.write(now()) as session:
        return epochs.start_epoch(session), epochs.end_credentials(session) if ending else 0


def _ended(number: int, *, ending: bool) -> str:
    return f"; {count(number, 'session or token', 'sessions and tokens')} ended" if ending else ""
