"""Write a method for every operation of an OpenAPI document: the module `operations` of the Python client."""

import json
import keyword
import re
import textwrap
from typing import Any

Schema = dict[str, Any]
PRIMITIVES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
START = {"None": "", "httpx.Response": "return "}
METHODS = ("get", "put", "post", "patch", "delete")
JSON = "application/json"
TOP = '''"""{header}"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Literal, cast
from urllib.parse import quote
from uuid import uuid4

import httpx

from afterword_client.generated import models


class Operations(ABC):
    """A method for every operation of the API; each returns the body of the response.

    Operations that never answer with JSON return the response itself. If a parameter is None, it is not sent.
    """

    @abstractmethod
    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int | None] | None = None,
        headers: Mapping[str, str | None] | None = None,
        body: object = None,
    ) -> httpx.Response:
        """Send a request; raise ProblemError for a response of 400 or more."""
'''


def operations_module(document: Schema, header: str) -> str:
    """Return the text of the module."""
    found = [
        method_of(document, path, method, item[method])
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    ]
    return TOP.format(header=header) + "".join(found)


def method_of(document: Schema, path: str, method: str, operation: Schema) -> str:
    """Return the text of one method: signature, docstring and request."""
    parameters = [resolved(document, "parameters", one) for one in operation.get("parameters", [])]
    parameters += content_type(operation)
    kind, value = answer_of(document, operation)
    # The client keeps ETags itself. Formats other than JSON, where there is JSON, are read with `request`.
    left_out = {"If-None-Match"} if kind == "httpx.Response" else {"If-None-Match", "format"}
    named = [one for one in parameters if one["in"] != "path" and one["name"] not in left_out]
    signature = [
        "self",
        *(f"{python_name(one['name'])}: str" for one in parameters if one["in"] == "path"),
        *body_parameter(operation),
        *(["*"] if named else []),
        *(parameter(one) for one in sorted(named, key=lambda one: not one.get("required"))),
    ]
    arguments = [
        f'"{method.upper()}"',
        address(path),
        *mapping("query", [one for one in named if one["in"] == "query"]),
        *mapping("headers", [one for one in named if one["in"] == "header"]),
        *(["body=body"] if "requestBody" in operation else []),
    ]
    lines = [
        f"    def {operation['operationId']}({', '.join(signature)}) -> {kind}:",
        *docstring(operation),
        f"        {START.get(kind, 'response = ')}self.request({', '.join(arguments)})",
        *([f"        return {value}"] if value else []),
    ]
    return "\n" + "\n".join(lines) + "\n"


def resolved(document: Schema, kind: str, one: Schema) -> Schema:
    """Return a parameter or a response itself, if the document refers to a shared one."""
    shared: dict[str, Schema] = document["components"][kind]
    return shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one


def body_parameter(operation: Schema) -> list[str]:
    """Return the parameter for the body, if there is one."""
    if "requestBody" not in operation:
        return []
    content = operation["requestBody"]["content"]
    kind = type_of(content[JSON]["schema"]) if JSON in content else "bytes"
    return [f"body: {kind}" if operation["requestBody"].get("required") else f"body: {kind} = None"]


def content_type(operation: Schema) -> list[Schema]:
    """Return the header for the type of a body that is a file, as a parameter."""
    content = operation.get("requestBody", {}).get("content", {JSON: {}})
    if JSON in content:
        return []
    return [{"name": "Content-Type", "in": "header", "required": True, "schema": {"enum": list(content)}}]


def answer_of(document: Schema, operation: Schema) -> tuple[str, str]:
    """Return the type of what a method returns, and the expression; the expression is empty for None."""
    answers = [one for status, one in operation["responses"].items() if status.startswith("2")]
    successes = [resolved(document, "responses", one).get("content", {}) for one in answers]
    kinds = sorted({type_of(content[JSON]["schema"]) for content in successes if JSON in content})
    if not kinds:
        return ("httpx.Response" if any(successes) else "None", "")
    if all(successes):
        kind = " | ".join(kinds)
        return kind, f'cast("{kind}", response.json())'
    kind = " | ".join([*kinds, "None"])
    return kind, f'cast("{kind}", response.json() if response.content else None)'


def type_of(schema: Schema) -> str:
    """Return the Python type of a schema."""
    if "$ref" in schema:
        return f"models.{schema['$ref'].rpartition('/')[2]}"
    if "anyOf" in schema:
        return " | ".join(type_of(one) for one in schema["anyOf"])
    if "enum" in schema:
        return f"Literal[{', '.join(json.dumps(one) for one in schema['enum'])}]"
    return PRIMITIVES[schema["type"]]


def python_name(name: str) -> str:
    """Return a name of a parameter in Python: `If-Match` as `if_match`, `from` as `from_`."""
    name = name.lower().replace("-", "_")
    return f"{name}_" if keyword.iskeyword(name) else name


def parameter(one: Schema) -> str:
    """Return a keyword parameter."""
    kind = f"{python_name(one['name'])}: {type_of(one['schema'])}"
    return kind if one.get("required") else f"{kind} | None = None"


def address(path: str) -> str:
    """Return the expression of a path, with its parameters quoted."""
    if "{" not in path:
        return f'"{path}"'
    filled = re.sub(r"\{(\w+)\}", lambda found: f"{{quote({python_name(found[1])}, safe='')}}", path)
    return f'f"{filled}"'


def mapping(name: str, parameters: list[Schema]) -> list[str]:
    """Return the argument for the parameters of a query or of headers; an Idempotency-Key is always sent."""
    values = {one["name"]: python_name(one["name"]) for one in parameters}
    if "Idempotency-Key" in values:
        values["Idempotency-Key"] += " or str(uuid4())"
    entries = ", ".join(f'"{key}": {value}' for key, value in values.items())
    return [f"{name}={{{entries}}}"] if values else []


def docstring(operation: Schema) -> list[str]:
    """Return the lines of a docstring, wrapped."""
    paragraphs = [f"{operation['summary']}.", *filter(None, operation.get("description", "").split("\n\n"))]
    text = "\n\n".join(textwrap.fill(one, 108, break_on_hyphens=False) for one in paragraphs).replace("\\", "\\\\")
    lines = textwrap.indent(f'"""{text}', " " * 8).splitlines()
    return [*lines[:-1], f'{lines[-1]}"""'] if len(lines) == 1 else [*lines, '        """']
