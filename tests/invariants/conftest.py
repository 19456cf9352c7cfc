"""Fixtures with the demo account and a stranger, and all operations of the published document."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlmodel import select

from api import demo, security
from api.capture import NOW, Node, filled
from api.http import examples
from api.http.openapi.document import operations
from api.main import create_app
from api.models import ImportJob, User
from api.services.imports import jobs
from api.services.steps import judge
from api.settings import Settings
from api.storage.session import ANY_OWNER
from api.workers.imports import import_pass
from tests.conftest import Clock, World
from tests.demo import ask_for_reset, show_calendar
from tests.documented import published
from tests.mails import SMTP
from tests.served import http_client, served
from tests.stores import Store

CHEAP = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
DOCUMENT: Node = published()


@dataclass(frozen=True)
class Operation:
    """An operation with an address and a body that are valid for the demo account."""

    name: str
    method: str
    path: str
    href: str
    body: Any
    responses: Node
    is_open: bool

    def __str__(self) -> str:
        return self.name

    @property
    def sent(self) -> dict[str, Any]:
        """The body of the example as options of a client: JSON, or the file of the one operation that takes one."""
        if self.name == "create_import":
            return {"content": examples.TABLE, "headers": {"Content-Type": "text/csv"}}
        return {"json": self.body}

    def options(self, **given: Any) -> dict[str, Any]:
        """Return the options of a client for the example, with others that are added or replaced."""
        body = {name: value for name, value in self.sent.items() if not {"json", "content"} & given.keys()}
        headers = {**body.get("headers", {}), **given.get("headers", {})}
        return {**body, **given, **({"headers": headers} if headers else {})}


def example_of(operation: Node, schemas: Node) -> Any:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    schema = content["schema"]
    ref = schema.get("$ref") or next(option["$ref"] for option in schema["anyOf"] if "$ref" in option)
    name = ref.rsplit("/", 1)[1]
    example = schemas[name]["examples"][0]
    return {**example, "until": "2026-03-14T17:00:00Z"} if name in ("StepSnooze", "StepsSnooze") else example


OPERATIONS = [
    Operation(
        name=operation["operationId"],
        method=method.upper(),
        path=path,
        href=filled(path, operation),
        body=example_of(operation, DOCUMENT["components"]["schemas"]),
        responses=operation["responses"],
        is_open=operation["security"] == [],
    )
    for path, method, operation in operations(DOCUMENT)
]


CLOSED = [operation for operation in OPERATIONS if not operation.is_open]
WITH_A_BODY = [operation for operation in OPERATIONS if operation.body is not None]
ABOUT_A_SESSION = ("end_current_session", "get_current_session")


def prepared(operation: Operation, client: TestClient) -> dict[str, str]:
    """Prepare the database for the example of an operation; return the query parameters that it needs."""
    app: Any = client.app
    if operation.name == "create_session":
        client.post("/v1/users", json=examples.BODIES["UserCreate"])
    if operation.name == "confirm_password_reset":
        with app.state.database.write(NOW) as session:
            ask_for_reset(session)
    if operation.name == "read_calendar":
        with app.state.database.write(NOW) as session:
            show_calendar(session)
    if operation.name == "undo_import":
        run_demo_import(app)
    if operation.name == "delete_me":
        return {"confirmation": client.delete("/v1/me").json()["confirmation"]}
    return {}


def run_demo_import(app: Any) -> None:
    """Run the import of the demo account, so that it can be undone."""
    with app.state.database.write(NOW) as session:
        session.owner = session.exec(select(User.id), execution_options=ANY_OWNER).first()
        judge.lock_user(session)
        jobs.start(session, session.get_one(ImportJob, (session.user_id, examples.IMPORT)), allow_errors=True)
    import_pass(app.state.database, lambda: NOW, 200_000_000)


def signed_in(client: TestClient) -> None:
    """Sign in as the demo account and use the session's token in the client."""
    answer = client.post("/v1/sessions", json={"email": examples.EMAIL, "password": examples.PASSWORD})
    client.headers["Authorization"] = f"Bearer {answer.json()['token']}"


@pytest.fixture(scope="module", autouse=True)
def cheap_hashing() -> Iterator[None]:
    """Hash passwords with the cheapest parameters, because no test here is about hashing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(security, "_hasher", lambda: CHEAP)
        patch.setattr(security, "_decoy", lambda: CHEAP.hash("of nobody"))
        yield


def world_on(url: str) -> World:
    """Return an application on a database, without a rate limit that these tests would reach."""
    clock = Clock(NOW)
    app = create_app(Settings(database_url=url, requests_per_minute=1_000_000, **SMTP), clock=clock)
    app.state.webhook_tests = None
    return World(app, clock)


@contextmanager
def opened_world(store: Store, template: str) -> Iterator[World]:
    """Open an application on a copy of a database."""
    url = store.copy(template)
    world = world_on(url)
    try:
        yield world
    finally:
        for client in world.clients:
            client.close()
        store.retire(world.database, url)


@pytest.fixture(scope="session")
def demo_database(store: Store) -> Iterator[tuple[str, str]]:
    """The URL of a database with the demo account, to be copied, and its `Authorization` header."""
    with opened_world(store, store.head) as world:
        secret = demo.build(world.database, NOW, hasher=CHEAP.hash)
        world.database.dispose()
        yield world.app.state.settings.database_url, f"Bearer {secret}"


@dataclass(frozen=True)
class Neighbours:
    """Clients of the demo account, of a user without any facts, and of nobody."""

    world: World
    demo: TestClient
    stranger: TestClient
    nobody: TestClient
    is_on_a_socket: bool = False


@contextmanager
def neighbours_on(demo_database: tuple[str, str], store: Store, *, on_a_socket: bool = False) -> Iterator[Neighbours]:
    """Open an application with the demo account and clients of it."""
    url, token = demo_database
    with opened_world(store, url) as world, ExitStack() as stack:
        if on_a_socket:
            address = stack.enter_context(served(world))
            clients: Any = [stack.enter_context(http_client(address)) for _ in range(3)]
        else:
            clients = [world.app_client() for _ in range(3)]
        demo, stranger, nobody = clients
        found = Neighbours(world, demo, stranger, nobody, is_on_a_socket=on_a_socket)
        found.demo.headers["Authorization"] = token
        found.stranger.headers["Authorization"] = world.sign_up().headers["Authorization"]
        yield found


@pytest.fixture(scope="module")
def neighbours(demo_database: tuple[str, str], store: Store) -> Iterator[Neighbours]:
    with neighbours_on(demo_database, store) as found:
        yield found


class Renewed:
    """An application whose database can be replaced by a fresh copy, at the same address."""

    def __init__(self, store: Store, template: str) -> None:
        self.store, self.template = store, template
        self.url = store.copy(template)
        self.world = world_on(self.url)

    def renew(self) -> None:
        """Replace the database by a fresh copy."""
        self.world.database.dispose()
        self.store.renew(self.url, self.template)

    def close(self) -> None:
        self.store.retire(self.world.database, self.url)


@pytest.fixture
def renewed(demo_database: tuple[str, str], store: Store) -> Iterator[Renewed]:
    """An application with the demo account; tests renew its database after each operation that writes."""
    found = Renewed(store, demo_database[0])
    yield found
    for client in found.world.clients:
        client.close()
    found.close()
