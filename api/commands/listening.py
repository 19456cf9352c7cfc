"""The options of the commands that serve, and the socket on which they listen."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from api.commands.basics import fail

BACKLOG = 1_024
Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 selects a free one.")]


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Listen until the block ends. A port that is in use ends the command."""
    try:
        listener = socket.create_server((host, port), backlog=BACKLOG)
    except OSError:
        fail(f"cannot listen on {host}, port {port}: choose another one with --host and --port.")
    with listener:
        yield listener
