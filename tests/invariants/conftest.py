"""The demo account beside a stranger's, and every operation of the published document."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api import examples
from api.main import create_app
from api.models.token import TokenCreate
from api.models.user import UserCreate
from api.openapi import document, operations
from api.services import access, accounts
from api.settings import Settings
from tests.capture import NOW, Node, ask_for_reset, demo_app, filled
from tests.stores import Store

DOCUMENT: Node = json.loads(
    (Path(__file__).parents[2] / "openapi" / "openapi.json").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Operation:
    """One operation with an address and a body that work for the demo account."""

    name: str
    method: str
    path: str
    href: str
    body: Any
    responses: Node
    is_open: bool

    def __str__(self) -> str:
        return self.name


def example_of(operation: Node, schemas: Node) -> Any:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    schema = content["schema"]
    ref = schema.get("$ref") or next(option["$ref"] for option in schema["anyOf"] if "$ref" in option)
    name = ref.rsplit("/", 1)[1]
    return {"until": "2026-03-14T17:00:00Z"} if name == "StepSnooze" else schemas[name]["examples"][0]


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


ABOUT_A_SESSION = ("end_current_session", "get_current_session")


def prepared(operation: Operation, client: TestClient) -> dict[str, str]:
    """Do what has to come before an example, and return the parameters that it needs."""
    if operation.name == "confirm_password_reset":
        app: Any = client.app
        with app.state.database.write(NOW) as session:
            ask_for_reset(session)
    if operation.name == "delete_me":
        return {"confirmation": client.delete("/v1/me").json()["confirmation"]}
    return {}


def signed_in(client: TestClient) -> None:
    """Let a session ask."""
    answer = client.post("/v1/sessions", json=examples.BODIES["SessionCreate"])
    client.headers["Authorization"] = f"Bearer {answer.json()['token']}"


@dataclass(frozen=True)
class Neighbours:
    """Two users of one application: the demo account, and one who has nothing."""

    demo: TestClient
    stranger: TestClient
    nobody: TestClient


@pytest.fixture(scope="module")
def neighbours(store: Store) -> Iterator[Neighbours]:
    url = store.empty()
    app, demo = demo_app(url)
    assert document(app)["paths"].keys() == DOCUMENT["paths"].keys(), "run `make openapi`"
    with app.state.database.write(NOW) as session:
        body = UserCreate(email="other@example.com", password="tall grey horse", full_name="O", time_zone="UTC")
        accounts.sign_up(session, body, None)
        _, secret = access.issue_token(session, TokenCreate.model_validate({"name": "other"}))
    stranger = TestClient(app, headers={"Authorization": f"Bearer {secret}"}, raise_server_exceptions=False)
    nobody = TestClient(app, raise_server_exceptions=False)
    yield Neighbours(demo, stranger, nobody)
    for client in (demo, stranger, nobody):
        client.close()
    app.state.database.dispose()
    store.drop(url)


@pytest.fixture(scope="module")
def demo_database(store: Store) -> Iterator[tuple[str, str]]:
    """The demo account's database, to be copied, and its token."""
    url = store.empty()
    app, client = demo_app(url)
    client.close()
    app.state.database.dispose()
    yield url, client.headers["Authorization"]
    store.drop(url)


@pytest.fixture
def demo_client(demo_database: tuple[str, str], store: Store) -> Iterator[TestClient]:
    """A client of a fresh copy of the demo account."""
    url = store.copy(demo_database[0])
    app = create_app(Settings(database_url=url), clock=lambda: NOW)
    client = TestClient(app, headers={"Authorization": demo_database[1]}, raise_server_exceptions=False)
    yield client
    client.close()
    app.state.database.dispose()
    store.drop(url)
