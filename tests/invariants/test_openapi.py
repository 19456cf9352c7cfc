"""The published document says what the application does, and every example in it runs as it stands."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from openapi_spec_validator import validate

from api import examples
from api.main import create_app
from api.openapi import document, operations
from api.settings import Settings
from tests.capture import NOW, TARGET, Node, capture, demo_app, filled
from tests.stores import Store

ROOT = Path(__file__).parents[2]
MADE: Node = json.loads((ROOT / "openapi" / "openapi.json").read_text(encoding="utf-8"))
OPERATIONS = {operation["operationId"]: (path, method, operation) for path, method, operation in operations(MADE)}
SCHEMAS: Node = MADE["components"]["schemas"]


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


def test_the_committed_document_is_the_applications_own(tmp_path: Path) -> None:
    app = create_app(Settings(database_url=f"sqlite:///{tmp_path / 'none.db'}"))
    made = document(app)
    app.state.database.dispose()
    assert made == MADE, "run `make openapi`"


def test_a_validator_finds_no_error() -> None:
    validate(MADE)


def test_the_answers_shown_are_those_of_the_demo_account() -> None:
    assert capture() == json.loads(TARGET.read_text(encoding="utf-8")), "run `make openapi`"


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_speaks_to_its_caller(name: str) -> None:
    _, _, operation = OPERATIONS[name]
    assert re.fullmatch(r"[a-z]+(_[a-z]+)+", name)
    assert 7 <= len(operation["summary"]) <= 60
    assert not operation["summary"].endswith(".")
    assert operation["description"].endswith((".", "`"))
    assert operation["tags"]
    for parameter in operation.get("parameters", ()):
        assert parameter["description"], parameter["name"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_example_of_an_operation_runs_as_it_stands(name: str, demo_client: TestClient) -> None:
    path, method, operation = OPERATIONS[name]
    if name == "end_current_session":
        signed_in = demo_client.post("/v1/sessions", json=examples.BODIES["SessionCreate"])
        if signed_in.status_code == 201:
            demo_client.headers["Authorization"] = f"Bearer {signed_in.json()['token']}"
    body = example_body(operation)
    answer = demo_client.request(method, filled(path, operation), json=body)
    assert str(answer.status_code) in operation["responses"], answer.text
    assert answer.status_code < 300, answer.text


def example_body(operation: Node) -> Any:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    name = next(ref for ref in re.findall(r"schemas/(\w+)", json.dumps(content["schema"])))
    example = SCHEMAS[name]["examples"][0]
    return {"until": "2026-03-14T17:00:00Z"} if name == "StepSnooze" else example


@pytest.mark.parametrize("name", [name for name, schema in SCHEMAS.items() if "enum" not in schema])
def test_a_schema_has_a_realistic_example(name: str) -> None:
    assert SCHEMAS[name]["examples"]


def referenced(schema: Any) -> set[str]:
    """The schemas that are named, also by way of a shared answer."""
    text = json.dumps(schema)
    shared = re.findall(r"#/components/responses/(\w+)", text)
    text += json.dumps([MADE["components"]["responses"][name] for name in shared])
    return set(re.findall(r"#/components/schemas/(\w+)", text))


def closure(names: set[str]) -> set[str]:
    found: set[str] = set()
    while names - found:
        name = (names - found).pop()
        found.add(name)
        names |= referenced(SCHEMAS[name])
    return found


def output_schemas() -> set[str]:
    return closure({ref for _, _, operation in OPERATIONS.values() for ref in referenced(operation["responses"])})


@pytest.mark.parametrize("name", sorted(output_schemas()))
def test_an_answer_shows_every_key_always(name: str) -> None:
    schema = SCHEMAS[name]
    assert not re.search(r'"default":', json.dumps(schema))
    assert set(schema.get("properties", {})) == set(schema.get("required", [])) or name == "ProblemDocument"


def test_every_schema_is_used() -> None:
    used = output_schemas() | closure(
        {ref for _, _, operation in OPERATIONS.values() for ref in referenced(operation.get("requestBody", {}))}
    )
    assert set(SCHEMAS) - used == {"ProblemField"} & set(SCHEMAS) - used
