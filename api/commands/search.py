"""The commands of the search's index."""

from typing import Annotated

import typer

from api.commands.basics import fail
from api.commands.terminal import errors, now, opened, progress_bar
from api.rules.sentences import count
from api.services.accounts.users import all_user_ids
from api.services.search.rebuild import rebuild

app = typer.Typer(help="The index of the search.", no_args_is_help=True)


@app.command("rebuild")
def search_rebuild(
    *, check: Annotated[bool, typer.Option("--check", help="Only count the differences; change nothing.")] = False
) -> None:
    """Compare the index of every account with its texts, and write the entries that differ.

    It works in short transactions, so the server can run meanwhile.
    """
    texts = differences = 0
    with opened() as database:
        with database.read(now()) as session:
            ids = all_user_ids(session)
        with progress_bar() as progress:
            for user_id in progress.track(ids, description="Indexing texts"):
                done = rebuild(database, user_id, now(), repair=not check)
                texts, differences = texts + done.texts, differences + done.differences
        if not check:
            database.truncate_wal()
    seen = f"{count(texts, 'text')} of {count(len(ids), 'account')} compared"
    errors.print(f"{seen}, {count(differences, 'difference')} {'found' if check else 'corrected'}.")
    if differences and check:
        fail("the index differs from the texts: run `afterword search rebuild`.")
