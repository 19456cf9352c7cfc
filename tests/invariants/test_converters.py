"""Programs that read the document: collections have the bodies of its examples, and clients and types are complete."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import World
from tests.http.api_client import interviewed, read
from tests.invariants.failures import Failures
from tests.invariants.test_openapi import COMMITTED, OPERATIONS, SCHEMAS
from tests.npm import CHECKED, PACKAGES, ROOT, needs, run
from tests.served import served

PYTHON = ROOT / ".clients" / "bin" / "python"
GENERATOR = PYTHON.with_name("openapi-python-client")
USER = str(ROOT / "tests/python_client.py")
BODIES = {
    operation["summary"]: content["example"]
    for operation in OPERATIONS.values()
    for content in [operation.get("requestBody", {}).get("content", {}).get("application/json", {})]
    if content
}


needs_python = pytest.mark.skipif(not GENERATOR.exists(), reason="no openapi-python-client here: `.ci/run` installs it")


def requests_in(items: list[Any]) -> list[Any]:
    return [one for item in items for one in (requests_in(item["item"]) if "item" in item else [item])]


@pytest.mark.node
@needs("openapi-to-postmanv2")
def test_a_collection_for_postman_has_the_bodies_of_the_examples(tmp_path: Path) -> None:
    made = tmp_path / "collection.json"
    options = ("-O", "parametersResolution=Example")
    run(str(PACKAGES / ".bin/openapi2postmanv2"), "-s", "openapi/openapi.json", "-o", str(made), *options)
    found = requests_in(json.loads(made.read_text(encoding="utf-8"))["item"])
    assert len(found) == len(OPERATIONS)
    bodies = {one["name"]: one["request"].get("body", {}) for one in found}
    assert {name: json.loads(bodies[name]["raw"]) for name in BODIES} == BODIES


@pytest.mark.node
@pytest.mark.parametrize(
    "program",
    [
        pytest.param("bruno", marks=needs("@usebruno/converters")),
        pytest.param("insomnia", marks=needs("insomnia-importers")),
    ],
)
def test_a_collection_has_the_bodies_of_the_examples(program: str) -> None:
    script = str(ROOT / "tests/convert_collections.cjs")
    assert json.loads(run("node", script, str(PACKAGES), program, told=json.dumps(COMMITTED))) == BODIES


@pytest.fixture(scope="module")
def python_client(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the folder of the generated client for Python, and what the generator said."""
    folder = tmp_path_factory.mktemp("client") / "made"
    arguments = ("--path", "openapi/openapi.json", "--output-path", str(folder))
    return folder, run("sh", "-c", '"$0" "$@" 2>&1', str(GENERATOR), "generate", *arguments)


@needs_python
def test_the_client_for_python_has_every_response_that_is_json(python_client: tuple[Path, str]) -> None:
    _, said = python_client
    assert re.findall("WARNING parsing (.*) within", said) == ["GET /v1/me/export", "POST /v1/imports"]
    assert "Unsupported content_type application/jsonl" in said
    assert "Unable to process" not in said


@needs_python
def test_the_client_for_python_has_every_field_of_every_schema(python_client: tuple[Path, str]) -> None:
    folder, _ = python_client
    found = json.loads(run(str(PYTHON), "-P", USER, PYTHONPATH=str(folder)))
    with Failures() as failures:
        for name, schema in SCHEMAS.items():
            with failures.of(name):
                assert {one.rstrip("_") for one in found.get(name, [])} == set(schema.get("properties", []))


@needs_python
def test_the_client_for_python_passes_mypy(python_client: tuple[Path, str]) -> None:
    folder, _ = python_client
    options = ("--strict", "--python-executable", str(PYTHON), "--cache-dir", str(CHECKED / "generated"))
    run(sys.executable, "-m", "mypy", *options, str(folder / "afterword_client"))


@needs_python
@pytest.mark.sqlite
def test_the_client_for_python_reads_the_queue(python_client: tuple[Path, str], world: World) -> None:
    folder, _ = python_client
    client = world.sign_up()
    interviewed(client)
    token = client.headers["Authorization"].removeprefix("Bearer ")
    with served(world) as (host, port):
        company = json.loads(run(str(PYTHON), "-P", USER, f"http://{host}:{port}", token, PYTHONPATH=str(folder)))
    assert company == read(client, "/v1/queue")["items"][0]["application"]["company"]
