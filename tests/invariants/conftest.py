"""The demo account beside a stranger's, and every operation of the published document."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.models.token import TokenCreate
from api.models.user import UserCreate
from api.openapi import document, operations
from api.services import accounts
from tests.capture import NOW, Node, demo_app, filled
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
    return schemas[ref.rsplit("/", 1)[1]]["examples"][0]


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
        body = UserCreate(email="other@example.com", password="x" * 12, full_name="O", time_zone="UTC")
        accounts.sign_up(session, body, None)
        _, secret = accounts.issue_token(session, TokenCreate.model_validate({"name": "other"}))
    stranger = TestClient(app, headers={"Authorization": f"Bearer {secret}"}, raise_server_exceptions=False)
    nobody = TestClient(app, raise_server_exceptions=False)
    yield Neighbours(demo, stranger, nobody)
    for client in (demo, stranger, nobody):
        client.close()
    app.state.database.dispose()
    store.drop(url)
