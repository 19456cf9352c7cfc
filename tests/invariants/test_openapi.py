"""The published document says what the application does, and every example in it runs as it stands."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from openapi_spec_validator import validate

from api.main import create_app
from api.openapi import document, operations
from api.settings import Settings
from tests.capture import TARGET, Node, capture
from tests.invariants.conftest import ABOUT_A_SESSION, Operation, prepared, signed_in
from tests.invariants.conftest import OPERATIONS as OPERATIONS_TO_TRY

ROOT = Path(__file__).parents[2]
MADE: Node = json.loads((ROOT / "openapi" / "openapi.json").read_text(encoding="utf-8"))
OPERATIONS = {operation["operationId"]: (path, method, operation) for path, method, operation in operations(MADE)}
SCHEMAS: Node = MADE["components"]["schemas"]


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


@pytest.mark.parametrize("operation", OPERATIONS_TO_TRY, ids=str)
def test_the_example_of_an_operation_runs_as_it_stands(operation: Operation, demo_client: TestClient) -> None:
    if operation.name in ABOUT_A_SESSION:
        signed_in(demo_client)
    answer = demo_client.request(
        operation.method, operation.href, json=operation.body, params=prepared(operation, demo_client)
    )
    assert str(answer.status_code) in operation.responses, answer.text
    assert answer.status_code < 300, answer.text


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
