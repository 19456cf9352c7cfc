"""Every answer that any test gets is one that the published document names."""

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


def assert_documented(method: str, path: str, status: int) -> None:
    """Fail where an operation of the document answers with a status that it does not name."""
    item = next((item for pattern, item in _operations() if pattern.fullmatch(path)), None)
    operation = (item or {}).get("get" if method == "HEAD" else method.lower())
    if operation is None or status in UNDOCUMENTED:
        return
    assert str(status) in operation["responses"], f"{method} {path} answered {status}, which its document does not name"
