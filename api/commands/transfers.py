"""`afterword import` and `afterword export`: what is in an account, from and to files on this machine."""

import os
import sys
import time
from pathlib import Path
from typing import IO, Annotated, Any

import typer
from sqlmodel import col, select

from api.commands.basics import fail
from api.commands.terminal import Email, errors, now, opened, progress_bar
from api.commands.users import UNKNOWN
from api.models import ImportJob, ImportRow
from api.models.import_answers import ImportKind, ImportUpdate
from api.rules.sentences import count
from api.services.accounts import audit_log
from api.services.accounts.export import write_export
from api.services.accounts.users import find_by_email
from api.services.imports import jobs
from api.services.imports.files import most_bytes
from api.services.imports.planning import Planner
from api.services.imports.plans import Options, Problem
from api.services.imports.running import Runner
from api.services.steps import judge
from api.services.steps.recompute import run_to_end
from api.settings import Settings
from api.storage.database import Database

KINDS: dict[str, ImportKind] = {
    **dict.fromkeys((".csv", ".tsv", ".txt"), "csv"),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), "jsonl"),
    ".ics": "calendar",
}
SIZES: dict[ImportKind, str] = {"csv": "AFTERWORD_MAX_IMPORT_BYTES", "jsonl": "AFTERWORD_MAX_RESTORE_BYTES"}
SHOWN_ERRORS = 5
OUTCOMES = {
    "new": "to record",
    "fill": "fill empty fields",
    "update": "change what you have",
    "same": "there already",
    "duplicate": "like one that you have",
    "skip": "left out",
    "error": "with errors",
}
app = typer.Typer()


class _Account:
    """One account, on which the command writes as the operator."""

    def __init__(self, database: Database, email: str) -> None:
        self.database = database
        with database.read(now()) as session:
            user = find_by_email(session, email)
        if user is None:
            fail(UNKNOWN)
        self.id = user.id
        self.max_bytes = Settings().account_bytes

    def write(self, work: Any, operation: str | None = None, import_id: str | None = None) -> Any:  # noqa: ANN401  # of the work
        """Do a piece of work in a transaction of the account; with an operation, it is in the account's activity."""
        with self.database.write(now()) as session:
            session.owner, session.max_bytes = self.id, self.max_bytes
            judge.lock_user(session)
            result = work(session)
            if operation is not None:
                audit_log.record_operator(session, operation, f"/v1/imports/{import_id or result.id}")
            return result

    def job(self, import_id: str) -> ImportJob:
        """Return an import as it is now."""
        with self.database.read(now()) as session:
            session.owner = self.id
            return session.get_one(ImportJob, (self.id, import_id))


@app.command("import")
def import_file(
    email: Email,
    file: Annotated[Path, typer.Argument(help="A .csv, .tsv, .jsonl or .ics file.", metavar="FILE")],
    preset: Annotated[
        str | None, typer.Option(help="The program that wrote a table: linkedin, simplify, teal, huntr, afterword.")
    ] = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Run without asking, if no question is open.")] = False,
) -> None:
    """Import a file into an account: a table of applications, an export, or an invitation.

    Shows the plan and asks what the file leaves open, before anything is recorded. It can be undone for 30 days, with
    POST /v1/imports/{import_id}/undo.
    """
    kind = KINDS.get(file.suffix.lower())
    if kind is None:
        fail("the file must be .csv, .tsv, .jsonl or .ics: unpack an archive first.")
    content = _read(file, kind)
    options = Options.model_validate({"preset": preset})
    with opened() as database:
        account = _Account(database, email)
        job = _uploaded(account, kind, content, options, file.name[:200])
        job = _answered(account, job, can_ask=not yes and sys.stdin.isatty())
        _show_plan(account, job)
        if not yes and not typer.confirm("Import this?", err=True):
            account.write(lambda session: jobs.delete(session, session.get_one(ImportJob, (account.id, job.id))))
            jobs.forget(database, account.id, job.id, now())
            fail("nothing was imported.")
        _run(account, job)


def _read(file: Path, kind: ImportKind) -> bytes:
    most = most_bytes(Settings(), kind)
    if file.stat().st_size > most:
        remedy = f", or set {SIZES[kind]}" if kind in SIZES else ""
        fail(f"the file has more than {most:,} bytes: split it{remedy}.")
    return file.read_bytes()


def _uploaded(account: _Account, kind: ImportKind, content: bytes, options: Options, name: str) -> ImportJob:
    with account.database.read(now()) as session:
        session.owner = account.id
        prepared = jobs.new_job(session, kind, content, options, name)
    job: ImportJob = account.write(
        lambda session: jobs.store_job(session, prepared, content, run=False), operation="create_import"
    )
    return _planned(account, job.id)


def _planned(account: _Account, import_id: str) -> ImportJob:
    """Plan an import, unless that is done, and return it. A file that cannot be read ends the command."""
    with progress_bar() as progress:
        progress.add_task("Reading", total=None)
        Planner(account.database, account.id, import_id, max_bytes=account.max_bytes).run(now)
    job = account.job(import_id)
    if job.state == "failed":
        fail((job.error or "").partition(": ")[2] or "the file cannot be read.")
    return job


def _answered(account: _Account, job: ImportJob, *, can_ask: bool) -> ImportJob:
    """Ask what is open until nothing is; without a terminal, name the questions and end the command."""
    while job.questions:
        asked = job.questions[0]
        if not can_ask:
            for one in job.questions:
                errors.print(f"Open: {one['text']}", markup=False)
            fail(f"answer with PATCH /v1/imports/{job.id}, or run the command in a terminal without --yes.")
        body = ImportUpdate.model_validate(_asked(job, asked))

        def answer(session: Any, body: ImportUpdate = body, id_: str = job.id) -> None:  # noqa: ANN401  # a session
            jobs.answer(session, session.get_one(ImportJob, (account.id, id_)), body)

        account.write(answer, operation="update_import", import_id=job.id)
        job = _planned(account, job.id)
    return job


def _asked(job: ImportJob, asked: dict[str, Any]) -> dict[str, Any]:
    """Ask a question; return the body that answers it."""
    errors.print(asked["text"], markup=False)
    options = asked["options"]
    for number, option in enumerate(options, start=1):
        errors.print(f"  {number}. {option['text']}" + (f"  ({option['value']})" if options else ""), markup=False)
    if options:
        number = typer.prompt("Number", type=int, err=True)
        if not 1 <= number <= len(options):
            return _asked(job, asked)
        value = options[number - 1]["value"]
    else:
        value = typer.prompt("Answer", err=True)
    return answer_body(job.options, asked, value)


def answer_body(given: dict[str, Any], asked: dict[str, Any], value: str) -> dict[str, Any]:
    """Return the body of PATCH that answers a question with a value, beside the answers that were given before."""
    match asked["code"]:
        case "stage":
            return {"stage_map": [*given.get("stage_map", []), {"value": asked["value"], "stage": value}]}
        case "company":
            return {"mapping": [*given.get("mapping", []), {"column": int(value), "target": "company"}]}
        case "application" | "kind":
            name = "application_id" if asked["code"] == "application" else "kind"
            row_no = asked["row_no"]
            rows = {one["row_no"]: one for one in given.get("rows", [])}
            rows[row_no] = {**rows.get(row_no, {"row_no": row_no}), name: value}
            return {"rows": list(rows.values())}
    return {asked["field"]: value}


def _show_plan(account: _Account, job: ImportJob) -> None:
    parts = [f"{number:,} {OUTCOMES[name]}" for name, number in job.counts.items() if name in OUTCOMES]
    errors.print(f"{count(job.rows_total, 'row')}: {', '.join(parts) or 'nothing to do'}.")
    if preset := job.recognised.get("preset"):
        errors.print(f"Recognised as a table of {preset}.")
    wrong = select(ImportRow).where(ImportRow.import_id == job.id, ImportRow.outcome == "error")
    with account.database.read(now()) as session:
        session.owner = account.id
        for row in session.exec(wrong.order_by(col(ImportRow.row_no)).limit(SHOWN_ERRORS)).all():
            told: Problem = row.errors[0]
            errors.print(f"  line {row.line_no}: {told['column'] or 'row'}: {told['detail']}", markup=False)


def _run(account: _Account, job: ImportJob) -> None:
    account.write(
        lambda session: jobs.start(session, session.get_one(ImportJob, (account.id, job.id)), allow_errors=True),
        operation="run_import",
        import_id=job.id,
    )
    runner = Runner(account.database, account.id, job.id, max_bytes=account.max_bytes)
    with progress_bar() as progress:
        task = progress.add_task("Importing", total=job.rows_total)
        while not runner.run_slice(now()):
            progress.update(task, completed=account.job(job.id).rows_done)
    if job.kind == "jsonl":
        run_to_end(account.database, account.id, now)
    job = account.job(job.id)
    done = job.counts.get("done", 0)
    left = job.counts.get("changed", 0) + job.counts.get("failed", 0)
    errors.print(f"{count(done, 'row')} imported" + (f", {left:,} left out" if left else "") + ".")
    if job.error:
        fail(job.error.partition(": ")[2])


@app.command("export")
def export_file(email: Email, file: Annotated[Path, typer.Argument(help="The new file.", metavar="FILE")]) -> None:
    """Export an account to a new file, as JSON Lines that `afterword import` restores."""
    with opened() as database:
        account = _Account(database, email)
        try:
            descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            fail(f"{file} exists already: name a new file.")
        began = time.monotonic()
        try:
            with os.fdopen(descriptor, "w+b") as target:
                _write_export(account, target)
        except BaseException:
            file.unlink(missing_ok=True)  # a part of an export is no export
            raise
        with database.write(now()) as session:
            session.owner = account.id
            judge.lock_user(session)
            audit_log.record_operator(session, "export_account", "/v1/me/export")
    errors.print(f"{file.stat().st_size:,} bytes written to {file} in {time.monotonic() - began:.1f} s.", markup=False)


def _write_export(account: _Account, target: IO[bytes]) -> None:
    with progress_bar() as progress:
        task = progress.add_task("Exporting")
        write_export(
            account.database,
            account.id,
            now(),
            target,
            lambda done, rows: progress.update(task, completed=done, total=rows),
        )
