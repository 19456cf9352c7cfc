"""Run the plan of an import, in slices: each is a transaction that records some rows and remembers how far it came.

A row whose plan does not hold any more, because the account changed since, is left undone and becomes `changed`. After
a crash the next slice goes on after the last row that was committed, so nothing is recorded twice.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from api.errors import ProblemError, QuotaExceededError, UnauthorizedError
from api.models import ImportJob, ImportRow
from api.models.event import EventType
from api.services.facts.crud import bump_version
from api.services.imports import files, restored_rows, table_rows
from api.services.imports.invitation_rows import write_invitation
from api.services.imports.plans import WRITES, options_of, row_problem
from api.services.imports.told import tell
from api.services.imports.written import Written, record
from api.services.steps import judge
from api.storage.database import Database, lift_statement_timeout
from api.storage.session import OwnedSession

SLICE_SECONDS = 0.015  # and the time to judge what it recorded: other writers wait at most about 50 ms
ROWS_PER_SLICE = 10
UNDO_FOR = timedelta(days=30)
Write = Callable[[ImportRow], list[Written] | None]


class _RowError(Exception):
    """A row that the API refuses; its transaction is rolled back."""

    def __init__(self, row_no: int, error: ProblemError) -> None:
        super().__init__(row_no)
        self.row_no = row_no
        self.error = error


class Runner:
    """Runs one import in slices."""

    def __init__(self, database: Database, user_id: str, import_id: str, *, max_bytes: int | None) -> None:
        self._database = database
        self._user_id = user_id
        self._import_id = import_id
        self._max_bytes = max_bytes
        self._people = table_rows.People()

    def run_slice(self, now: datetime) -> bool:
        """Run the next rows in a transaction; return whether the import is done, or is no longer to be run."""
        try:
            return self._write(now, self._run_rows)
        except _RowError as failed:
            error = failed
            self._people = table_rows.People()  # it has contacts of the slice that was rolled back

            def mark(session: OwnedSession, job: ImportJob) -> bool:
                return _mark_failed(session, job, error)

            return self._write(now, mark)
        except QuotaExceededError as refused:
            detail = refused.detail

            def stop(session: OwnedSession, job: ImportJob) -> bool:
                session.max_bytes = None
                job.error = f"quota_exceeded: {detail}"
                return finish(session, job, "stopped")

            return self._write(now, stop)

    def _write(self, now: datetime, work: Callable[[OwnedSession, ImportJob], bool]) -> bool:
        with suppress(UnauthorizedError), self._database.write(now) as session:
            session.owner, session.max_bytes = self._user_id, self._max_bytes
            session.is_import = True
            lift_statement_timeout(session)
            judge.lock_user(session)
            job = session.get(ImportJob, (self._user_id, self._import_id))
            if job is not None and job.state == "running":
                return work(session, job)
        return True

    def _run_rows(self, session: OwnedSession, job: ImportJob) -> bool:
        rows = files.next_rows(session, job, ROWS_PER_SLICE)
        until = time.monotonic() + SLICE_SECONDS
        write = self._writer(session, job, [row for row in rows if row.outcome in WRITES])
        with judge.judging_once(session, at_end=job.kind != "jsonl"):
            for row in rows:
                if row.outcome in WRITES:
                    _write_row(session, row, write)
                job.rows_done = row.row_no
                if time.monotonic() > until:
                    break
        return finish(session, job, "finished") if job.rows_done >= job.rows_total else False

    def _writer(self, session: OwnedSession, job: ImportJob, rows: Sequence[ImportRow]) -> Write:
        """Return the function that records a row of this kind of file."""
        if job.kind == "jsonl":
            return lambda row: restored_rows.restore_row(session, row)
        options = options_of(job.options)
        self._people.refresh(session)
        if job.kind == "calendar":
            return lambda row: write_invitation(session, row, self._people)
        known = table_rows.known_for(session, rows)
        return lambda row: table_rows.write_table_row(session, row, options.on_duplicate, known, self._people)


def _write_row(session: OwnedSession, row: ImportRow, write: Write) -> None:
    try:
        objects = write(row)
    except ProblemError as error:
        raise _RowError(row.row_no, error) from error
    if objects is None:
        row.result = "changed"
    else:
        record(session, row, objects)


def _mark_failed(session: OwnedSession, job: ImportJob, failed: _RowError) -> bool:
    """Store why a row was refused. It is passed when the rows before it are done, which were rolled back with it."""
    session.max_bytes = None
    row = session.get_one(ImportRow, (session.user_id, job.id, failed.row_no))
    row.outcome, row.result = "error", "failed"
    codes = [one.code for one in failed.error.errors] or [failed.error.problem]
    row.errors = [row_problem(codes[0], failed.error.detail)]
    return False


def finish(session: OwnedSession, job: ImportJob, state: str) -> bool:
    """End a run: judge step 7 of all applications, count the results, delete the file and tell of it. Returns True."""
    session.flush()
    if job.kind == "jsonl":
        restored_rows.finish_restore(session)
    else:
        judge.judge_elsewhere(session)
    files.delete_file(session, job.id)
    job.state, job.finished_at, job.contents_until = state, session.now, session.now + UNDO_FOR
    job.counts = files.count_results(session, job.id)
    columns = [{**one, "samples": []} for one in job.recognised.get("columns", ())]  # they can name people
    job.recognised = {**job.recognised, "columns": columns}
    bump_version(session, job)
    tell(session, EventType.IMPORT_FINISHED, job)
    return True
