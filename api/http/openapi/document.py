"""The OpenAPI document: FastAPI's, completed with security, problems, headers and examples."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from api import __version__
from api.http import examples
from api.http.credentials import CSRF_HEADER
from api.http.openapi.events import add_events
from api.http.openapi.lean import lean
from api.http.openapi.problem_examples import problem_example
from api.http.openapi.reports import add_report, add_report_schemas
from api.http.problems import ProblemDocument, ProblemField
from api.http.route_index import routes_of
from api.http.strict_route import MERGE_PATCH, Route
from api.protocol.etags import IF_MATCH, MAX_LENGTH
from api.protocol.idempotency import KEY
from api.protocol.problem_types import PROBLEM_TYPES
from api.security import COOKIE

Node = dict[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")
DESCRIPTION = """\
Everything that comes after a job interview, in seven steps: find out what happens next · get the contact details ·
make notes · send a thank-you letter within 24 hours · brief the references · make the call · keep looking.

Record what happened: applications, interviews, contacts, notes, letters, references, follow-ups. Then read, for one
application or for all, which steps are upcoming, open, overdue or done, since when, why, and what to do next. Every
write updates the steps that depend on it before the response is sent. Instants are RFC 3339 in UTC with `Z`. An open
step is overdue from `due_at` on; a step that is completed exactly at `due_at` is done in time.

Errors are problem documents (RFC 9457). Send `Authorization: Bearer <token>`; `POST /v1/sessions` gives one.
"""
TAGS = {
    "account": "Begin here: sign up, sign in, make tokens for programs. Also your profile, your own deadlines (the "
    "policy), your activity, the export of your data and the end of your account.",
    "applications": "A job that you applied for: the company, the role, and whom to ask how it stands.",
    "interviews": "Each interview: when it is, who takes part, what you learned, and cards to prepare for it.",
    "steps": "The seven steps after an interview: what is open, until when, why, and what to do next. Mark a step as "
    "done, skip it, or snooze it.",
    "queue": "What to do now, for all your applications in one list.",
    "stages": "How an application moved on: applied, interviewing, offered, accepted, rejected and so on, with dates.",
    "contacts": "People at employers and agencies: names, titles, e-mail addresses and numbers.",
    "notes": "What went well in an interview, what worried them, and other things to remember.",
    "letters": "Thank-you letters and other letters: write them from your notes, check them, and record when you sent "
    "them. Templates for your own words.",
    "references": "People who speak for you, and what you told each of them about an application.",
    "follow-ups": "Calls and mails with the employer after the interview, both yours and theirs.",
    "offers": "Job offers: the pay, and until when you must answer.",
    "search-activities": "What you do to find other jobs. It completes step 7, to keep looking.",
    "search": "Find a word in all your notes, letters, contacts and applications.",
    "calendar": "Addresses to which calendar programs subscribe.",
    "writes": "What assistants wrote in the last 24 hours, and undoing it.",
    "webhooks": "Addresses of other services to which signed events are sent: when a step opens, is due soon, overdue "
    "or done, and when facts are recorded. Also what was sent to them, and with what result.",
    "statistics": "How far your applications came, and how long the answers took.",
    "exports": "Lists as files, and a report of your job search to hand in.",
    "imports": "Take in what you have: a table of applications, an export of another server, an invitation.",
    "about": "The guide to the seven steps, allowed values, limits, health, and every error. No token needed.",
}
SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of a session, or a personal token. The list names the scopes that it needs: `all` "
        "contains every scope, `read` every scope that ends in `:read`, and `…:write` the `…:read` of its area. "
        "Without `contacts:read`, a response shows of people only id, role and name. `steps:read` names people too: "
        "the reason of a step says whom to call.",
    },
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "The session of a frontend in a browser, from POST /v1/sessions with `cookie: true`.",
    },
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": CSRF_HEADER,
        "description": "The `csrf_token` of that session; every write with the cookie needs it.",
    },
}
ETAG = {
    "description": "The version of the response.",
    "required": True,
    "schema": {"type": "string"},
    "example": f'"{examples.EPOCH}-8-3"',
}
ETAG_UNLESS_EXPANDED = {**ETAG, "description": "The version of the response; absent with `expand`.", "required": False}
ETAG_UNLESS_REPORT = {**ETAG, "description": "The version of the response; absent from a report.", "required": False}
LOCATION = {"description": "The address of the new object.", "required": True, "schema": {"type": "string"}}
REPLAYED = {"description": "`true` if this is the stored response to an earlier request.", "schema": {"type": "string"}}
LINK = {"description": 'The next page: `<…>; rel="next"`.', "schema": {"type": "string"}}


def build_openapi(app: FastAPI, now: datetime | None = None) -> Node:
    """Return the published OpenAPI document. `now`: the instant from which the one example in the future is dated."""
    return lean(build_complete(app, now))


def build_complete(app: FastAPI, now: datetime | None = None) -> Node:
    """Return the document before it is made small: every operation is complete by itself."""
    routes = tuple(routes_of(app))
    made: Node = json.loads(_generated(_Routes(routes), app.state.settings.public_url or "/"))
    schemas = made["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for model in (ProblemField, ProblemDocument):
        schemas[model.__name__] = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas[model.__name__].pop("$defs", None)
        for field in schemas[model.__name__]["properties"].values():
            field.pop("default", None)  # an absent field has none
    problem = problem_example(422)
    schemas["ProblemDocument"]["examples"], schemas["ProblemField"]["examples"] = [problem], problem["errors"]
    add_report_schemas(schemas)
    made["components"]["securitySchemes"] = SCHEMES
    declared = {route.operation_id: route for route in routes if isinstance(route, Route)}
    for _, _, operation in operations(made):
        _complete_operation(declared[operation["operationId"]], operation)
    made["components"]["responses"] = {
        f"E{status}": _problem(status)
        for status in sorted({problem.status for problem in PROBLEM_TYPES.values()})
        if f"/E{status}" in str(made["paths"])
    }
    add_events(made)
    _add_examples(schemas)
    if now is not None:
        for name in ("StepSnooze", "StepsSnooze"):
            (shown,) = schemas[name]["examples"]
            schemas[name]["examples"] = [{**shown, "until": f"{now + timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"}]
    return made


class _Routes:
    """Routes as the key of a cache, by identity, because FastAPI's cannot be hashed."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self.routes = routes
        self._ids = tuple(map(id, routes))

    def __hash__(self) -> int:
        return hash(self._ids)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Routes) and other._ids == self._ids


@lru_cache(maxsize=1)
def _generated(routes: _Routes, server: str) -> str:
    """Return what FastAPI generates, as JSON: it takes a second, and stays the same while the process runs."""
    made = get_openapi(
        title="Afterword",
        version=__version__,
        summary="Everything that comes after a job interview.",
        description=DESCRIPTION,
        routes=routes.routes,
        tags=[{"name": name, "description": text} for name, text in TAGS.items()],
        license_info={"name": "MIT", "identifier": "MIT"},
        servers=[{"url": server, "description": "This server."}],
    )
    return json.dumps(made)


def operations(made: Node) -> Iterator[tuple[str, str, Node]]:
    """Yield path, method and operation of all operations."""
    for path, item in made["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def _complete_operation(route: Route, operation: Node) -> None:
    """Add security, headers and problems of the route; split the docstring into summary and description."""
    if route.needs_token:
        proof: Node = {} if route.method == "GET" else {"csrf": []}
        operation["security"] = [{"bearer": list(route.scopes)}, {"cookie": [], **proof}]
    else:
        operation["security"] = []
    first, _, rest = operation.get("description", "").partition("\n\n")
    operation["summary"] = first.rstrip(".")
    if rest:
        operation["description"] = " ".join(rest.split())
    _complete_parameters(route, operation)
    _complete_responses(route, operation)
    for status in _problem_statuses(route):
        operation["responses"][str(status)] = {"$ref": f"#/components/responses/E{status}"}


def _complete_parameters(route: Route, operation: Node) -> None:
    parameters = operation.setdefault("parameters", [])
    for parameter in parameters:
        _complete_parameter(parameter)
    if route.declaration.if_none_match:
        parameters.append(_header("If-None-Match", "An ETag that you have; 304 if it is current."))
        operation["responses"]["304"] = {"description": "Your copy is current.", "headers": {"ETag": ETAG}}
    if route.declaration.if_match:
        words = "The ETag that you read, with its quotes; 412 if the object has changed since."
        parameters.append(_header("If-Match", words, maxLength=MAX_LENGTH, pattern=f"^{IF_MATCH.pattern}$"))
    if route.declaration.idempotency_key:
        words = "A key of your choice: a repeated request with it gets the same response and has its effect once."
        parameters.append(_header("Idempotency-Key", words, minLength=1, maxLength=255, pattern=f"^{KEY.pattern}$"))
    if not parameters:
        del operation["parameters"]
    body = operation.get("requestBody")
    if body and route.method == "PATCH":
        body["content"][MERGE_PATCH] = body["content"]["application/json"]


def _complete_parameter(parameter: Node) -> None:
    """Add the example of a required parameter, and the format of an id."""
    name, schema = parameter["name"], parameter["schema"]
    if name in examples.PARAMETERS and parameter["required"]:
        parameter["example"] = examples.PARAMETERS[name]
    if name.endswith("_id"):
        option: Node = schema["anyOf"][0] if "anyOf" in schema else schema
        option["format"] = "uuid"


def _header(name: str, description: str, **limits: object) -> Node:
    schema = {"type": "string", **limits}
    return {"name": name, "in": "header", "required": False, "description": description, "schema": schema}


def _complete_responses(route: Route, operation: Node) -> None:
    answers = operation["responses"]
    answers.pop("422", None)
    for status, answer in answers.items():
        headers: Node = {**answer.get("headers", {}), **_response_headers(route, status, answer)}
        if headers:
            answer["headers"] = headers
        if status == "204" or (status == "202" and route.response_model is None):
            answer["description"] = "Done; the response has no body."
            answer.pop("content", None)
        elif answer["description"] == "Successful Response":
            answer["description"] = "Created." if status == "201" else "Done."
    if route.declaration.reports_writes:
        add_report(answers)


def _response_headers(route: Route, status: str, answer: Node) -> Node:
    """Return the headers of a response that is not a problem."""
    headers: Node = {}
    is_page = "cursor" in route.query_names
    if status == "304":
        return headers
    if status == "201":
        headers["Location"] = LOCATION
    if is_page:
        headers["Link"] = LINK
    has_version = route.declaration.etag and (not is_page or route.declaration.reads_steps)
    if has_version and route.method != "DELETE" and "application/json" in answer.get("content", {}):
        is_report = route.declaration.reports_writes and status == "200"
        optional = ETAG_UNLESS_REPORT if is_report else ETAG_UNLESS_EXPANDED if "expand" in route.query_names else None
        headers["ETag"] = optional or ETAG
    if route.declaration.idempotency_key and status in ("200", "201"):
        headers["Idempotency-Replayed"] = REPLAYED
    return headers


def _problem_statuses(route: Route) -> list[int]:
    """Return the statuses with which an operation may fail: those that follow from the route, and the declared ones."""
    found = {422, *route.declaration.errors}
    found |= {401, 403, 429} if route.needs_token else set()
    found |= {404} if "{" in route.path else set()
    found |= {406} if "format" in route.query_names else set()
    found |= {400} if "cursor" in route.query_names else set()
    found |= {413, 415} if route.body_field is not None else set()
    found |= {410} if route.declaration.idempotency_key else set()
    found |= {409} if route.needs_token and route.method not in ("GET", "DELETE") else set()
    found |= {412} if route.declaration.if_match else set()
    found |= {503} if route.path.startswith("/v1") else set()
    found |= {507} if route.path.startswith("/v1") and route.method != "GET" else set()
    return sorted(found)


def _problem(status: int) -> Node:
    titles = sorted({problem.title for problem in PROBLEM_TYPES.values() if problem.status == status})
    schema = {"$ref": "#/components/schemas/ProblemDocument"}
    content = {"application/problem+json": {"schema": schema, "example": problem_example(status)}}
    answer: Node = {"description": "; ".join(titles) + ".", "content": content}
    if status == 401:
        answer["headers"] = {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}}
    if status in (429, 503, 507):
        answer["headers"] = {"Retry-After": {"required": True, "schema": {"type": "string"}}}
    return answer


def _add_examples(schemas: Node) -> None:
    """Add the captured responses of the demo account and the request bodies as examples."""
    captured = json.loads(Path(__file__).with_name("examples.json").read_text(encoding="utf-8"))
    known = {**captured, **examples.FIXED, **examples.BODIES}
    for name, schema in schemas.items():
        if name in known:
            schema["examples"] = [known[name]]
