"""The part `webhooks` of the OpenAPI document: a request to your address for each type of event."""

from typing import Any

from pydantic.json_schema import models_json_schema

from api.models.event import EventPublic, EventType
from api.models.event_data import DATA, EXAMPLES, MEANINGS

Node = dict[str, Any]
REF = "#/components/schemas/{model}"
HEADERS = (
    ("webhook-id", "The event's id: the same at every attempt. Ignore an id that you have seen."),
    ("webhook-timestamp", "When this attempt was made, in Unix seconds. Ignore one that is older than five minutes."),
    (
        "webhook-signature",
        "`v1,` and the base64 of HMAC-SHA256 of `{webhook-id}.{webhook-timestamp}.{body}` with the bytes of the "
        "secret; several are separated by spaces, and one must match.",
    ),
)


def add_events(made: Node) -> None:
    """Add the requests that webhooks get, and the schemas of their data."""
    models: list[Any] = sorted({EventPublic, *DATA.values()}, key=lambda model: model.__name__)
    _, found = models_json_schema([(model, "serialization") for model in models], ref_template=REF)
    for name, schema in found["$defs"].items():
        made["components"]["schemas"].setdefault(name, schema)
    made["webhooks"] = {type_.value: {"post": _operation(type_)} for type_ in EventType}
    for type_, model in DATA.items():
        _add_examples(made["components"]["schemas"], model.__name__, EXAMPLES[type_])


def _add_examples(schemas: Node, name: str, example: Node) -> None:
    """Add an example to a schema, and its parts to the schemas of the parts."""
    schemas[name].setdefault("examples", [example])
    for field, schema in schemas[name].get("properties", {}).items():
        for option in schema.get("anyOf", [schema]):
            part = option.get("$ref", "").rsplit("/", 1)[-1]
            if part and isinstance(example[field], dict):
                _add_examples(schemas, part, example[field])


def _operation(type_: EventType) -> Node:
    told = {"properties": {"type": {"const": type_.value}, "data": {"$ref": REF.format(model=DATA[type_].__name__)}}}
    schema = {"allOf": [{"$ref": REF.format(model=EventPublic.__name__)}, told]}
    return {
        "operationId": f"receive_{type_.value.replace('.', '_')}",
        "tags": ["webhooks"],
        "summary": type_.value,
        "description": MEANINGS[type_],
        "security": [],
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
            for name, text in HEADERS
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"204": {"description": "Received: any 2xx. Answer first, then work on it."}},
    }
