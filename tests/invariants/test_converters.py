"""Programs that read the document: collections have the bodies of its examples, and its types compile strictly."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.invariants.test_openapi import COMMITTED, OPERATIONS
from tests.npm import PACKAGES, ROOT, needs, run

BODIES = {
    operation["summary"]: content["example"]
    for operation in OPERATIONS.values()
    for content in [operation.get("requestBody", {}).get("content", {}).get("application/json", {})]
    if content
}


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
@needs("@usebruno/converters")
def test_a_collection_for_bruno_has_the_bodies_of_the_examples() -> None:
    script = str(ROOT / "tests/convert_collections.cjs")
    assert json.loads(run("node", script, str(PACKAGES), told=json.dumps(COMMITTED))) == BODIES
