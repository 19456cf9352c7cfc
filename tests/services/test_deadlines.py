"""The deadline of a request: statements are interrupted, waits are cut, the transaction rolls back."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Timer

import pytest
from sqlalchemy import text

from api.errors import UnavailableError
from api.settings import Settings
from api.storage.database import Database
from api.storage.deadline import DEADLINE, Deadline
from api.storage.raw_sql import CompiledStatement, RawConnection
from api.storage.session import ANY_OWNER

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LIMIT = 0.15
ONE = CompiledStatement(text("SELECT 1"), owned=False)
ENDLESS = {
    "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n",
    "postgresql": "SELECT pg_sleep(20)",
}


@pytest.fixture
def database(empty_url: str) -> Iterator[Database]:
    database = Database(Settings(database_url=empty_url, pool_size=3))
    with database.engine.execution_options(write=True).begin() as connection:
        connection.execute(text("CREATE TABLE fact (x INTEGER)"))
    yield database
    database.dispose()


@contextmanager
def deadline(seconds: float = LIMIT) -> Iterator[Deadline]:
    """Set the deadline as a request does, and expire it as the admission does."""
    mine = Deadline(time.monotonic() + seconds)
    token, timer = DEADLINE.set(mine), Timer(seconds, mine.expire)
    timer.start()
    try:
        yield mine
    finally:  # a test that fails must not leave its deadline to the next one
        timer.cancel()
        DEADLINE.reset(token)


def facts(database: Database) -> int:
    with database.read(NOW) as session:
        return int(session.execute(text("SELECT count(*) FROM fact"), execution_options=ANY_OWNER).scalar_one())


def read(database: Database, endless: str) -> None:
    with database.read(NOW) as session:
        session.execute(text(endless), execution_options=ANY_OWNER)


def write(database: Database, endless: str) -> None:
    with database.write(NOW) as session:
        session.execute(text("INSERT INTO fact VALUES (1)"), execution_options=ANY_OWNER)
        session.execute(text(endless), execution_options=ANY_OWNER)


def use_the_driver(database: Database, endless: str) -> None:
    with database.driver_connection() as driver:
        driver.execute(endless).fetchone()


def wait_for_another_process(database: Database, endless: str) -> None:
    other = Database(Settings(database_url=database.engine.url.render_as_string(hide_password=False)))
    try:
        with other.engine.execution_options(write=True).begin() as connection:
            connection.execute(text("DROP TABLE fact"))
            try:
                write(database, endless)
            finally:
                connection.rollback()
    finally:
        other.dispose()


@pytest.mark.parametrize("work", [read, write, use_the_driver, wait_for_another_process])
def test_a_running_statement_is_interrupted_at_the_deadline(
    work: Callable[[Database, str], None], database: Database
) -> None:
    began = time.monotonic()
    with deadline(), pytest.raises(UnavailableError):
        work(database, ENDLESS[database.engine.dialect.name])
    assert LIMIT <= time.monotonic() - began < LIMIT + 2
    assert facts(database) == 0
    with database.write(NOW) as session:  # the connection and the write lock are free
        session.execute(text("INSERT INTO fact VALUES (1)"), execution_options=ANY_OWNER)
    assert facts(database) == 1


@pytest.mark.sqlite
def test_a_writer_waits_for_the_lock_until_its_deadline(database: Database) -> None:
    with database.write(NOW):
        began = time.monotonic()
        with deadline(), pytest.raises(UnavailableError), database.write(NOW):
            pass
        assert time.monotonic() - began < LIMIT + 1


def test_after_the_deadline_no_statement_begins(database: Database) -> None:
    with deadline() as mine, database.read(NOW) as session, database.driver_connection() as driver:
        mine.at = 0.0
        with pytest.raises(UnavailableError):
            session.execute(text("SELECT 1"), execution_options=ANY_OWNER)
        with pytest.raises(UnavailableError):
            RawConnection(driver, database.engine.dialect, NOW).first(ONE)
    with deadline() as mine:
        mine.at = 0.0
        with pytest.raises(UnavailableError), database.read(NOW):
            pass
        mine.lift()  # the response has begun
        assert facts(database) == 0


@pytest.mark.postgresql
def test_a_cancellation_does_not_reach_the_next_user_of_the_connection(database: Database) -> None:
    for _ in range(20):
        with deadline() as mine, database.driver_connection():
            mine.expire()
        with database.driver_connection() as driver:
            driver.execute("SELECT pg_sleep(0.02)")


def test_a_write_whose_deadline_passes_before_the_commit_changes_nothing(database: Database) -> None:
    def write_late() -> None:
        with database.write(NOW) as session:
            session.execute(text("INSERT INTO fact VALUES (1)"), execution_options=ANY_OWNER)
            time.sleep(LIMIT + 0.1)

    with deadline(), pytest.raises(UnavailableError):
        write_late()
    assert facts(database) == 0
