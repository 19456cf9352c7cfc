"""Records that are entered over HTTP once; each test case gets a copy of the database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi.testclient import TestClient

from api.main import create_app
from api.settings import Settings
from tests.conftest import Clock, World
from tests.services.full_record import Entry
from tests.stores import Store


@dataclass(frozen=True)
class Record:
    """A recorded user: the database to copy, the ids by name, the user's id and `Authorization`."""

    store: Store
    url: str
    ids: dict[str, str]
    user: str
    authorization: str

    @contextmanager
    def copied(self) -> Iterator[tuple[World, TestClient]]:
        """Open a copy; yields its world and a client of its user."""
        url = self.store.copy(self.url)
        try:
            with world_on(url) as world:
                client = world.anonymous()
                client.headers["Authorization"] = self.authorization
                yield world, client
        finally:
            self.store.drop(url)


@contextmanager
def recorded_once(store: Store, enter: Callable[[Entry], None]) -> Iterator[Record]:
    """Enter a record into a new database and close all connections to it."""
    url = store.copy()
    with world_on(url) as world:
        client = world.sign_up()
        entry = Entry(client, world.clock.now)
        enter(entry)
        user = str(client.get("/v1/me").json()["id"])
    yield Record(store, url, entry.ids, user, client.headers["Authorization"])
    store.drop(url)


@contextmanager
def world_on(url: str) -> Iterator[World]:
    """Open a world on a database at head; all connections are closed at the end."""
    clock = Clock()
    world = World(create_app(Settings(database_url=url), clock=clock), clock)
    world.database.open_inline_connection()  # as the running server does
    try:
        yield world
    finally:
        for client in world.clients:
            client.close()
        world.database.dispose()
