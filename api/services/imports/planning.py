"""Make the plan of an import: read its file, store what is planned for each row, and the questions.

A small file is planned in the request that uploads it. A larger one is planned by the background task, in slices, so
that no other write waits for the whole file. A plan that was asked for again meanwhile is thrown away.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from sqlmodel import col, or_, select

from api.errors import QuotaExceededError, UnauthorizedError
from api.models import ImportJob, ImportRow
from api.models.import_job import WORKING
from api.services import imported
from api.services.current_user import current_user
from api.services.facts.crud import bump_version
from api.services.imports import files
from api.services.imports.export_file import ExportReader
from api.services.imports.invitation_file import InvitationReader
from api.services.imports.plans import Context, PlannedRow, Reader, options_of
from api.services.imports.table_file import TableReader
from api.services.steps import judge
from api.storage.database import Database, lift_statement_timeout
from api.storage.session import ANY_OWNER, OwnedSession
from api.words.csv_file import TableError

SLICE_SECONDS = 0.03  # and the time of a last batch: other writers wait at most about 50 ms
ROWS_PER_WRITE, ROWS_PER_DELETION = 25, 500
CLAIMED_FOR = timedelta(minutes=2)
DRAFT_FOR = timedelta(hours=24)
READERS: dict[str, Callable[[bytes, Context], Reader]] = {
    "csv": TableReader,
    "jsonl": ExportReader,
    "calendar": InvitationReader,
}


def context_of(session: OwnedSession, job: ImportJob) -> Context:
    """Return what the file of an import is read for."""
    user = current_user(session)
    return Context(user.time_zone, user.email, session.now, options_of(job.options), job.file_name)


def plan_at_once(session: OwnedSession, job: ImportJob, content: bytes) -> list[PlannedRow]:
    """Plan a small file; set what was recognised in the import, which need not be stored yet, and return the rows."""
    rows: list[PlannedRow] = []
    try:
        reader = READERS[job.kind](content, context_of(session, job))
        while some := reader.next_rows(session):
            rows.extend(some)
    except TableError as error:
        fail(job, error)
        return []
    finish_plan(job, reader, Counter(row.outcome for row in rows), session.now)
    return rows


def finish_plan(job: ImportJob, reader: Reader, counts: Counter[str], now: datetime) -> None:
    """Set what was recognised, asked and counted, and make the import a draft."""
    job.recognised, job.questions, job.counts = reader.recognised, reader.questions, dict(counts)
    job.rows_total, job.rows_done, job.state = counts.total(), 0, "draft"
    job.error, job.claimed_until, job.contents_until = None, None, now + DRAFT_FOR


def fail(job: ImportJob, error: TableError) -> None:
    """End an import whose file cannot be read; it can be answered or sent again."""
    job.state, job.error, job.claimed_until = "failed", f"{error.code}: {error.detail}", None
    job.questions, job.counts, job.rows_total = [], {}, 0


def working(session: OwnedSession, limit: int) -> Sequence[tuple[str, str, str]]:
    """Return owner, id and state of imports with work to do, of all users: for the background task only."""
    free = or_(col(ImportJob.claimed_until).is_(None), col(ImportJob.claimed_until) <= session.now)
    wanted = select(ImportJob.user_id, ImportJob.id, ImportJob.state).where(WORKING, free)
    return session.exec(wanted.order_by(col(ImportJob.id)).limit(limit), execution_options=ANY_OWNER).all()


class Planner:
    """Plans the file of one import in slices."""

    def __init__(self, database: Database, user_id: str, import_id: str, *, max_bytes: int | None) -> None:
        self._database = database
        self._user_id = user_id
        self._import_id = import_id
        self._max_bytes = max_bytes
        self._seq = 0

    def run(self, clock: Callable[[], datetime]) -> None:
        """Plan the whole file. Does nothing if another process does it, or the account was erased."""
        with suppress(UnauthorizedError):
            if not self._write(clock(), self._claim):
                return
            while self._write(clock(), self._delete_former_rows):
                pass
            try:
                self._plan(clock)
            except TableError as error:
                self._give_up(clock, error)
            except QuotaExceededError as error:
                self._give_up(clock, TableError("quota_exceeded", error.detail))

    def _plan(self, clock: Callable[[], datetime]) -> None:
        with self._database.read(clock()) as session:
            session.owner = self._user_id
            job = session.get_one(ImportJob, (self._user_id, self._import_id))
            reader = READERS[job.kind](files.load_file(session, job.id), context_of(session, job))
        counts: Counter[str] = Counter()
        while rows := self._read(clock(), reader):
            while rows:
                some, rows = self._stored(clock(), rows, counts.total() + 1)
                if not some:
                    return
                counts.update(row.outcome for row in some)

        def finish(session: OwnedSession, job: ImportJob) -> bool:
            finish_plan(job, reader, counts, session.now)
            bump_version(session, job)
            return True

        self._write(clock(), finish)

    def _read(self, now: datetime, reader: Reader) -> list[PlannedRow]:
        with self._database.read(now) as session:
            session.owner = self._user_id
            return reader.next_rows(session)

    def _stored(self, now: datetime, rows: list[PlannedRow], first: int) -> tuple[list[PlannedRow], list[PlannedRow]]:
        """Store the first of some rows, for the time of a slice; return those, none to stop, and the others."""
        done = 0

        def store(session: OwnedSession, job: ImportJob) -> bool:
            nonlocal done
            until = time.monotonic() + SLICE_SECONDS
            while done < len(rows) and (not done or time.monotonic() < until):
                files.add_rows(session, job.id, first + done, rows[done : done + ROWS_PER_WRITE])
                session.flush()
                session.expunge_all()
                done += ROWS_PER_WRITE
            return True

        if not self._write(now, store):
            return [], []
        return rows[:done], rows[done:]

    def _claim(self, session: OwnedSession, job: ImportJob) -> bool:
        if job.claimed_until is not None and job.claimed_until > session.now:
            return False
        job.planned_seq += 1
        job.claimed_until, self._seq = session.now + CLAIMED_FOR, job.planned_seq
        return True

    def _delete_former_rows(self, session: OwnedSession, job: ImportJob) -> bool:
        return imported.delete_contents(session, job.id, ROWS_PER_DELETION, [ImportRow]) > 0

    def _give_up(self, clock: Callable[[], datetime], error: TableError) -> None:
        def give_up(session: OwnedSession, job: ImportJob) -> bool:
            session.max_bytes = None
            fail(job, error)
            bump_version(session, job)
            return True

        self._write(clock(), give_up)

    def _write(self, now: datetime, work: Callable[[OwnedSession, ImportJob], bool]) -> bool:
        """Do a piece of work in a transaction; return False if the import is no longer to be planned by this one."""
        with self._database.write(now) as session:
            session.owner, session.max_bytes = self._user_id, self._max_bytes
            lift_statement_timeout(session)
            judge.lock_user(session)
            job = session.get(ImportJob, (self._user_id, self._import_id))
            if job is None or job.state != "analysing" or self._seq not in (0, job.planned_seq):
                return False
            return work(session, job)
