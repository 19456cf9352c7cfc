"""Fixtures for all tests: a migrated database, a clock that the test sets, and clients of two users."""

import gc

gc.disable()  # until all tests are collected: imports create no garbage, and looking for it takes longer than they do

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.http.problems import MEDIA_TYPE
from api.main import create_app
from api.models.token import TokenCreate
from api.models.user import UserCreate
from api.protocol.field_codes import FIELD_CODES
from api.services.accounts import tokens, users
from api.settings import Settings
from api.storage.database import Database
from tests import profile_variables as variables
from tests.documented import assert_documented
from tests.one_call import OneCall
from tests.shared_statements import shared_statements
from tests.stores import Store, opened, postgresql_for_all

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LONGEST = "tests/contract/*.py"
# Folders whose tests use no database, or know it only through the API: they run on SQLite.
ON_SQLITE = ("browser", "clients", "docs", "outbound", "rules", "words")
MEMORY, ROOM_BYTES = Path("/dev/shm"), 4_000_000_000


class DocumentedClient(TestClient):
    """A client that fails the test when a status, or the code of an error, is not in the published document."""

    def request(self, method: str, url: Any, **options: Any) -> Any:
        answer = super().request(method, url, **options)
        assert_documented(method, answer.request.url.path, answer.status_code)
        if answer.headers.get("content-type") == MEDIA_TYPE and answer.content:
            assert {error["code"] for error in answer.json()["errors"]} <= set(FIELD_CODES)
        return answer


@dataclass
class Clock:
    """A clock that stands until the test moves it."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class World:
    """One application under test: its clock, its database and its users."""

    app: FastAPI
    clock: Clock
    counter: int = 0
    clients: list[TestClient] = field(default_factory=list)

    @property
    def database(self) -> Database:
        database: Database = self.app.state.database
        return database

    def execute(self, *statements: str, **values: Any) -> None:
        """Run statements in one transaction behind the service, which records nothing of them."""
        with self.database.engine.execution_options(write=True).begin() as connection:
            for statement in statements:
                connection.execute(text(statement), values)

    def anonymous(self) -> TestClient:
        return self._opened(DocumentedClient(self.app))

    def app_client(self) -> TestClient:
        """Return a client whose requests need not be in the document."""
        return self._opened(TestClient(self.app))

    def _opened(self, client: TestClient) -> TestClient:
        client._transport = OneCall(client)  # it takes no other transport
        self.clients.append(client)
        return client

    def sign_up(self, zone: str = "America/New_York", scopes: list[str] | None = None) -> TestClient:
        """Open an account without the cost of hashing a password; return its client."""
        self.counter += 1
        body = UserCreate(
            email=f"user{self.counter}@example.com", password="tall grey horse", full_name="Alex Doe", time_zone=zone
        )
        with self.database.write(self.clock.now) as session:
            users.sign_up(session, body, None)
            wanted = TokenCreate.model_validate({"name": "tests", "scopes": scopes or ["all"]})
            _, secret = tokens.issue_token(session, wanted)
        client = self.anonymous()
        client.headers["Authorization"] = f"Bearer {secret}"
        return client


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options `--database`, `--profile` and `--seed`."""
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite", help="the database to test on")
    parser.addoption("--profile", choices=("quick", "long"), default="quick", help="how many cases are drawn")
    parser.addoption("--seed", type=int, help="seed of the drawn cases (default: 1 for quick, random for long)")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose the seed and start PostgreSQL if it is wanted, once, before the workers start; they inherit both.

    Temporary folders are in memory where there is room, because a commit waits for the disk, for 5 ms on some.
    """
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    if config.option.seed is None:
        config.option.seed = 1 if config.option.profile == "quick" else Random().randrange(2**32)
    os.environ[variables.PROFILE], os.environ[variables.SEED_OF_RUN] = config.option.profile, str(config.option.seed)
    os.environ[variables.DATABASE] = config.option.database
    assert "tests.profiles" not in sys.modules, "it would draw the cases of another profile: import it later"
    if config.option.database == "postgresql" and not hasattr(config, "workerinput"):
        stack = ExitStack()
        stack.enter_context(postgresql_for_all())
        config.add_cleanup(stack.close)


def pytest_report_header(config: pytest.Config) -> str:
    """Show the options that draw the same cases again."""
    return f"drawn cases: --profile {config.option.profile} --seed {config.option.seed}"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out folders that the other database covers before they are imported."""
    on_sqlite = collection_path.parent == Path(__file__).parent and collection_path.name in ON_SQLITE
    return True if on_sqlite and config.option.database == "postgresql" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests that the other database covers, and run the slowest files first."""
    wanted = [item for item in items if runs_on(config.option.database, config.option.profile, item)]
    kept = set(wanted)
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = sorted(wanted, key=lambda item: not item.path.match(LONGEST))


def pytest_collection_finish() -> None:
    """Collect garbage from now on, but none of what was imported, and not after every 700 objects."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


def runs_on(database: str, profile: str, item: pytest.Item) -> bool:
    """Tell whether a test runs on a database: without a mark on both, but without a database on SQLite only.

    `sqlite(profile="quick")` is a mark for one profile. It marks tests that send PostgreSQL no statement that others do
    not send too; in a file with this mark, the others are marked `own_statements`.
    """
    other = item.get_closest_marker("sqlite" if database == "postgresql" else "postgresql")
    is_covered = other is not None and other.kwargs.get("profile", profile) == profile
    if is_covered and item.get_closest_marker("own_statements") is None:
        return False
    return database == "sqlite" or "store" in getattr(item, "fixturenames", ())


@pytest.fixture(scope="session", autouse=True)
def event_loop() -> Iterator[None]:
    """Run the requests of all clients in one event loop; otherwise every request starts a thread and a loop."""
    with start_blocking_portal() as portal:
        TestClient.portal = portal
        yield
        TestClient.portal = None


@pytest.fixture(scope="session")
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The store of databases of this run."""
    kind = request.config.getoption("--database")
    with shared_statements(), opened(kind, tmp_path_factory.mktemp("store")) as store:
        yield store


@pytest.fixture
def empty_url(store: Store) -> Iterator[str]:
    """The URL of a database without tables."""
    url = store.empty()
    yield url
    store.drop(url)


def _settings(database_url: str, **settings: Any) -> Settings:
    """Return settings. Those that differ in the database alone are read once, because that takes a millisecond."""
    read: Settings = _read_settings(tuple(_environment()), tuple(sorted(settings.items())))
    return read.model_copy(update={"database_url": database_url})


def _environment() -> Iterator[tuple[str, str]]:
    return ((name, value) for name, value in os.environ.items() if name.startswith("AFTERWORD"))


@cache
def _read_settings(_: tuple[tuple[str, str], ...], settings: tuple[tuple[str, Any], ...]) -> Settings:
    return Settings(**dict(settings))


@pytest.fixture
def make_world(store: Store) -> Iterator[Callable[..., World]]:
    """Return a function that makes a world with the given settings."""
    made: list[World] = []

    def make(**settings: Any) -> World:
        clock = Clock()
        database_url = settings.pop("database_url", None) or store.copy()
        app = create_app(_settings(database_url, **settings), clock=clock)
        made.append(World(app, clock))
        made[-1].database.open_inline_connection()  # as the running server does
        return made[-1]

    yield make
    for world in made:
        for client in world.clients:
            client.close()
        store.retire(world.database, world.app.state.settings.database_url)


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()


@pytest.fixture
def client(world: World) -> TestClient:
    """The client of a user in New York."""
    return world.sign_up()


@pytest.fixture
def stranger(world: World) -> TestClient:
    """The client of another user."""
    return world.sign_up()
