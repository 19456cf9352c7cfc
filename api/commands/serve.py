"""`afterword serve`. What serves is imported last, because settings, database or port may be refused before."""

import os
import tempfile
from contextlib import suppress
from importlib import import_module
from ipaddress import ip_address
from typing import Annotated, Any

import typer

from api import logs
from api.commands.basics import without_garbage_collection
from api.commands.listening import Host, Port, listening
from api.commands.terminal import connected, log, prepare
from api.settings import DEFAULT_PORT, SHARED_FOLDER, Settings
from api.storage import private_files

PROXIES = "AFTERWORD_TRUSTED_PROXIES"
app = typer.Typer()


@app.command()
def serve(
    host: Host = "127.0.0.1",
    port: Port = DEFAULT_PORT,
    workers: Annotated[int, typer.Option(min=1, max=64, help="The number of processes that serve.")] = 1,
) -> None:
    """Serve the API. An SQLite database is migrated first; a PostgreSQL schema that is not up to date is refused."""
    settings = Settings()
    logs.configure_logging(settings.log_level, settings.log_format)
    with connected() as database:
        prepare(database)
    for weakness in [*settings.weaknesses(), *unencrypted(host, settings), *private_files.warnings(settings.database)]:
        log.warning(weakness)
    with listening(host, port) as listener:
        with without_garbage_collection():
            server = import_module("api.http.server")  # it takes a second, and all that is above may fail
        if workers == 1:
            server.serve(application(settings), settings, listener, announce)
            return
        with tempfile.TemporaryDirectory(prefix="afterword-metrics-") as folder:  # the processes share their metrics
            os.environ[SHARED_FOLDER] = folder
            announce(server.address_of(listener))
            server.serve_in_processes(f"{__name__}:application", settings, listener, workers)


def application(settings: Settings | None = None) -> Any:  # noqa: ANN401  # of the web framework, which is not imported yet
    """Return the application. Each process that serves imports it by itself."""
    with without_garbage_collection():
        main = import_module("api.main")  # a process whose children serve does not need it
    return main.create_app(settings)


def announce(url: str) -> None:
    """Log the address of the server."""
    log.info("Afterword serves %s – docs at %s/docs", url, url)


def unencrypted(host: str, settings: Settings) -> list[str]:
    """Return a warning if the server listens on more than this machine and no proxy is named."""
    if settings.trusted_proxies:
        return []
    with suppress(ValueError):
        if ip_address("127.0.0.1" if host == "localhost" else host).is_loopback:
            return []
    return [f"--host {host}: this is plain HTTP, put a TLS proxy in front of it and name it in {PROXIES}"]
