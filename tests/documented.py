"""The published document, with every operation complete by itself; checks of statuses and addresses against it."""

import json
import re
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

UNDOCUMENTED = {405, 500}


@cache
def published() -> Any:
    """Return the committed document with its shared parts put back."""
    path = Path(__file__).parents[1] / "openapi" / "openapi.json"
    return expanded(json.loads(path.read_text(encoding="utf-8")))


def expanded(document: Any) -> Any:
    """Put shared parameters and headers back where they are referred to, and the examples of bodies into schemas."""
    components = document["components"]

    def whole(one: Any, kind: str) -> Any:
        return deepcopy(components[kind][one["$ref"].rpartition("/")[2]]) if "$ref" in one else one

    for item in document["paths"].values():
        for operation in item.values():
            if "parameters" in operation:
                operation["parameters"] = [whole(one, "parameters") for one in operation["parameters"]]
            for answer in operation["responses"].values():
                for name, one in answer.get("headers", {}).items():
                    answer["headers"][name] = whole(one, "headers")
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            schema = content.get("schema", {})
            for option in (schema, *schema.get("anyOf", ())):
                if "example" in content and "$ref" in option:
                    named = components["schemas"][option["$ref"].rpartition("/")[2]]
                    named.setdefault("examples", [content["example"]])
                    break
    return document


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
