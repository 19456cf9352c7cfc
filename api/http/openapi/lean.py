"""Make the OpenAPI document small without a loss: what occurs more than once stands among the components.

`build_openapi` makes a document in which every operation is complete by itself; `lean` makes the published one of it.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from api.models.agent_write import NotRestoredCode, RowChange, WrittenType
from api.models.base import A_LINE, A_LINK, A_MAILBOX, A_TEXT, A_URL, YEAR_FIRST
from api.models.calendar_feed import FeedDetails, FeedSteps, FetchedBy
from api.models.composed_letter import Severity
from api.models.hint import LABELS, SubjectType
from api.models.letter import LetterStatus
from api.models.policy import HearByRule
from api.models.reference import Consent
from api.models.search import SearchType
from api.models.statistics import EndingName, LevelName
from api.models.step import Basis, EvidenceType, State, StepName
from api.models.timeline import MarkKind
from api.models.token import Scope
from api.models.write import EffectKind
from api.rules.policy import Origin
from api.words.catalogue import Tone
from api.words.letters import Purpose

Node = dict[str, Any]
NAMED: Mapping[str, Sequence[str]] = {
    "StepState": get_args(State),
    "StepKey": get_args(StepName),
    "DueBasis": get_args(Basis),
    "PolicyOrigin": get_args(Origin),
    "HearByRule": get_args(HearByRule),
    "HintAction": tuple(LABELS["hint"]),
    "GapCode": tuple(LABELS["gap"]),
    "DraftGapCode": tuple(LABELS["draft_gap"]),
    "FindingCode": tuple(LABELS["finding"]),
    "ReasonCode": tuple(LABELS["reason"]),
    "RecordCode": tuple(LABELS["record"]),
    "ParagraphRole": tuple(LABELS["paragraph_role"]),
    "TokenKind": tuple(LABELS["token_kind"]),
    "EvidenceType": get_args(EvidenceType),
    "SubjectType": get_args(SubjectType),
    "Tone": get_args(Tone),
    "ComposedLetterKind": get_args(Purpose),
    "LetterStatus": get_args(LetterStatus),
    "FindingSeverity": get_args(Severity),
    "ReferenceConsent": get_args(Consent),
    "CalendarFeedSteps": get_args(FeedSteps),
    "CalendarFeedDetails": get_args(FeedDetails),
    "CalendarProgram": get_args(FetchedBy),
    "SearchType": get_args(SearchType),
    "FunnelLevel": get_args(LevelName),
    "FunnelEnding": get_args(EndingName),
    "TimelineMarkKind": get_args(MarkKind),
    "TokenScope": get_args(Scope),
    "StepEffectKind": get_args(EffectKind),
    "WrittenType": get_args(WrittenType),
    "RowChange": get_args(RowChange),
    "NotRestoredCode": get_args(NotRestoredCode),
}
"""The enums that are components, by name. Those of `StrEnum` classes are components anyway."""
TEXTS: Mapping[str, Node] = {
    "Line": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": A_LINE, "examples": ["Larkfield Press"]},
    "Text": {
        "type": "string",
        "minLength": 1,
        "maxLength": 20_000,
        "pattern": A_TEXT,
        "examples": ["They liked my portfolio"],
    },
    "Url": {"type": "string", "maxLength": 2_000, "pattern": A_URL, "examples": ["https://www.example.com/jobs/7"]},
    "Link": {"type": "string", "maxLength": 2_000, "pattern": A_LINK, "examples": ["https://meet.example.com/7"]},
    "Mailbox": {"type": "string", "maxLength": 254, "pattern": A_MAILBOX, "examples": ["name@example.com"]},
}
"""The components with a long pattern: texts of one line and of several, web addresses, links and e-mail addresses."""
MAX_ID, MIN_SHARED = 64, 8
MANY = 5  # operations, for a response among the components
NULL = {"type": "null"}
DATA = ("example", "examples", "default", "const", "enum")  # whose values are not part of the document's structure


def lean(made: Node) -> Node:
    """Return a document that says the same in less: see the functions below."""
    names = {tuple(values): name for name, values in NAMED.items()}
    found: Node = _simplified(made, names)
    schemas = found["components"]["schemas"]
    if clash := schemas.keys() & (NAMED.keys() | TEXTS.keys()):
        raise LookupError(f"{', '.join(clash)}: models have these names")
    for name, values in NAMED.items():
        schemas[name] = {"type": "string", "enum": list(values)}
    schemas.update(TEXTS)
    _derive(schemas)
    found["components"]["schemas"] = dict(sorted(schemas.items()))
    for operation in _operations(found):
        for parameter in operation.get("parameters", ()):
            _simplify_parameter(parameter)
    _move_examples(found)
    _share(found, "parameters", list(_parameters_of(found)))
    _share(found, "headers", list(_headers_of(found)))
    _share_responses(found)
    return found


def _simplified(node: Any, names: Mapping[tuple[str, ...], str]) -> Any:  # noqa: ANN401  # a part of a document
    """Return a part of the document without generated titles, with short nulls and named enums."""
    if isinstance(node, list):
        return [_simplified(one, names) for one in node]
    if not isinstance(node, dict):
        return node
    found: Node = {}
    for key, value in node.items():
        if key in DATA:
            found[key] = value
        elif key == "propertyNames":
            found[key] = value  # generators of Python clients know no reference here
        elif key in ("properties", "schemas", "$defs", "patternProperties"):
            found[key] = {name: _simplified(one, names) for name, one in value.items()}
        elif not (key == "title" and isinstance(value, str) and _is_schema(node)):
            found[key] = _simplified(value, names)
    if found.get("format") == "uuid" and found.get("maxLength") == MAX_ID:
        del found["maxLength"]  # the format has a length
    # Half a pattern: tools that draw examples from it make `2068-`. The format says the rest.
    if found.get("pattern") == YEAR_FIRST:
        del found["pattern"]
    return _with_short_null(_named(_with_pattern(found), names))


def _is_schema(node: Node) -> bool:
    return not {"version", "openapi", "status", "instance"} & node.keys()


def _with_short_null(node: Node) -> Node:
    """Write `anyOf: [{type: x}, {type: null}]` as `type: [x, null]`."""
    options = node.get("anyOf")
    if not isinstance(options, list) or len(options) != 2 or options[1] != NULL:
        return node
    one = options[0]
    if not isinstance(one.get("type"), str) or "enum" in one or "const" in one:
        return node
    others = {key: value for key, value in node.items() if key != "anyOf"}
    return {**one, "type": [one["type"], "null"], **others}


def _named(node: Node, names: Mapping[tuple[str, ...], str]) -> Node:
    """Replace an enum that is a component by a reference to it."""
    name = names.get(tuple(node["enum"])) if isinstance(node.get("enum"), list) else None
    if name is None:
        return node
    return {"$ref": f"#/components/schemas/{name}", **{key: node[key] for key in node if key not in ("enum", "type")}}


def _with_pattern(node: Node) -> Node:
    """Replace a text with a long pattern by a reference to its component, with what differs from it."""
    for name, text in TEXTS.items():
        if node.get("pattern") == text["pattern"] and node.get("maxLength", 0) <= text["maxLength"]:
            differs = {key: value for key, value in node.items() if text.get(key) != value}
            return {"$ref": f"#/components/schemas/{name}", **differs}
    return node


def _operations(made: Node) -> Iterator[Node]:
    for item in (*made["paths"].values(), *made.get("webhooks", {}).values()):
        yield from item.values()


def _simplify_parameter(parameter: Node) -> None:
    """Leave out what is the default or stands there twice; a parameter is absent, never null."""
    schema: Node = parameter["schema"]
    schema.pop("description", None)
    if isinstance(schema.get("type"), list):
        (schema["type"],) = [one for one in schema["type"] if one != "null"]
    if schema.get("anyOf", [None])[-1] == NULL:
        options = schema.pop("anyOf")[:-1]
        schema.update(options[0] if len(options) == 1 else {"anyOf": options})
    if not parameter.get("required"):
        parameter.pop("required", None)


def _derive(schemas: Node) -> None:
    """Write a schema that has all properties of another as `allOf` that one and a schema of its further properties.

    Properties beside `allOf` would say the same, but generators of Python clients read only the other schema then.
    """
    whole = dict(schemas)
    for name, schema in whole.items():
        bases = [other for other, base in whole.items() if other != name and _extends(schema, base)]
        if bases:
            base = max(bases, key=lambda other: len(whole[other]["properties"]))
            known = whole[base]["properties"].keys()
            further = {
                "type": "object",
                "properties": {one: value for one, value in schema["properties"].items() if one not in known},
                "required": [one for one in schema["required"] if one not in known],
            }
            kept = {key: value for key, value in schema.items() if key not in further}
            schemas[name] = {**kept, "allOf": [{"$ref": f"#/components/schemas/{base}"}, further]}


def _extends(schema: Node, base: Node) -> bool:
    """Tell whether a schema of responses has the properties of another, and more."""
    ours, theirs = schema.get("properties", {}), base.get("properties", {})
    is_open = "additionalProperties" not in schema and "additionalProperties" not in base
    return (
        is_open
        and MIN_SHARED <= len(theirs) < len(ours)
        and set(base.get("required", ())) == theirs.keys()
        and set(schema.get("required", ())) == ours.keys()
        and all(ours.get(name) == one for name, one in theirs.items())
    )


def _move_examples(made: Node) -> None:
    """Move the example of a body from its schema to the media type, and drop those of wholes whose parts have them.

    Programs that import a collection do not read `examples` of schemas. Postman and Bruno read the `example` of the
    media type, Insomnia only that of a schema, so it stands in both places.
    """
    schemas, moved = made["components"]["schemas"], set()
    for operation in _operations(made):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        for name in _schema_names(content["schema"]) if content else ():
            if "examples" in schemas[name]:
                content.setdefault("example", schemas[name]["examples"][0])
                moved.add(name)
        if content and "example" in content:
            content["schema"] = {**content["schema"], "example": content["example"]}
    for name, schema in schemas.items():
        if name in moved or has_parts_only(schema, schemas):
            schema.pop("examples", None)


def has_parts_only(schema: Node, schemas: Node) -> bool:
    """Tell whether a schema is a page, or consists of components that have examples, and of booleans."""
    properties = schema.get("allOf", [schema])[-1].get("properties", {})
    parts = [one for one in properties.values() if one.get("type") != "boolean"]
    names = [name for one in parts for name in _schema_names(one.get("items", one))]
    return "next_cursor" in properties or (
        len(names) == len(parts) > 0 and all(_has_example(schemas[name], schemas) for name in names)
    )


def _has_example(schema: Node, schemas: Node) -> bool:
    """Tell whether a schema has an example, or its base has one and the rest consists of components with examples."""
    bases = [name for one in schema.get("allOf", ())[:1] for name in _schema_names(one)]
    return "examples" in schema or (
        bool(bases) and all("examples" in schemas[name] for name in bases) and has_parts_only(schema, schemas)
    )


def _schema_names(schema: Node) -> Iterator[str]:
    for one in (schema, *schema.get("anyOf", ())):
        if "$ref" in one:
            yield one["$ref"].rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a parameter or header stands, its name, and the operation that it belongs to."""

    container: Any
    at: int | str
    name: str
    operation: str

    @property
    def content(self) -> str:
        """What stands there, as a text."""
        return json.dumps(self.container[self.at], sort_keys=True)


def _parameters_of(made: Node) -> Iterator[Place]:
    for operation in _operations(made):
        for at, parameter in enumerate(operation.get("parameters", ())):
            yield Place(operation["parameters"], at, parameter["name"], operation["operationId"])


def _headers_of(made: Node) -> Iterator[Place]:
    for operation in _operations(made):
        for answer in operation["responses"].values():
            for name in answer.get("headers", ()):
                yield Place(answer["headers"], name, name, operation["operationId"])


def _share(made: Node, kind: str, found: Sequence[Place]) -> None:
    """Move what occurs more than once to the components.

    Of different ones with the same name, the most frequent has this name, and others that of their first operation too.
    """
    counts = Counter((place.name, place.content) for place in found)
    first = {(place.name, place.content): place.operation for place in reversed(found)}
    short: dict[tuple[str, str], str] = {}
    for (name, content), count in counts.most_common():
        if count > 1:
            plain = _pascal(name)
            short[(name, content)] = f"{plain}Of{_pascal(first[name, content])}" if plain in short.values() else plain
    shared: Node = {}
    for place in found:
        component = short.get((place.name, place.content))
        if component is not None:
            shared[component] = place.container[place.at]
            place.container[place.at] = {"$ref": f"#/components/{kind}/{component}"}
    made["components"][kind] = dict(sorted(shared.items()))


def _share_responses(made: Node) -> None:
    """Move responses that many operations have to the components. Those of errors are there already."""
    found = [(status, answer) for one in _operations(made) for status, answer in one["responses"].items()]
    counts = Counter(json.dumps(answer, sort_keys=True) for _, answer in found)
    shared: Node = made["components"]["responses"]
    for operation in _operations(made):
        for status, answer in operation["responses"].items():
            name = "NotModified" if status == "304" else _schema_of(answer)
            if name and counts[json.dumps(answer, sort_keys=True)] >= MANY:
                shared[name] = answer
                operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}


def _schema_of(answer: Node) -> str | None:
    """Return the name of the schema of a response, or None."""
    return next(_schema_names(answer.get("content", {}).get("application/json", {}).get("schema", {})), None)


def _pascal(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split("[-_]", name))
