"""Check statuses of answers and addresses of hints against the published document."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

UNDOCUMENTED = {405, 500}


@cache
def _operations() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    path = Path(__file__).parents[1] / "openapi" / "openapi.json"
    paths: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["paths"]
    ordered = sorted(paths.items(), key=lambda item: item[0].count("{"))
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
