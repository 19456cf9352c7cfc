"""The page on compatibility says what the document says; nothing is deprecated without its two headers."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from api.http.openapi.document import operations
from api.main import EXPOSED

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "compatibility.md").read_text(encoding="utf-8")
DOCUMENT: dict[str, Any] = json.loads((ROOT / "openapi" / "openapi.json").read_text(encoding="utf-8"))
HEADERS = {"Deprecation", "Sunset"}


def deprecated(document: dict[str, Any]) -> Iterator[tuple[str, set[str]]]:
    """Yield each operation that has something deprecated of its own, and the headers that all its 2xx declare."""
    for _, _, operation in operations(document):
        if operation.get("deprecated") or any(one.get("deprecated") for one in operation.get("parameters", ())):
            answers = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
            yield operation["operationId"], set.intersection(*(set(one.get("headers", ())) for one in answers))


def test_what_is_deprecated_declares_its_headers() -> None:
    assert not [name for name, headers in deprecated(DOCUMENT) if not headers >= HEADERS]


def test_a_deprecated_operation_without_the_headers_is_found() -> None:
    document = copy.deepcopy(DOCUMENT)
    document["paths"]["/v1/queue"]["get"]["deprecated"] = True
    assert [name for name, headers in deprecated(document) if not headers >= HEADERS]


def test_the_page_says_whether_something_is_deprecated() -> None:
    assert ("Nothing is deprecated at present" in PAGE) is ('"deprecated": true' not in json.dumps(DOCUMENT))


def test_frontends_on_other_origins_can_read_the_headers() -> None:
    assert set(EXPOSED) >= HEADERS
