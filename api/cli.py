"""The command line: where each command is.

The module of a command is imported when the command is run, because to import all of them takes seconds.
"""

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from api import __version__
from api.commands.basics import fail, without_garbage_collection
from api.errors import ProblemError

# By command, in the order of --help: its module in api/commands, and the first paragraph of its help.
COMMANDS = {
    "serve": (
        "serve",
        "Serve the API. An SQLite database is migrated first; a PostgreSQL schema that is not up to date is refused.",
    ),
    "worker": (
        "working",
        "Do the background work without serving: mails, webhooks, digests, recomputation, erasure, retention.",
    ),
    "demo": (
        "demo",
        "Serve a temporary SQLite file with a demo account; print its token, a curl line and its queue by urgency.",
    ),
    "migrate": ("schema", "Migrate the database schema to head, the revision that this version needs."),
    "openapi": ("openapi", "Print the OpenAPI document."),
    "sweep": (
        "working",
        "Delete expired rows, and what was deleted 30 days ago. `serve` does it every hour.",
    ),
    "backup": (
        "backups",
        "Copy an SQLite database to a new file while it is in use. For PostgreSQL, name the tool to use.",
    ),
    "restore": (
        "backups",
        "Replace the SQLite database by a backup, which is checked and migrated first. Stop the server before.",
    ),
    "restored": (
        "backups",
        "Say that a backup was restored, for example after pg_restore: no entity tag from before holds any more.",
    ),
    "import": (
        "transfers",
        "Import a file into an account: a table of applications, an export, or an invitation.",
    ),
    "export": ("transfers", "Export an account to a new file, as JSON Lines that `afterword import` restores."),
    "mcp": (
        "mcp",
        "Serve tools for assistants on standard input and output; they use a server's API with a token.",
    ),
    "user": ("users", "Accounts."),
    "search": ("search", "The index of the search."),
    "token": ("tokens", "Personal tokens."),
    "steps": ("steps", "The stored steps."),
}


def command_named(name: str) -> Any:  # noqa: ANN401  # typer does not export the type
    """Import the module of a command, or of a group of commands, and return it."""
    with without_garbage_collection():
        module = import_module(f"api.commands.{COMMANDS[name][0]}")
    group = typer.main.get_group(module.app)
    return group.commands.get(name, group)


class _Named(TyperCommand):
    """A command of which only the name and the help are known, until it is run."""

    def make_context(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401  # whatever typer passes
        """Parse the arguments as the command itself does; its context runs it."""
        return command_named(str(self.name)).make_context(*arguments, **options)


app = typer.Typer(
    name="afterword",
    help="A REST API for the seven follow-up steps after a job interview.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(asked: bool) -> None:  # noqa: FBT001  # typer passes the value of the option
    if asked:
        print(f"afterword {__version__}")  # noqa: T201  # this is the output
        raise typer.Exit


@app.callback()
def every_command(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """A REST API for the seven follow-up steps after a job interview."""  # noqa: D401  # this is the text of --help


def _not_run() -> None:
    """Stand in for a command that was not imported."""


for _name, (_, _help) in COMMANDS.items():
    app.command(_name, cls=_Named, help=_help)(_not_run)


def main() -> None:
    """Run the command. An expected failure prints one line that says what to do, and exits with 1."""
    try:
        app()
    except ProblemError as error:
        fail(error.detail)
    except ValueError as error:
        if not isinstance(error, import_module("pydantic").ValidationError):  # not every command imports it
            raise
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        fail(f"{error.title.lower()}: {name}: {first['msg'].removeprefix('Value error, ')}.")
    except OSError as error:
        if error.filename is not None:
            fail(f"{error.filename}: {error.strerror}: check the name, its folder and their permissions.")
        fail(f"{error.strerror or error}: check the address, the port and AFTERWORD_DATABASE_URL.")
