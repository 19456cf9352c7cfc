"""`afterword demo`: a server with a temporary database and an account to try it with."""

import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import typer

from api import demo as demo_account
from api import logs
from api.commands.listening import Host, Port, listening
from api.commands.terminal import now
from api.http import server
from api.main import create_app
from api.settings import DEFAULT_PORT, Settings
from api.storage.database import Database

app = typer.Typer()


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM raise SystemExit when the server has stopped, so that blocks end and temporary files are removed.

    A closed terminal (SIGHUP) counts as SIGTERM.
    """

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    former = {signal.SIGTERM: signal.signal(signal.SIGTERM, end)}
    if hasattr(signal, "SIGHUP"):
        former[signal.SIGHUP] = signal.signal(
            signal.SIGHUP, lambda _number, _frame: signal.raise_signal(signal.SIGTERM)
        )
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


@app.command()
def demo(host: Host = "127.0.0.1", port: Port = DEFAULT_PORT) -> None:
    """Serve a temporary SQLite file with a demo account; print its token, a curl line and its queue by urgency."""
    with _ended_by_sigterm(), tempfile.TemporaryDirectory(prefix="afterword-demo-") as folder:
        settings = Settings(database_url=f"sqlite:///{Path(folder) / 'demo.db'}", log_level="WARNING")
        logs.configure_logging(settings.log_level, settings.log_format)
        application = create_app(settings)
        database: Database = application.state.database
        database.migrate()
        secret = demo_account.build(database, now())
        lines = demo_account.queue_lines(database, secret, now())

        def announce(url: str) -> None:
            print(f"Docs:   {url}/docs", flush=True)  # noqa: T201  # this is the output
            print(f"Token:  {secret}", flush=True)  # noqa: T201
            address = f"{url}/v1/queue?sort=urgency"
            print(f"Try:    curl -s -H 'Authorization: Bearer {secret}' '{address}'", flush=True)  # noqa: T201
            for line in lines:
                print(f"Queue:  {line}", flush=True)  # noqa: T201
            print("Stop with Ctrl+C; this deletes the data.", flush=True)  # noqa: T201

        try:
            with listening(host, port) as listener:
                server.serve(application, settings, listener, announce)
        finally:
            database.dispose()
