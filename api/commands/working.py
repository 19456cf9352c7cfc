"""`afterword worker` and `afterword sweep`: the background work, without serving."""

import asyncio

import typer

from api import logs
from api.clock import wall_clock
from api.commands.basics import fail
from api.commands.terminal import connected, errors, log, now, opened, prepare
from api.rules.sentences import count
from api.settings import Settings
from api.workers.retention import apply_retention
from api.workers.tasks import supervised, work_until_stopped

app = typer.Typer()


@app.command()
def worker() -> None:
    """Do the background work without serving: mails, webhooks, digests, recomputation, erasure, retention.

    For servers that run with AFTERWORD_WORKER=off. Several may run; each piece of work is done by one of them.
    """
    settings = Settings()
    logs.configure_logging(settings.log_level, settings.log_format)
    with connected() as database:
        prepare(database)
        log.info("Afterword works on %s", database.engine.dialect.name)
        asyncio.run(work_until_stopped(supervised(database, wall_clock, settings)))


@app.command()
def sweep() -> None:
    """Delete expired rows, and what was deleted 30 days ago. `serve` does it every hour."""
    logs.configure_logging("WARNING")  # a failure is logged without its message, which can repeat data
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
