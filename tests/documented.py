"""The published document, with every operation complete by itself; checks of statuses and addresses against it."""

import json
import re
from copy import deepcopy
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from api.http import examples

COMMITTED = Path(__file__).parents[1] / "openapi" / "openapi.json"
UNDOCUMENTED = {405, 500}
ERRORS = ("4", "5")


@cache
def published() -> Any:
    """Return the committed document with its shared parts put back."""
    return expanded(json.loads(COMMITTED.read_text(encoding="utf-8")))


def served_at(now: datetime) -> Any:
    """Return the document that a server without an address has at an instant: one example is two days after it.

    Building it takes seconds; test_openapi compares the committed one with the application's.
    """
    text = COMMITTED.read_text(encoding="utf-8")
    known = f'"{examples.BODIES["StepSnooze"]["until"]}"'
    assert known in text
    return json.loads(text.replace(known, f'"{now + timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"'))


def expanded(document: Any) -> Any:
    """Put shared parameters and headers back where they are referred to, and the examples of bodies into schemas."""
    components = document["components"]
    for schema in components["schemas"].values():
        _with_base(schema, components["schemas"])
    for item in document["paths"].values():
        for operation in item.values():
            if "parameters" in operation:
                operation["parameters"] = [_whole(one, components["parameters"]) for one in operation["parameters"]]
            for status, answer in operation["responses"].items():
                if not status.startswith(ERRORS):
                    operation["responses"][status] = _whole(answer, components["responses"])
            for answer in operation["responses"].values():
                for name, one in answer.get("headers", {}).items():
                    answer["headers"][name] = _whole(one, components["headers"])
            _with_example(operation, components["schemas"])
    return document


def _name(reference: Any) -> str:
    return str(reference["$ref"].rpartition("/")[2])


def _whole(one: Any, shared: Any) -> Any:
    return deepcopy(shared[_name(one)]) if "$ref" in one else one


def _with_base(schema: Any, schemas: Any) -> None:
    if "allOf" in schema:
        one, further = schema.pop("allOf")
        base = schemas[_name(one)]
        _with_base(base, schemas)
        schema["type"] = further["type"]
        schema["properties"] = {**base["properties"], **further["properties"]}
        schema["required"] = [*base["required"], *further["required"]]


def _with_example(operation: Any, schemas: Any) -> None:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = content.get("schema", {})
    named = next((one for one in (schema, *schema.get("anyOf", ())) if "$ref" in one), None)
    if named is not None and "example" in content:
        schemas[_name(named)].setdefault("examples", [content["example"]])


@cache
def _operations() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    ordered = sorted(published()["paths"].items(), key=lambda item: item[0].count("{"))
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", template)), item) for template, item in ordered]


def operation_at(method: str | None, path: str | None) -> Any:
    """Return the operation of an address, with ids or with the placeholders of its template; None if there is none."""
    item = next((item for pattern, item in _operations() if pattern.fullmatch(path or "")), None)
    return (item or {}).get("get" if method == "HEAD" else str(method).lower())


def leads_somewhere(method: str | None, path: str | None) -> bool:
    """Tell whether the document has an operation for the method and the path of a hint."""
    return operation_at(method, path) is not None


def assert_documented(method: str, path: str, status: int) -> None:
    """Fail if the document has this operation but not this status."""
    operation = operation_at(method, path)
    if operation is None or status in UNDOCUMENTED:
        return
    assert str(status) in operation["responses"], f"{method} {path} answered {status}, which its document does not name"
