"""The command line."""

import asyncio
import json
import logging
import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from pydantic import ValidationError

from api import __version__, logs
from api import demo as demo_account
from api.clock import wall_clock
from api.commands import backups, mcp, search, transfers, users
from api.commands.terminal import BEHIND, Email, connected, errors, fail, now, opened, progress_bar
from api.errors import ProblemError
from api.http import server
from api.http.openapi.document import build_openapi
from api.main import create_app
from api.metrics import SHARED_FOLDER
from api.models.token import TokenCreate
from api.protocol.scopes import ALL
from api.rules.sentences import count
from api.services.accounts import audit_log, tokens
from api.services.accounts.users import all_user_ids, find_by_email
from api.services.steps import judge, recheck
from api.settings import DEFAULT_PORT, Settings
from api.storage import private_files
from api.storage.database import Database
from api.storage.engine import SQLITE_IS_SAFE, SQLITE_VERSION
from api.workers import rejudge
from api.workers.retention import apply_retention
from api.workers.tasks import supervised, work_until_stopped

app = typer.Typer(
    name="afterword",
    help="A REST API for the seven follow-up steps after a job interview.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
token_app = typer.Typer(help="Personal tokens.", no_args_is_help=True)
steps_app = typer.Typer(help="The stored steps.", no_args_is_help=True)
app.add_typer(backups.app)
app.add_typer(transfers.app)
app.add_typer(mcp.app)
app.add_typer(users.app, name="user")
app.add_typer(search.app, name="search")
app.add_typer(token_app, name="token")
app.add_typer(steps_app, name="steps")
BACKLOG = 1_024
PROXIES = "AFTERWORD_TRUSTED_PROXIES"
CORES = os.cpu_count() or 1
log = logging.getLogger("afterword")
Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 selects a free one.")]


class AgentKind(StrEnum):
    """What an assistant may do."""

    READER = "reader"
    RECORDER = "recorder"
    FULL = "full"


AGENT_PRESETS = {AgentKind.READER: "agent_reader", AgentKind.RECORDER: "agent_recorder", AgentKind.FULL: "agent"}


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


def main() -> None:
    """Run the command. An expected failure prints one line that says what to do, and exits with 1."""
    try:
        app()
    except ProblemError as error:
        fail(error.detail)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        fail(f"{error.title.lower()}: {name}: {first['msg'].removeprefix('Value error, ')}.")
    except OSError as error:
        fail(f"{error.strerror or error}: check the address, the port and AFTERWORD_DATABASE_URL.")


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    try:
        listener = socket.create_server((host, port), backlog=BACKLOG)
    except OSError:
        fail(f"cannot listen on {host}, port {port}: choose another one with --host and --port.")
    with listener:
        yield listener


def _prepare(database: Database) -> None:
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
        _prepare(database)
    for weakness in [*settings.weaknesses(), *_unencrypted(host, settings), *private_files.warnings(settings.database)]:
        log.warning(weakness)
    with _listening(host, port) as listener:
        if workers > 1:
            _serve_by_workers(settings, listener, workers)
        else:
            server.serve(create_app(settings), settings, listener, _announce)


def _unencrypted(host: str, settings: Settings) -> list[str]:
    """Return a warning if the server listens on more than this machine and no proxy is named."""
    if settings.trusted_proxies:
        return []
    with suppress(ValueError):
        if ip_address("127.0.0.1" if host == "localhost" else host).is_loopback:
            return []
    return [f"--host {host}: this is plain HTTP, put a TLS proxy in front of it and name it in {PROXIES}"]


def _announce(url: str) -> None:
    log.info("Afterword serves %s – docs at %s/docs", url, url)


def _serve_by_workers(settings: Settings, listener: socket.socket, workers: int) -> None:
    """Serve with several processes, which share their metrics in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="afterword-metrics-") as folder:
        os.environ[SHARED_FOLDER] = folder
        _announce(server.address_of(listener))
        server.serve_in_processes(settings, listener, workers)


@app.command()
def worker() -> None:
    """Do the background work without serving: mails, webhooks, digests, recomputation, erasure, retention.

    For servers that run with AFTERWORD_WORKER=off. Several may run; each piece of work is done by one of them.
    """
    settings = Settings()
    logs.configure_logging(settings.log_level, settings.log_format)
    with connected() as database:
        _prepare(database)
        log.info("Afterword works on %s", database.engine.dialect.name)
        asyncio.run(work_until_stopped(supervised(database, wall_clock, settings)))


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
            with _listening(host, port) as listener:
                server.serve(application, settings, listener, announce)
        finally:
            database.dispose()


@app.command()
def migrate() -> None:
    """Migrate the database schema to head, the revision that this version needs."""
    with connected() as database:
        database.migrate()
    errors.print("The schema is at head.")


@app.command("openapi")
def openapi() -> None:
    """Print the OpenAPI document."""
    with tempfile.TemporaryDirectory() as folder:
        application = create_app(Settings(database_url=f"sqlite:///{Path(folder) / 'none.db'}"))
        print(json.dumps(build_openapi(application), indent=2, ensure_ascii=False))  # noqa: T201  # this is the output
        application.state.database.dispose()


@token_app.command("issue")
def token_issue(
    email: Email,
    scopes: Annotated[
        str | None,
        typer.Option(help="A comma list: all (the default), read, or scopes such as steps:read,applications:write."),
    ] = None,
    name: Annotated[str, typer.Option(help="What the token is for.")] = "command line",
    agent: Annotated[
        AgentKind | None,
        typer.Option(help="For an assistant, instead of --scopes: what it may do. It expires in 30 days."),
    ] = None,
) -> None:
    """Create a personal token and print only its secret."""
    if agent is not None and scopes is not None:
        raise typer.BadParameter("use either --agent or --scopes.")
    rights: dict[str, object] = {"preset": AGENT_PRESETS[agent]} if agent else {"scopes": (scopes or ALL).split(",")}
    body = TokenCreate.model_validate({"name": name, **rights})
    with opened() as database, database.write(now()) as session:
        user = find_by_email(session, email)
        if user is None:
            fail("there is no account with this address: open one with `afterword user add`.")
        session.owner = user.id
        judge.lock_user(session)
        token, secret = tokens.issue_token(session, body)
        audit_log.record_operator(session, "create_token", f"/v1/tokens/{token.id}")
    print(secret)  # noqa: T201  # this is the output


@app.command("sweep")
def sweep() -> None:
    """Delete expired rows, and what was deleted 30 days ago. `serve` does it every hour."""
    with opened() as database:
        sweep = apply_retention(database, now())
    swept = sweep.deleted
    counts = (
        (swept.answers, "stored response"),
        (swept.applications, "application"),
        (swept.contacts, "contact"),
    )
    errors.print(f"Deleted {', '.join(count(number, unit) for number, unit in counts)}.")
    if sweep.failed:
        kept = count(sweep.failed, "account")
        fail(f"Expired rows are left in {kept}: see the lines above, then run `afterword sweep` again.")


@steps_app.command("check")
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
