"""`afterword migrate`."""

import typer

from api.commands.terminal import connected, errors

app = typer.Typer()


@app.command()
def migrate() -> None:
    """Migrate the database schema to head, the revision that this version needs."""
    with connected() as database:
        database.migrate()
    errors.print("The schema is at head.")
