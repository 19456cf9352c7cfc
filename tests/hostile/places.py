"""Where a value goes: every field of a body and every parameter, with the kinds of value that its schema takes.

A schema whose kind is not known here fails the tests: whoever brings a new one says what is hostile to it.
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
    """Return the kind of value that a schema without alternatives takes."""
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
            raise LookupError(f"say in tests/hostile what is hostile to {schema}")
    return kind


@dataclass(frozen=True)
class Place:
    """Where a value goes. `options`: its schemas with their kinds; `at`: the way to it from the top of the body."""

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
        """Whether nothing stands within."""
        return not self.kinds & {"list", "object"}

    @property
    def is_textual(self) -> bool:
        return bool(self.kinds & {"pattern", *TEXTUAL})

    @property
    def example(self) -> Any:
        """What stands here while something within is tried."""
        for kind, schema in self.options:
            if kind == "object":
                return schema.get("examples", [{}])[0]
        return []

    def inputs(self) -> list[Input]:
        """Return everything hostile that may be sent here."""
        return _inputs(frozenset(self.kinds))

    def takes(self, sent: Input) -> bool:
        """Tell whether an input is legitimate here."""
        return any(_takes(kind, schema, sent) for kind, schema in self.options)


@cache
def _inputs(kinds: frozenset[str]) -> list[Input]:
    """Return what is hostile to some kinds: of the texts, a third is enough where no text may stand at all."""
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
    """Tell whether a JSON number is one that a numeric schema takes."""
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
    """Go through the places of a body, from the top downwards."""
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
    """Return the place of a query parameter: there is no null in an address, and no line that a field would keep."""
    options = [option for option in options_of(parameter["schema"], schemas) if option != {"type": "null"}]
    kinds = [kind_of(option) for option in options]
    named = [IN_ADDRESSES.get(kind, kind) for kind in kinds]
    return Place((parameter["name"],), tuple(zip(named, options, strict=True)))
