"""The published document matches the application; test_rights sends its examples."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openapi_spec_validator import validate

from api.capture import TARGET, Node, capture
from api.http.openapi.document import build_complete, build_openapi, operations
from api.http.openapi.lean import has_parts_only
from api.main import create_app
from api.models.event import EventType
from api.models.event_data import DATA, EXAMPLES, MEANINGS
from api.protocol.problem_types import PROBLEM_TYPES
from api.settings import Settings
from tests.documented import published
from tests.invariants.failures import Failures

ROOT = Path(__file__).parents[2]
COMMITTED: Node = json.loads((ROOT / "openapi" / "openapi.json").read_text(encoding="utf-8"))
MADE: Node = published()
MOST_BYTES = 2_700  # of the compact document, for each operation
RECEIVED = [item["post"] for item in MADE["webhooks"].values()]
OPERATIONS = {operation["operationId"]: operation for _, _, operation in operations(MADE)}
SCHEMAS: Node = MADE["components"]["schemas"]


def test_the_committed_document_is_up_to_date(tmp_path: Path) -> None:
    app = create_app(Settings(database_url=f"sqlite:///{tmp_path / 'none.db'}"))
    made = build_openapi(app)
    app.state.database.dispose()
    assert made == COMMITTED, "run `make openapi`"


def test_a_validator_finds_no_error() -> None:
    validate(COMMITTED)


def test_the_example_answers_are_those_of_the_demo_account() -> None:
    assert capture() == json.loads(TARGET.read_text(encoding="utf-8")), "run `make openapi`"


def test_every_operation_has_a_summary_a_description_and_described_parameters() -> None:
    with Failures() as failures:
        for name, operation in OPERATIONS.items():
            with failures.of(name):
                assert re.fullmatch(r"[a-z]+(_[a-z]+)+", name)
                assert 7 <= len(operation["summary"]) <= 60
                assert not operation["summary"].endswith(".")
                assert operation["description"].endswith((".", "`"))
                assert set(operation["tags"]) <= {tag["name"] for tag in MADE["tags"]}
                assert operation["tags"]
                for parameter in operation.get("parameters", ()):
                    assert parameter["description"], parameter["name"]


def test_every_status_of_a_problem_is_named_but_for_those_that_belong_to_no_operation() -> None:
    named = {int(status) for operation in OPERATIONS.values() for status in operation["responses"]}
    # Another method, a body or headers that did not arrive in time, and an error of the service itself.
    assert {problem.status for problem in PROBLEM_TYPES.values()} - named == {405, 408, 431, 500}


def test_every_schema_has_an_example() -> None:
    with Failures() as failures:
        schemas = COMMITTED["components"]["schemas"]
        for name, schema in schemas.items():
            with failures.of(name):
                assert "enum" in schema or has_parts_only(schema, schemas) or SCHEMAS[name]["examples"]


def referenced(schema: Any) -> set[str]:
    """Return the names of the schemas that a schema refers to, directly or by a shared response."""
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
    return closure({ref for operation in OPERATIONS.values() for ref in referenced(operation["responses"])})


def test_all_fields_of_answers_are_required() -> None:
    with Failures() as failures:
        for name in sorted(output_schemas()):
            with failures.of(name):
                schema = SCHEMAS[name]
                assert not re.search(r'"default":', json.dumps(schema))
                assert set(schema.get("properties", {})) == set(schema.get("required", [])) or name.startswith(
                    "Problem"
                )


def test_every_schema_is_used() -> None:
    used = output_schemas() | closure(
        {ref for operation in (*OPERATIONS.values(), *RECEIVED) for ref in referenced(operation.get("requestBody", {}))}
    )
    assert set(SCHEMAS) - used == {"ProblemField"} & set(SCHEMAS) - used


def test_the_document_is_small() -> None:
    compact = json.dumps(COMMITTED, separators=(",", ":"), ensure_ascii=False).encode()
    assert len(compact) / len([*OPERATIONS, *RECEIVED]) <= MOST_BYTES


def test_the_small_document_says_the_same(tmp_path: Path) -> None:
    app = create_app(Settings(database_url=f"sqlite:///{tmp_path / 'none.db'}"))
    complete = build_complete(app)
    app.state.database.dispose()
    for _, _, one in operations(complete):
        with_it = OPERATIONS[one["operationId"]]
        assert list(map(place, with_it.get("parameters", ()))) == list(map(place, one.get("parameters", ())))
        assert with_it["responses"].keys() == one["responses"].keys()
        for status, answer in one["responses"].items():
            assert with_it["responses"][status].get("headers") == answer.get("headers")
    for name, schema in complete["components"]["schemas"].items():
        for key in ("properties", "required"):
            assert set(SCHEMAS[name].get(key, ())) == set(schema.get(key, ())), name


def place(parameter: Node) -> tuple[str, str, bool]:
    return parameter["name"], parameter["in"], parameter.get("required", False)


# Texts with the name of a code that are none, and where else the code is.
NOT_A_CODE = {
    "HintPublic.code": "ends with an id; `action` and `subject` say the same",
    "PressingAction.code": "ends with an id; `action` and `subject` say the same",
    "LinkPublic.code": "the id of an operation of the document",
    "ComposedLetter.missing": "ends with an id; `gaps` says the same",
    "ReferenceMessage.missing": "ends with an id; `gaps` says the same",
    "Progress.missing": "ends with an id; `gaps` says the same",
    "ProblemDocument.type": "the address of a page; `code` says the same",
    "ReportRow.action": "a text for people; `kind` is the code",
    "SuggestedChannel.reason": "a text for people; `channel` is the code",
    "TimelineBar.reason": "a text for people; `state` is the code",
}
CODES = re.compile(r"(code|action|reason|kind|type|missing|severity|scopes)$")


def test_every_code_is_an_enum() -> None:
    found = {
        f"{name}.{field}"
        for name in output_schemas()
        for field, one in SCHEMAS[name].get("properties", {}).items()
        if CODES.search(field) and is_free_text(one)
    }
    assert found == NOT_A_CODE.keys()


def is_free_text(schema: Node) -> bool:
    """Tell whether a schema is a text, or a list of texts, with any value."""
    one = schema.get("items", schema)
    return "string" in one.get("type", ()) and "enum" not in one


def test_no_field_has_the_name_of_its_schema() -> None:
    """The methods of a generated client have a variable for the whole, and one for each list or object in it."""
    for name, schema in SCHEMAS.items():
        own = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
        assert schema.get("properties", {}).get(own, {}).get("type", "string") == "string", name


def test_no_schema_has_a_generated_title() -> None:
    assert [path for path, name in titles(COMMITTED["components"]["schemas"]) if name] == []
    assert [path for path, name in titles(COMMITTED["paths"]) if name] == []


def titles(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the titles of schemas, with their place; a property with the name `title` is none."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "title" and isinstance(value, str):
                yield path, value
            elif key not in ("example", "examples"):
                yield from titles(value, f"{path}/{key}")
    elif isinstance(node, list):
        for number, one in enumerate(node):
            yield from titles(one, f"{path}/{number}")


def test_every_type_of_event_is_described_with_an_example_that_its_schema_allows() -> None:
    assert set(MADE["webhooks"]) == set(EventType) == set(DATA) == set(EXAMPLES) == set(MEANINGS)
    for type_, model in DATA.items():
        shown = model.model_validate(EXAMPLES[type_]).model_dump(mode="json", by_alias=True)
        assert shown == EXAMPLES[type_], type_
