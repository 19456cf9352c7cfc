"""`afterword steps …`: the stored steps."""

import os
from typing import Annotated

import typer

from api.commands.basics import fail
from api.commands.terminal import errors, now, opened, progress_bar
from api.rules.sentences import count
from api.services.accounts.users import all_user_ids
from api.services.steps import recheck
from api.workers import rejudge

CORES = os.cpu_count() or 1
app = typer.Typer(help="The stored steps.", no_args_is_help=True)


@app.command("check")
def steps_check(
    *,
    repair: Annotated[bool, typer.Option("--repair", help="Rewrite the rows that differ.")] = False,
    outdated: Annotated[
        bool,
        typer.Option("--outdated", help="Check only accounts with steps that an older version of the rules stored."),
    ] = False,
    processes: Annotated[int, typer.Option(min=1, max=64, help="The number of processes that check.")] = CORES,
) -> None:
    """Compare the stored steps of every account with a new evaluation of the rules.

    Each account is repaired in its own transaction. After an interruption, continue with --repair --outdated.
    """
    with opened() as database, database.read(now()) as session:
        ids = recheck.outdated(session) if outdated else all_user_ids(session)
    checked = wrong = 0
    with progress_bar() as progress:
        for rows, different in progress.track(
            rejudge.check_accounts(ids, repair=repair, processes=processes),
            total=len(ids),
            description="Checking steps",
        ):
            checked, wrong = checked + rows, wrong + different
    done = "repaired" if repair else "found"
    seen = f"{count(checked, 'stored step')} of {count(len(ids), 'account')} checked"
    errors.print(f"{seen}, {count(wrong, 'difference')} {done}.")
    if wrong and not repair:
        fail("the stored steps differ from the rules: run `afterword steps check --repair`.")
