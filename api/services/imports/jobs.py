"""Imports as objects of the API: upload, answers to questions, run, stop, undo and deletion."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import col, func, select

from api.errors import ConflictError, FieldError, NotFoundError, QuotaExceededError
from api.models import Application, ImportJob, ImportObject, ImportRow
from api.models.base import Body, new_id
from api.models.import_answers import ImportKind, ImportUpdate
from api.models.import_public import ImportCounts, ImportOptions, ImportPublic, ImportRowPublic
from api.services import imported
from api.services.accounts import login_throttle
from api.services.facts.crud import NO_STEPS, FactKind, bump_version, find_application_id
from api.services.imports import files
from api.services.imports.planning import DRAFT_FOR, Planner, plan_at_once
from api.services.imports.plans import Options, options_of
from api.services.imports.running import UNDO_FOR, finish
from api.services.imports.undoing import begin_undo
from api.services.steps import judge
from api.storage.database import Database
from api.storage.session import OwnedSession

PLANNED_AT_ONCE = 65_536  # bytes; a larger file is planned by the background task
MAX_DRAFTS, MAX_UPLOADS = 3, 20
ROWS_PER_DELETION = 500
FORGETS_FOR_SECONDS = 2.0
SHOWN = {"row_no", "line_no", "outcome", "result", "duplicate_of", "errors", "warnings"}
RAN, BUSY = ("finished", "stopped"), ("running", "undoing")
Prepared = tuple[ImportJob, list[Any]]


def new_job(session: OwnedSession, kind: ImportKind, content: bytes, options: Options, name: str | None) -> Prepared:
    """Return a new import that is not stored yet, and the planned rows of a small file."""
    if options.application_id is not None:
        _check_application(session, options.application_id, "parameter", "application_id")
    job = ImportJob(
        user_id=session.user_id,
        id=new_id(),
        kind=kind,
        state="analysing",
        file_name=name,
        bytes=len(content),
        sha256=files.digest(content),
        options=options.model_dump(exclude_defaults=True, mode="json"),
        created_at=session.now,
        updated_at=session.now,
        contents_until=session.now + DRAFT_FOR,
    )
    return job, plan_at_once(session, job, content) if len(content) <= PLANNED_AT_ONCE else []


def store_job(session: OwnedSession, prepared: Prepared, content: bytes, *, run: bool) -> ImportJob:
    """Store a new import, its file and its rows; `run`: begin it at once if nothing is open.

    Raises QuotaExceededError for a fourth draft, TooManyRequestsError beyond 20 uploads an hour.
    """
    job, rows = prepared
    login_throttle.count_account(session, "import", most=MAX_UPLOADS)
    drafts = select(func.count()).select_from(ImportJob).where(col(ImportJob.state).in_(("draft", "analysing")))
    used = session.exec(drafts).one()
    if used >= MAX_DRAFTS:
        detail = f"You have {used} imports that have not run: run or delete one of them first."
        raise QuotaExceededError(detail, "import_drafts", used, MAX_DRAFTS)
    session.add(job)
    session.flush()
    files.store_file(session, job.id, content)
    files.add_rows(session, job.id, 1, rows)
    if run and job.state == "draft" and not job.questions and not job.counts.get("error"):
        start(session, job, allow_errors=False)
    session.flush()
    return job


def answer(session: OwnedSession, job: ImportJob, body: ImportUpdate) -> None:
    """Set the answers of a request; the import is planned again. Raises ConflictError unless it is a draft."""
    if job.state not in ("draft", "failed"):
        raise ConflictError("Only a draft can be answered: this import is not one.", code="import_not_ready")
    sent = body.model_dump(exclude_unset=True, mode="json")
    if sent.get("application_id") is not None:
        _check_application(session, sent["application_id"], "pointer", "/application_id")
    for number, row in enumerate(sent.get("rows", ())):
        if row.get("application_id") is not None:
            _check_application(session, row["application_id"], "pointer", f"/rows/{number}/application_id")
    job.options = options_of({**job.options, **sent}).model_dump(exclude_defaults=True, mode="json")
    job.state, job.error, job.claimed_until = "analysing", None, None
    bump_version(session, job)
    session.flush()


def _check_application(session: OwnedSession, id_: str, where: str, name: str) -> None:
    """Raise NotFoundError, with the place of the id in the request, if the user has no such application."""
    try:
        find_application_id(session, Application, id_)
    except NotFoundError as error:
        detail = "You have no application with this id: check it."
        raise NotFoundError(errors=[FieldError(where, name, "not_found", detail)]) from error


def plan_again(database: Database, user_id: str, import_id: str, now: datetime, max_bytes: int) -> None:
    """Plan a small file that was answered, in the request."""
    Planner(database, user_id, import_id, max_bytes=max_bytes).run(lambda: now)


def start(session: OwnedSession, job: ImportJob, *, allow_errors: bool) -> None:
    """Let an import run, or run on after it was stopped.

    Raises ConflictError if it is not ready, or another one runs.
    """
    is_stopped = job.state == "stopped" and job.contents_until is not None
    if not is_stopped and (job.state != "draft" or job.questions):
        why = "answer its questions first" if job.questions else f"its state is `{job.state}`"
        raise ConflictError(f"Only a draft without open questions can run: {why}.", code="import_not_ready")
    errors = job.counts.get("error", 0)
    if errors and not allow_errors:
        detail = f"{errors} rows have errors: correct them, or send allow_errors: true to leave them out."
        raise ConflictError(detail, code="import_not_ready")
    _check_others(session)
    job.state, job.started_at, job.contents_until = "running", job.started_at or session.now, None
    job.error, job.finished_at = None, None
    bump_version(session, job)
    session.flush()


def undo(session: OwnedSession, job: ImportJob) -> None:
    """Let an import be undone. Raises ConflictError if it has not run, or too long ago."""
    if job.state not in RAN or job.finished_at is None or session.now > job.finished_at + UNDO_FOR:
        detail = "An import can be undone once, within 30 days after it has run: delete single objects instead."
        raise ConflictError(detail, code="not_undoable")
    _check_others(session)
    begin_undo(job)
    bump_version(session, job)
    session.flush()


def _check_others(session: OwnedSession) -> None:
    busy = session.exec(select(ImportJob.id).where(col(ImportJob.state).in_(BUSY))).first()
    if busy is not None:
        detail = f"Another import is running: wait for /v1/imports/{busy}, or stop it with DELETE."
        raise ConflictError(detail, code="import_running")


def delete(session: OwnedSession, job: ImportJob) -> bool:
    """Stop an import that runs; mark another one as forgotten, and return whether it is to be deleted."""
    if job.state == "undoing":
        raise ConflictError("The import is being undone: wait until that is done.", code="import_running")
    if job.state == "running":
        finish(session, job, "stopped")
        return False
    job.state, job.finished_at, job.contents_until = "failed", None, session.now
    bump_version(session, job)
    return True


def forget(database: Database, user_id: str, import_id: str, now: datetime) -> None:
    """Delete an import that was marked, with its file and rows, in batches.

    Retention deletes what a crash leaves, and what is left after some seconds.
    """
    is_done, until = False, time.monotonic() + FORGETS_FOR_SECONDS
    while not is_done and time.monotonic() < until:
        with database.write(now) as session:
            session.owner = user_id
            judge.lock_user(session)
            job = session.get(ImportJob, (user_id, import_id))
            is_done = job is None or not imported.delete_contents(session, import_id, ROWS_PER_DELETION)
            if is_done and job is not None:
                session.delete(job)


def _extras(_session: OwnedSession, jobs: Sequence[ImportJob]) -> list[dict[str, Any]]:
    return [_extra(job) for job in jobs]


def _extra(job: ImportJob) -> dict[str, Any]:
    recognised = job.recognised
    ran = job.state in RAN and job.finished_at is not None
    return {
        "rows_done": job.rows_done,
        "preset": recognised.get("preset"),
        "encoding": recognised.get("encoding"),
        "delimiter": recognised.get("delimiter"),
        "skip_lines": recognised.get("skip_lines"),
        "columns": recognised.get("columns", []),
        "left_out": recognised.get("left_out", {}),
        "options": ImportOptions.model_validate(options_of(job.options), from_attributes=True),
        "counts": ImportCounts(**{name: job.counts.get(name, 0) for name in ImportCounts.model_fields}),
        "undo_until": job.finished_at + UNDO_FOR if ran and job.finished_at else None,
    }


class _NoBody(Body):
    """Imports are not created from a JSON body."""


IMPORT = FactKind(
    table=ImportJob,
    create=_NoBody,
    public=ImportPublic,
    affected_steps=NO_STEPS,
    affected_applications=lambda *_: [],
    extras=_extras,
)


def show_rows(session: OwnedSession, import_id: str, rows: Sequence[ImportRow]) -> list[ImportRowPublic]:
    """Return rows as the API shows them, with the objects that they made."""
    numbers = [row.row_no for row in rows]
    wanted = select(ImportObject).where(ImportObject.import_id == import_id, col(ImportObject.row_no).in_(numbers))
    made: dict[int, list[dict[str, str]]] = {number: [] for number in numbers}
    for one in session.exec(wanted).all() if numbers else ():
        made[one.row_no].append({"type": one.noun, "id": one.object_id, "action": one.action})
    return [
        ImportRowPublic.model_validate(
            {
                **row.model_dump(
                    include={"row_no", "line_no", "outcome", "result", "duplicate_of", "errors", "warnings"}
                ),
                "cells": row.raw,
                "values": row.plan,
                "objects": made[row.row_no],
            }
        )
        for row in rows
    ]
