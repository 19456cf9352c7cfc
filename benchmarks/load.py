"""Data sets of many applications, loaded in bulk and evaluated by the rules: `python -m benchmarks.load --help`.

Each account is one transaction: its facts are inserted, then the service evaluates them and writes the step rows. A
data set stores its size, the time of loading, and the tokens of the accounts that are measured.
"""

import json
import resource
import shutil
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import text
from sqlmodel import col, delete, select

from api.models import Activity, Application, Interview, Note, SearchActivity
from api.models.token import TokenCreate
from api.models.user import UserCreate
from api.protocol.scopes import Access
from api.services.accounts import tokens, users
from api.services.accounts.authentication import authenticate
from api.services.steps import judge
from api.settings import Settings
from api.storage.database import Database
from api.storage.session import UNSYNCED, OwnedSession
from api.workers.rejudge import tune_gc
from benchmarks import bulk
from benchmarks.facts import EACH, TABLES, USER_ZONE, account
from tests.trials.server_process import Postgres

SIZES = (1_000, 100_000, 1_000_000)
KINDS = ("sqlite", "postgresql")
MEASURED = 10
MEBIBYTE = 1 << 20
NOTICE = Console(stderr=True, highlight=False)


@dataclass(frozen=True)
class Person:
    """A measured account: its token, and an interview id by application id; its facts are the same at every size."""

    number: int
    token: str
    interviews: dict[str, str]


@dataclass
class Loaded:
    """The contents of a data set and the cost of loading it: seconds, processor seconds, mebibytes of memory."""

    kind: str
    size: int
    at: str
    seconds: float = 0
    processor: float = 0
    memory_before: float = 0
    memory_after: float = 0
    people: list[Person] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Applications for each processor second of this process."""
        return self.size / self.processor if self.processor else float("nan")


@dataclass(frozen=True)
class DataSet:
    """A loaded database that can be reached, and its description."""

    url: str
    loaded: Loaded


def memory() -> float:
    """Return the peak memory of this process in mebibytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def database(url: str) -> Iterator[Database]:
    opened = Database(Settings(database_url=url, statement_timeout_seconds=600))
    try:
        yield opened
    finally:
        opened.dispose()


@contextmanager
def data_set(kind: str, size: int, folder: Path | None) -> Iterator[DataSet]:
    """Yield a data set: from the folder, or loaded now. Without a folder it is removed afterwards.

    A data set whose loading was interrupted is loaded again.
    """
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="afterword-bench-") as temporary:
            with data_set(kind, size, Path(temporary)) as made:
                yield made
            return
    place = folder / f"{kind}-{size}"
    known = place / "loaded.json"
    if not known.exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
    postgres = Postgres(place / "cluster") if kind == "postgresql" else None
    url = postgres.url if postgres else f"sqlite:///{place / 'data.db'}"
    try:
        if not known.exists():
            known.write_text(json.dumps(asdict(load(url, kind, size)), indent=1), encoding="utf-8")
        with database(url) as target:
            target.migrate()  # a data set of an older version
        words = json.loads(known.read_text(encoding="utf-8"))
        yield DataSet(url, Loaded(**{**words, "people": [Person(**person) for person in words["people"]]}))
    finally:
        if postgres is not None:
            postgres.close()


def load(url: str, kind: str, size: int) -> Loaded:
    """Fill an empty database with facts as of the start of loading."""
    now = datetime.now(UTC).replace(microsecond=0)
    users = max(size // EACH, 1)
    chosen = range(0, users, max(users // MEASURED, 1))[:MEASURED]
    found = Loaded(kind, size, now.isoformat(), memory_before=memory())
    tune_gc()
    with database(url) as target, _progress() as progress:
        target.migrate()
        bar = progress.add_task(f"{size:,} applications, {kind}", total=size)
        began, processor = time.perf_counter(), time.process_time()
        for number in range(users):
            with target.write(now) as session:
                measured = number in chosen
                person = load_account(session, chosen.index(number) if measured else users + number, measured=measured)
            if person is not None:
                found.people.append(person)
            progress.advance(bar, EACH)
        found.seconds, found.processor = time.perf_counter() - began, time.process_time() - processor
        analyze(target)
    found.memory_after = memory()
    return found


def load_account(session: OwnedSession, number: int, *, measured: bool, applications: int = EACH) -> Person | None:
    """Open an account, insert its facts and evaluate them; return the account if it is measured."""
    address = f"person{number}@example.com"
    body = UserCreate.model_construct(
        email=address, password="", full_name=f"Person {number}", time_zone=USER_ZONE, locale="en"
    )
    user = users.sign_up(session, body, None)
    rows = account(user.id, number, session.now, applications)
    connection = session.connection()
    for table in TABLES:
        bulk.insert(connection, table, rows[table])
    _judge(session, [row["id"] for row in rows[Application]])
    if not measured:
        return None
    _, secret = tokens.issue_token(session, TokenCreate.model_validate({"name": "benchmark"}))
    interviews = {row["application_id"]: row["id"] for row in rows[Interview]}
    return Person(number, secret, interviews)


def _judge(session: OwnedSession, ids: Sequence[str]) -> None:
    """Judge the applications of one account, as many at a time as one write may."""
    for start in range(0, len(ids), judge.MAX_JUDGED):
        judge.judge_applications(session, ids[start : start + judge.MAX_JUDGED])
    judge.judge_elsewhere(session)


def restore(data: DataSet, text: str) -> None:
    """Delete the rows that a benchmark recorded: notes and search activities with this text, and the activity log."""
    with database(data.url) as target:
        for person in data.loaded.people:
            with target.write(datetime.now(UTC).replace(microsecond=0)) as session:
                authenticate(session, person.token, Access())
                judge.lock_user(session)
                session.execute(delete(Note).where(col(Note.text) == text), execution_options=UNSYNCED)
                session.execute(
                    delete(SearchActivity).where(col(SearchActivity.note) == text), execution_options=UNSYNCED
                )
                session.execute(delete(Activity), execution_options=UNSYNCED)
                _judge(session, session.exec(select(Application.id)).all())


def analyze(target: Database) -> None:
    """Run VACUUM ANALYZE on PostgreSQL, which autovacuum would do later; truncate the WAL of SQLite."""
    if not target.is_sqlite:
        with target.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    target.truncate_wal()


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=NOTICE, disable=not NOTICE.is_terminal)


def main() -> None:
    """Load one data set and print how long it took."""
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    parser.add_argument("--size", type=int, default=SIZES[0])
    parser.add_argument("--data", type=Path, help="keep the data set in this folder")
    words = parser.parse_args()
    with data_set(words.database, words.size, words.data) as made:
        told = made.loaded
        NOTICE.print(
            f"{told.size:,} applications in {told.seconds:,.1f} s, {told.rate:,.0f} a second of one core; memory "
            f"{told.memory_before:,.0f} MiB before, {told.memory_after:,.0f} MiB after."
        )
    sys.exit(0)


if __name__ == "__main__":
    main()
