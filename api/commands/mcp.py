"""The command `afterword mcp`. It starts without the web framework and the database, because hosts wait for it."""

import os
import re
import stat
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from api import logs
from api.commands.basics import fail, without_garbage_collection

URL = re.compile(r"https?://[^\s/?#@]+/?")
LOCAL = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?/?$")
SECRET = re.compile(r"[!-~]{16,200}")
TOKEN = "AFTERWORD_TOKEN"  # noqa: S105  # the name of a variable
app = typer.Typer()


@app.command()
def mcp(
    url: Annotated[str, typer.Option(help="The server's address.")] = "http://127.0.0.1:8000",
    token_file: Annotated[
        Path | None, typer.Option(help=f"A file with the token; without it, the variable {TOKEN}.")
    ] = None,
) -> None:
    """Serve tools for assistants on standard input and output; they use a server's API with a token.

    Hosts of assistants start this command. The token is never an argument, because others on the machine see those.
    """
    if not URL.fullmatch(url):
        fail("--url: use http://host:port or https://host, without a path.")
    if not (url.startswith("https://") or LOCAL.match(url)):
        sys.stderr.write("afterword: --url is not encrypted, so others on the network can read the token: use https.\n")
    secret = _read(token_file) if token_file is not None else os.environ.get(TOKEN, "").strip()
    if not secret:
        fail(
            f"there is no token: set {TOKEN}, or name a file with --token-file. Issue one with `afterword token issue`."
        )
    if not SECRET.fullmatch(secret):
        fail("this is no token: it has spaces, other characters or too few of them.")
    logs.configure_logging("WARNING")
    try:
        with without_garbage_collection():
            served = import_module("api.agents.stdio")  # the extra may be missing
    except ImportError:
        fail('install the extra first: pip install "afterword[mcp]".')
    try:
        served.serve(url.removesuffix("/"), secret)
    except served.NotServedError as error:
        fail(str(error))


def _read(file: Path) -> str:
    """Return the token in a file. One that other users can read ends the command."""
    try:
        if os.name == "posix" and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            fail("others can read the token file: run `chmod 600` on it.")
        return file.read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        words = error.strerror if isinstance(error, OSError) and error.strerror else "it is no text"
        fail(f"the token file cannot be read: {words}. Check the path of --token-file.")
