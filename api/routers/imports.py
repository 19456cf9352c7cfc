"""Endpoints of imports: upload a file, answer its questions, run it, and undo it."""

from typing import Annotated, Any, Literal

from fastapi import Path, Query, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from sqlmodel import col, select

from api.http.crud import ORDER, changed, etag_of, listed, matched, paged, read
from api.http.deps import Caller, CallerDep, PageDep
from api.http.files import CSV, NEEDS_SPACE, file_response
from api.http.routes import Routes
from api.http.uploads import REQUEST_BODY, UploadDep
from api.models import ImportJob, ImportRow
from api.models.base import AnyId, Line
from api.models.import_answers import Encoding, ImportRun, ImportUpdate, PresetName
from api.models.import_public import ImportOutcome, ImportPublic, ImportResult, ImportRowPublic
from api.models.page import Page
from api.services.facts.crud import find, to_public_one
from api.services.imports import jobs
from api.services.imports.corrections import write_corrections
from api.services.imports.jobs import IMPORT
from api.services.imports.plans import Options
from api.storage.keyset import ascending, sort_orders
from api.workers import imports as worker

ImportId = Annotated[str, Path(description="The import's id.", max_length=64)]
ImportOrder = Annotated[Literal["created_at", "-created_at"], Query(description=ORDER)]
ORDERS = sort_orders(ImportJob, "created_at")
IMPORTS, ONE = "/v1/imports", "/v1/imports/{import_id}"
READ = ("applications:read", "contacts:read")
WRITE = ("applications:write", "contacts:write", "steps:write")
CORRECTIONS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The rows with errors.", "content": {"text/csv": {"schema": {"type": "string"}}}}
}
routes = Routes("imports", agents=False)


class ImportPage(Page[ImportPublic]):
    """A page of imports."""


class ImportRowPage(Page[ImportRowPublic]):
    """A page of the rows of an import."""


@routes.get(IMPORTS, scopes=READ)
def list_imports(caller: CallerDep, page: PageDep, sort: ImportOrder = "-created_at") -> ImportPage:
    """List your imports."""
    with caller.reading() as session:
        return ImportPage.model_construct(**listed(caller, session, IMPORT, page, ORDERS[sort]))


@routes.post(IMPORTS, status_code=201, scopes=WRITE, errors=[404, 409, 413, 415], openapi_extra=REQUEST_BODY)
def create_import(
    caller: CallerDep,
    upload: UploadDep,
    file_name: Annotated[Line | None, Query(description="The name of the file, to recognise it later.")] = None,
    preset: Annotated[PresetName | None, Query(description="The program that wrote the table.")] = None,
    encoding: Annotated[Encoding | None, Query(description="The encoding of a CSV file.")] = None,
    application_id: Annotated[AnyId | None, Query(description="The application of an invitation.")] = None,
    *,
    run: Annotated[bool, Query(description="Run it at once if there are neither questions nor errors.")] = False,
) -> ImportPublic:
    """Upload a file to import.

    A CSV or TSV file of applications, the JSON Lines of GET /v1/me/export, or a calendar invitation, as the raw body.
    Nothing is recorded yet: the response is a draft that says what was recognised, what would become of each row, and
    what must be answered before. A file of more than 64 KiB is analysed in the background: its state is `analysing`
    first. At most three drafts at a time, and 20 uploads an hour (429). A draft is forgotten after 24 hours.
    """
    options = Options(preset=preset, encoding=encoding, application_id=application_id)
    with caller.reading() as session:
        if upload.kind == "jsonl":
            caller.require_scopes("account:write")
        prepared = jobs.new_job(session, upload.kind, upload.content, options, file_name)
    with caller.writing() as session:
        job = jobs.store_job(session, prepared, upload.content, run=run)
        shown = to_public_one(session, IMPORT, job)
        caller.created(f"{IMPORTS}/{job.id}", etag_of(shown))
        caller.remember(shown, status=201)
    caller.wake(worker.TASK)
    return shown


@routes.get(ONE, scopes=READ)
def get_import(caller: CallerDep, import_id: ImportId) -> ImportPublic:
    """Read an import.

    While it works, `rows_done` of `rows_total` rows are done: ask again after a second.
    """
    with caller.reading() as session:
        job = find(session, ImportJob, import_id)
        if job.state in ("analysing", "running", "undoing"):
            caller.headers["Retry-After"] = "1"
        return read(caller, session, IMPORT, import_id)


@routes.patch(ONE, scopes=WRITE)
def update_import(caller: CallerDep, import_id: ImportId, body: ImportUpdate) -> ImportPublic:
    """Answer the questions of an import.

    A merge patch: an absent field stays as it is. It also says how the file is read. The import is planned again. Only
    a draft can be changed.
    """
    with caller.writing() as session:
        job = matched(caller, session, IMPORT, import_id)
        jobs.answer(session, job, body)
        is_small = job.bytes <= jobs.PLANNED_AT_ONCE
    if is_small:
        jobs.plan_again(caller.database, caller.token.user_id, job.id, caller.now, caller.settings.account_bytes)
    else:
        caller.wake(worker.TASK)
    with caller.reading() as session:
        shown = to_public_one(session, IMPORT, find(session, ImportJob, import_id))
        caller.headers["ETag"] = etag_of(shown)
        return shown


@routes.delete(ONE, scopes=WRITE, errors=[409])
def delete_import(caller: CallerDep, import_id: ImportId) -> Response:
    """Stop an import, or forget it.

    One that runs stops, and stays: what it has recorded can be undone, and it can run on. Any other one is deleted with
    its file and its rows; nothing that it recorded is taken back, and it can no longer be undone.
    """
    with caller.writing() as session:
        job = matched(caller, session, IMPORT, import_id)
        is_forgotten = jobs.delete(session, job)
    if is_forgotten:
        jobs.forget(caller.database, caller.token.user_id, job.id, caller.now)
    return Response(status_code=204)


@routes.get(f"{ONE}/rows", scopes=READ)
def list_import_rows(
    caller: CallerDep,
    page: PageDep,
    import_id: ImportId,
    outcome: Annotated[ImportOutcome | None, Query(description="Only rows for which this is planned.")] = None,
    result: Annotated[ImportResult | None, Query(description="Only rows of which this became.")] = None,
) -> ImportRowPage:
    """List the rows of an import.

    `outcome` is what is planned: `new` is recorded; `fill` fills empty fields of an application that you have, `update`
    changes an interview; `same` and `duplicate` are there already; `skip` is left out; `question` waits for an answer;
    `error` is left out until it is corrected. `result` is what became of it: `done`; `changed`, if your data changed
    since the plan, so that the row was left out; `failed`; `undone`; `kept`, if an undo left it because it was changed
    since.
    """
    with caller.reading() as session:
        job = find(session, ImportJob, import_id)
        statement = select(ImportRow).where(ImportRow.import_id == job.id)
        for column, value in ((ImportRow.outcome, outcome), (ImportRow.result, result)):
            statement = statement if value is None else statement.where(col(column) == value)
        rows, cursor = paged(caller, session, page, ascending(ImportRow.row_no), statement)
        return ImportRowPage.model_construct(items=jobs.show_rows(session, job.id, rows), next_cursor=cursor)


@routes.get(
    f"{ONE}/errors",
    scopes=READ,
    errors=NEEDS_SPACE,
    etag=False,
    response_class=StreamingResponse,
    responses=CORRECTIONS,
)
async def export_import_errors(caller: CallerDep, import_id: ImportId) -> StreamingResponse:
    """Export the rows with errors as CSV.

    To correct them and send them again: the rows as they were in the file, with two more columns: the line and what is
    wrong. An import ignores these two.
    """
    await run_in_threadpool(_check, caller, import_id)

    return await file_response(
        caller,
        lambda session, file: write_corrections(session, import_id.lower(), file),
        name="afterword-errors.csv",
        media_type=CSV,
    )


def _check(caller: Caller, import_id: str) -> None:
    with caller.reading() as session:
        find(session, ImportJob, import_id)


@routes.post(f"{ONE}/run", scopes=WRITE, status_code=202, if_match=True)
def run_import(caller: CallerDep, import_id: ImportId, body: ImportRun | None = None) -> ImportPublic:
    """Run an import, or run one on that was stopped.

    Rows are recorded in the background, in the order of the file; rows with errors are left out. All steps are judged
    as if the facts had been recorded by hand. One import of an account runs at a time.
    """
    with caller.writing() as session:
        job = matched(caller, session, IMPORT, import_id)
        jobs.start(session, job, allow_errors=body is None or body.allow_errors)
        shown = _accepted(caller, changed(caller, session, IMPORT, job))
    caller.wake(worker.TASK)
    return shown


@routes.post(f"{ONE}/undo", scopes=WRITE, status_code=202, if_match=True)
def undo_import(caller: CallerDep, import_id: ImportId) -> ImportPublic:
    """Undo an import.

    Within 30 days. What nobody changed since, and what nothing later hangs on, is deleted or gets its former values
    back; everything else stays, and its rows become `kept`. Applications and contacts can be restored for 30 days.
    """
    with caller.writing() as session:
        job = matched(caller, session, IMPORT, import_id)
        jobs.undo(session, job)
        shown = _accepted(caller, changed(caller, session, IMPORT, job))
    caller.wake(worker.TASK)
    return shown


def _accepted(caller: Caller, shown: ImportPublic) -> ImportPublic:
    caller.headers["Retry-After"] = "1"
    caller.response.status_code = 202
    return caller.remember(shown, status=202)
