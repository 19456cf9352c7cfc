"""Send the example of every GET to the demo account, and write the responses as examples of the schemas.

`python -m api.capture` writes `api/http/openapi/examples.json`; a test fails if that file is out of date. It needs the
development packages, so no other module of `api` imports it.
"""

import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI
from fastapi.testclient import TestClient

from api import demo
from api.http import examples as ids
from api.http.openapi import document
from api.http.openapi.document import build_complete, operations
from api.main import create_app
from api.settings import Settings

NOW = datetime(2026, 3, 12, 17, tzinfo=UTC)
TARGET = Path(document.__file__).with_name("examples.json")
CHANGING = {"Readiness", "TaskState", "WaitingState", "Version", "Root", "SessionSecret", "TokenSecret"}
FULLEST = {
    "explain": "true",
    "expand": "contacts,interviews,headline,next_action",
    "by": "source",
    "contacts": "true",
    "details": "history",
}
TRIED = {"dry_run": "true"}
EPOCH = re.compile(r'(?<=\\")[0-9a-f]{12}(?=-\d)')
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
Node = dict[str, Any]


def demo_app(url: str, clock: Callable[[], datetime] = lambda: NOW) -> tuple[FastAPI, TestClient]:
    """Return an application with the demo account on the empty database at `url`, and a client with its token."""
    app = create_app(Settings(database_url=url), clock=clock)
    app.state.database.migrate()
    secret = demo.build(app.state.database, NOW)
    client = TestClient(app, headers={"Authorization": f"Bearer {secret}"}, raise_server_exceptions=False)
    return app, client


def filled(path: str, operation: Node) -> str:
    """Return a path with the examples of its parameters and of the required ones of its query."""
    query = {}
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", str(parameter["example"]))
        elif parameter["in"] == "query" and parameter.get("required"):
            query[parameter["name"]] = parameter["example"]
    return f"{path}?{urlencode(query)}" if query else path


def _example_of(parameter: Node) -> Iterator[Any]:
    """Yield the example of a query parameter that has one."""
    if parameter["in"] == "query":
        yield from (example["value"] for example in list(parameter.get("examples", {}).values())[:1])


def _examples_in(value: Any, schema: Node, schemas: Node) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  # any JSON
    """Walk a response and its schema in parallel; yield the name of each named schema and the value there."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        yield name, value
        yield from _examples_in(value, schemas[name], schemas)
    for option in schema.get("anyOf", ()):
        if option != {"type": "null"} and value is not None:
            yield from _examples_in(value, option, schemas)
    if isinstance(value, list) and "items" in schema:
        for item in value[:50]:
            yield from _examples_in(item, schema["items"], schemas)
    if isinstance(value, dict):
        for name, inner in schema.get("properties", {}).items():
            if name in value:
                yield from _examples_in(value[name], inner, schemas)


def capture() -> Node:
    """Return an example for every schema in the responses of GET operations, and for three schemas of other ones."""
    found: Node = {}
    with tempfile.TemporaryDirectory() as folder:
        app, client = demo_app(f"sqlite:///{Path(folder) / 'demo.db'}")
        made = build_complete(app)
        schemas = made["components"]["schemas"]
        for path, method, operation in operations(made):
            content = operation["responses"].get("200", {}).get("content", {}).get("application/json")
            if method != "get" or content is None or operation["operationId"] == "get_current_session":
                continue
            parameters = operation.get("parameters", ())
            taken = {parameter["name"] for parameter in parameters}
            fullest = {name: value for name, value in FULLEST.items() if name in taken}
            shown = {parameter["name"]: value for parameter in parameters for value in _example_of(parameter)}
            if operation["operationId"] == "get_application":
                fullest["expand"] += ",interviewers,notes,letters,references,follow_ups,offers"
            answer = client.get(filled(path, operation), params={**fullest, **shown} or None)
            if answer.status_code != 200:
                raise RuntimeError(f"GET {path} answered {answer.status_code}: {answer.text}")
            for name, value in _examples_in(answer.json(), content["schema"], schemas):
                if isinstance(value, dict) and name not in CHANGING and _fuller(value, found.get(name)):
                    found[name] = _short(value)
        _capture_writes(client, found, schemas)
        client.close()
        app.state.database.dispose()
    return _steady(dict(sorted(found.items())))


def _capture_writes(client: TestClient, found: Node, schemas: Node) -> None:
    """Add examples of responses to other methods than GET, and shorten two that would be long."""
    ended = client.post(f"/v1/applications/{ids.APPLICATION}/stages", json={"stage": "rejected"}, params=TRIED).json()
    found["WriteReport"], found["StepEffect"] = _short(ended), ended["effects"][0]
    told = client.post(f"/v1/interviews/{ids.INTERVIEW}/debrief", json=ids.BODIES["Debrief"]).json()
    found["Debriefed"] = _short(told)
    composed = client.post(f"/v1/interviews/{ids.INTERVIEW}/letters/compose", json=ids.BODIES["ComposeLetter"]).json()
    found["ComposedLetter"], found["SuggestedChannel"] = _short(composed), composed["suggested_channel"]
    found["ApplicationPublic"] = client.get(f"/v1/applications/{ids.APPLICATION}").json()
    for name in found["WholeApplication"].keys() - schemas["ApplicationPublic"]["properties"].keys():
        del found["ApplicationPublic"][name]
    for name in ("enums", "labels"):
        found["Meta"][name] = dict(list(found["Meta"][name].items())[:1])
    found["RecordPublic"] = found["ReferenceSheet"]["record"]  # that of a briefing repeats its text


def _fuller(value: Node, known: Node | None) -> bool:
    """Tell whether an example has fewer empty fields than the known one."""
    empty: tuple[object, ...] = (None, [], {}, "")
    return known is None or sum(v in empty for v in value.values()) < sum(v in empty for v in known.values())


def _steady(found: Node) -> Node:
    """Replace generated ids and the epoch of entity tags by fixed ones, so that two captures are equal."""
    text = EPOCH.sub(ids.EPOCH, json.dumps(found))
    ours = ids.demo_id(0)[:13]
    made_up = dict.fromkeys(id_ for id_ in UUID7.findall(text) if not id_.startswith(ours))
    for number, id_ in enumerate(made_up):
        text = text.replace(id_, ids.demo_id(900 + number))
    steady: Node = json.loads(text)
    return steady


def _short(value: Node) -> Node:
    """Return an example with at most one entry in each list, so that the docs stay readable."""
    return {name: inner[:1] if isinstance(inner, list) else inner for name, inner in value.items()}


if __name__ == "__main__":
    TARGET.write_text(json.dumps(capture(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    sys.stderr.write(f"{TARGET.name} written\n")
