"""The places of values: every field of a body and every parameter, with the kinds of value that its schema accepts.

A schema of an unknown kind fails the tests until `tests/hostile` has inputs for it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from api.models.base import A_LINE, A_TEXT, ANYTHING, PRINTABLE
from tests.hostile.inputs import Input
from tests.hostile.texts import TEXTS
from tests.hostile.values import OTHER_TYPES, SPECIAL

Node = dict[str, Any]
FORMATS = {
    "date-time": "instant",
    "date": "day",
    "date-time-local": "wall-time",
    "time-local": "clock-time",
    "time-zone": "zone",
    "password": "password",
    "letter-template": "template",
    "letter-template-line": "template-line",
}
IN_ADDRESSES = {"line": "search", "text": "search", "boolean": "flag", "integer": "count", "id": "filter"}
TEXTUAL = ("line", "text", "password", "search", "template", "template-line")
LONGEST_LINE = 1_000
PLAIN = (A_LINE, A_TEXT, ANYTHING, PRINTABLE)


def kind_of(schema: Node) -> str:
    """Return the kind of value that a schema without alternatives accepts."""
    match schema:
        case {"enum": _} | {"const": _}:
            kind = "choice"
        case {"type": "string", "format": str(name)} if name in FORMATS:
            kind = FORMATS[name]
        case {"type": "string", "pattern": str(one), "maxLength": int(most)} if one in PLAIN:
            kind = "line" if most < LONGEST_LINE else "text"
        case {"type": "string", "pattern": _}:
            kind = "pattern"
        case {"type": "string", "format": "uuid", "maxLength": _}:
            kind = "id"
        case {"type": "string", "maxLength": int(most)} if "format" not in schema:
            kind = "line" if most < LONGEST_LINE else "text"
        case {"type": "array"}:
            kind = "list"
        case {"type": "integer" | "number" | "boolean" | "object" | "null" as same}:
            kind = str(same)
        case _:
            raise LookupError(f"add hostile inputs to tests/hostile for {schema}")
    return kind


@dataclass(frozen=True)
class Place:
    """A field or parameter. `options`: its schemas with their kinds; `at`: its path from the top of the body."""

    at: tuple[str | int, ...]
    options: tuple[tuple[str, Node], ...] = field(compare=False)

    @property
    def pointer(self) -> str:
        return "".join(f"/{part}" for part in self.at)

    @property
    def kinds(self) -> set[str]:
        return {kind for kind, _ in self.options}

    @property
    def is_leaf(self) -> bool:
        """Whether it contains no other places."""
        return not self.kinds & {"list", "object"}

    @property
    def is_textual(self) -> bool:
        return bool(self.kinds & {"pattern", *TEXTUAL})

    @property
    def example(self) -> Any:
        """The value used here while a place inside it is tested."""
        for kind, schema in self.options:
            if kind == "object":
                return schema.get("examples", [{}])[0]
        return []

    def inputs(self) -> list[Input]:
        """Return the hostile inputs for this place."""
        return _inputs(frozenset(self.kinds))

    def takes(self, sent: Input) -> bool:
        """Tell whether an input is valid here."""
        return any(_takes(kind, schema, sent) for kind, schema in self.options)


@cache
def _inputs(kinds: frozenset[str]) -> list[Input]:
    """Return the hostile inputs for some kinds; a third of the texts is enough for places that accept no text."""
    texts = TEXTS if kinds & {"pattern", *TEXTUAL} else TEXTS[::3]
    special = [one for kind in sorted(kinds) for one in SPECIAL[kind]]
    return list({one.json: one for one in (*special, *OTHER_TYPES, *texts)}.values())


def _takes(kind: str, schema: Node, sent: Input) -> bool:
    if kind in ("integer", "number", "count"):
        return not sent.breaks and _within(kind, schema, sent.text if kind == "count" else sent.json)
    if kind == "pattern":
        fits = ("line" in sent.fine_as or not sent.text) and re.search(schema["pattern"], sent.text) is not None
        return fits and len(sent.text) <= schema.get("maxLength", len(sent.text))
    if kind == "search" and not sent.json.startswith('"'):
        return bool(len(sent.text) <= schema["maxLength"])
    if kind not in sent.fine_as:
        return False
    if kind == "list":
        return bool(len(json.loads(sent.json)) >= schema.get("minItems", 0))
    return kind not in TEXTUAL or bool(schema.get("minLength", 0) <= len(sent.text) <= schema["maxLength"])


def _within(kind: str, schema: Node, text: str) -> bool:
    """Tell whether a numeric schema accepts a JSON number."""
    number = r"-?\d+" if kind == "count" else r"-?\d+(\.\d+)?([eE][+-]?\d+)?"
    if not re.fullmatch(number, text, re.ASCII):
        return False
    value = int(text) if kind == "count" else float(text[:400])
    if kind == "integer" and value % 1:
        return False
    return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))


def options_of(schema: Node, schemas: Node) -> list[Node]:
    """Return the alternatives of a schema, with references followed."""
    if "$ref" in schema:
        return options_of(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas)
    if "anyOf" in schema:
        return [option for one in schema["anyOf"] for option in options_of(one, schemas)]
    return [schema]


def places_in(schema: Node, schemas: Node, at: tuple[str | int, ...] = ()) -> Iterator[Place]:
    """Yield the places of a body, from the top down."""
    options = options_of(schema, schemas)
    if at:
        yield Place(at, tuple((kind_of(option), option) for option in options))
    for option in options:
        for name, inner in option.get("properties", {}).items():
            yield from places_in(inner, schemas, (*at, name))
        if "items" in option:
            yield from places_in(option["items"], schemas, (*at, 0))
        if isinstance(option.get("additionalProperties"), dict):
            known = option["propertyNames"]["enum"][0]
            yield from places_in(option["additionalProperties"], schemas, (*at, known))


def place_in_address(parameter: Node, schemas: Node) -> Place:
    """Return the place of a query parameter, without null, which an address cannot express."""
    options = [option for option in options_of(parameter["schema"], schemas) if option != {"type": "null"}]
    kinds = [kind_of(option) for option in options]
    named = [IN_ADDRESSES.get(kind, kind) for kind in kinds]
    return Place((parameter["name"],), tuple(zip(named, options, strict=True)))
