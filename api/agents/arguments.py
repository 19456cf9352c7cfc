"""Check the arguments of a call against the schema of its tool, and say what is wrong: names, never values."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types of its own
from jsonschema.exceptions import ValidationError  # type: ignore[import-untyped]  # it has no types of its own

from api.agents.catalogue import BY_NAME
from api.agents.problems import Refusal

TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}", re.ASCII)
SURROGATE = re.compile("[\ud800-\udfff]")
MAX_FAULTS = 10
LONGEST = 200_000  # characters of a text; the API has tighter limits of its own


@cache
def _validator(tool: str) -> Draft202012Validator:
    return Draft202012Validator(BY_NAME[tool].input_schema)


def check(tool: str, arguments: Mapping[str, object]) -> None:
    """Raise Refusal if arguments do not fit the schema of a tool. Each fault is said once."""
    said: dict[str, None] = {}
    for error in sorted(_validator(tool).iter_errors(dict(arguments)), key=lambda one: list(map(str, one.path))):
        for sentence in _sentences(error):
            said[sentence] = None
    for sentence in _unreadable(arguments, "arguments"):
        said[sentence] = None
    if said:
        raise Refusal(" ".join(f"{sentence}." for sentence in list(said)[:MAX_FAULTS]))


def _sentences(error: ValidationError) -> Iterable[str]:
    """Return what is wrong in one place of the arguments."""
    name = ".".join(map(str, error.absolute_path)) or "arguments"
    schema: Mapping[str, Any] = error.schema if isinstance(error.schema, Mapping) else {}
    wanted: Any = error.validator_value
    match error.validator:
        case "additionalProperties":
            known = schema["properties"]
            unknown = sorted(_shown(one) for one in error.instance if one not in known)
            yield f"{name}: unknown {', '.join(dict.fromkeys(unknown))}; use {', '.join(known)}"
        case "required":
            lacking = [one for one in wanted if one not in error.instance]
            yield f"{name}: {', '.join(lacking)} missing"
        case "type":
            yield f"{name} wants {TYPES.get(str(wanted), 'another type')}"
        case "enum":
            yield f"{name} wants one of {', '.join(wanted)}"
        case "minimum" | "maximum":
            yield f"{name} wants {schema.get('minimum')} to {schema.get('maximum')}"
        case "maxItems":
            yield f"{name} has more than {wanted} entries"
        case _:
            yield f"{name} is not accepted"


def _shown(name: str) -> str:
    return name if NAME.fullmatch(name) else "a name that is none"


def _unreadable(value: object, name: str) -> Iterable[str]:
    """Find texts that cannot be sent: with half characters, or far too long."""
    if isinstance(value, str):
        if SURROGATE.search(value) or "\x00" in value:
            yield f"{name} has characters that are no text"
        elif len(value) > LONGEST:
            yield f"{name} is too long"
    elif isinstance(value, Mapping | list):
        entries = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, one in entries:
            inner = _shown(key) if isinstance(key, str) else str(key)
            yield from _unreadable(one, inner if name == "arguments" else f"{name}.{inner}")
