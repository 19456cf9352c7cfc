"""Answers compared with the published document: media type, required headers, and the body with its schema."""

from functools import cache
from typing import Any

from jsonschema_rs import Draft202012Validator, Registry

from tests.documented import published
from tests.invariants.conftest import Operation

JSON = "application/json"
DOCUMENT = "urn:document"


@cache
def registry() -> Registry:
    return Registry([(DOCUMENT, published())])


def assert_described(operation: Operation, answer: Any) -> None:
    """Fail if an answer has a status, a media type, a body or no header that its operation does not describe."""
    status = str(answer.status_code)
    assert status in operation.responses, answer.text
    described = operation.responses[status]
    needed = {name.lower() for name, header in described.get("headers", {}).items() if header.get("required")}
    assert needed <= set(answer.headers), f"without {needed - set(answer.headers)}"
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    assert ({media_type} - {""}) <= set(described.get("content", {})), media_type
    assert media_type or not described.get("content")
    if media_type == JSON:
        validator = Draft202012Validator(
            _absolute(described["content"][JSON]["schema"]), registry=registry(), validate_formats=True
        )
        told = [f"{error.instance_path}: {error.message[:200]}" for error in validator.iter_errors(answer.json())]
        assert not told, told[:5]


def _absolute(node: Any) -> Any:
    """Return a part of the document with references that say in which document they are."""
    if isinstance(node, dict):
        return {name: f"{DOCUMENT}{one}" if name == "$ref" else _absolute(one) for name, one in node.items()}
    return [_absolute(one) for one in node] if isinstance(node, list) else node
