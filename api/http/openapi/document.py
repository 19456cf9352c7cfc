"""The published document: the framework's, with what it leaves out – security, problems, headers, examples."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api import __version__
from api.http.credentials import COOKIE, CSRF_HEADER
from api.http.openapi import examples
from api.http.problems import ProblemDocument, ProblemField
from api.http.route_index import routes_of
from api.http.strict_route import MERGE_PATCH
from api.protocol.idempotency import KEY
from api.protocol.problem_types import PROBLEM_TYPES
from api.protocol.scopes import scopes_of

Node = dict[str, Any]
ACTIONS = ("send_letter", "erase_contact", "complete_step", "skip_step", "reopen_step", "snooze_step")
METHODS = ("get", "post", "put", "patch", "delete")
DESCRIPTION = """\
Everything that comes after a job interview, in seven steps: find out what happens next · get the contact details ·
make notes · send a thank-you letter within 24 hours · brief the references · make the call · keep looking.

Record what happened – applications, interviews, contacts, notes, letters, references, follow-ups – and read, for each
application and across all of them, which steps are upcoming, open, overdue or done, since when, why, and what to do
next. Instants are RFC 3339 in UTC with `Z`; deadlines are half open: at `due_at` a step is overdue.

Errors are problem documents (RFC 9457). Send `Authorization: Bearer <token>`; `POST /v1/sessions` gives one.
"""
TAGS = {
    "account": "Sign-up, sign-in, tokens, your profile and your policy.",
    "applications": "A role at a company, and all that follows from its interviews.",
    "stages": "The dated history of where an application stands; it decides stage, offer and ending.",
    "interviews": "Rounds, who took part, what was learned about the next stage, and the debrief.",
    "contacts": "People at employers and agencies.",
    "notes": "What went well, what is open, and everything else worth remembering.",
    "letters": "Drafts, and what was sent to whom.",
    "references": "Who speaks for you, and what each was told about which application.",
    "follow-ups": "Contact with the employer, in both directions.",
    "offers": "What is on the table, and until when.",
    "search-activities": "What keeps other doors open.",
    "steps": "The seven steps of an application: state, deadline, reason, next action.",
    "queue": "What is due across all applications.",
    "about": "Health, words, limits and the guide; no token needed.",
}
SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A session's or a personal token. Beside it stand the scopes that it needs: `all` has every "
        "one, `read` every one that ends so.",
    },
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "The session of a frontend in a browser, from POST /v1/sessions with `cookie`.",
    },
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": CSRF_HEADER,
        "description": "The `csrf_token` of that session: every write with the cookie needs it.",
    },
}
THROTTLED = ("create_user", "create_session", "create_password_reset", "confirm_password_reset")
UNTAGGED = ("export_account", "check_letter")
ETAG = {"description": "The version of the answer.", "required": True, "schema": {"type": "string"}, "example": '"3"'}
ETAG_UNLESS_EXPANDED = {**ETAG, "description": "The version of the answer; none with `expand`.", "required": False}
SET_COOKIE = {"description": "The session, where `cookie` was asked for.", "schema": {"type": "string"}}
LOCATION = {"description": "Where the new object is.", "required": True, "schema": {"type": "string"}}
REPLAYED = {"description": "`true` where the answer was kept from before.", "schema": {"type": "string"}}
LINK = {"description": 'The next page: `<…>; rel="next"`.', "schema": {"type": "string"}}


def build_openapi(app: FastAPI, now: datetime | None = None) -> Node:
    """Return the OpenAPI document. `now` dates the one example that must lie ahead; without it that stays fixed."""
    made: Node = get_openapi(
        title="Afterword",
        version=__version__,
        summary="Everything that comes after a job interview.",
        description=DESCRIPTION,
        routes=list(routes_of(app)),
        tags=[{"name": name, "description": text} for name, text in TAGS.items()],
        license_info={"name": "MIT", "identifier": "MIT"},
        servers=[{"url": "/", "description": "This server."}],
    )
    schemas = made["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for model in (ProblemField, ProblemDocument):
        schemas[model.__name__] = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas[model.__name__].pop("$defs", None)
    made["components"]["securitySchemes"] = SCHEMES
    for path, method, operation in operations(made):
        _complete_operation(path, method, operation)
    made["components"]["responses"] = {
        f"Problem{status}": _problem(status)
        for status in sorted({problem.status for problem in PROBLEM_TYPES.values()})
        if f"/Problem{status}" in str(made["paths"])
    }
    _add_examples(schemas)
    if now is not None:
        schemas["StepSnooze"]["examples"] = [{"until": f"{now + timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"}]
    return made


def operations(made: Node) -> Iterator[tuple[str, str, Node]]:
    """Go through all operations: path, method, operation."""
    for path, item in made["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def _complete_operation(path: str, method: str, operation: Node) -> None:
    is_open = operation.get("security") == []
    if not is_open:
        scopes = list(scopes_of(method.upper(), path))
        proof: Node = {} if method == "get" else {"csrf": []}
        operation["security"] = [{"bearer": scopes}, {"cookie": scopes, **proof}]
    first, _, rest = operation.get("description", "").partition("\n\n")
    if rest:
        operation["summary"], operation["description"] = first.rstrip("."), " ".join(rest.split())
    elif operation["summary"].istitle():
        operation["summary"] = first.rstrip(".")
    _complete_parameters(method, operation, is_open=is_open)
    _complete_responses(path, method, operation)
    for status in _problems(path, method, operation, is_open=is_open):
        operation["responses"][str(status)] = {"$ref": f"#/components/responses/Problem{status}"}


def _complete_parameters(method: str, operation: Node, *, is_open: bool) -> None:
    parameters = operation.setdefault("parameters", [])
    for parameter in parameters:
        _complete_parameter(parameter)
    if method == "get" and not is_open and operation["operationId"] not in UNTAGGED:
        parameters.append(_header("If-None-Match", "An ETag you have: 304 if it is still right."))
    if method in ("patch", "put", "delete") or operation["operationId"] in ACTIONS:
        parameters.append(_header("If-Match", "The ETag you have read: 412 if the object has changed since."))
    if method == "post" and not is_open and operation["operationId"] != "create_token":
        words = "Your key for this request: sent again with the same body, it is answered the same and done once."
        parameters.append(_header("Idempotency-Key", words, minLength=1, maxLength=255, pattern=f"^{KEY.pattern}$"))
        for status in ("200", "201"):
            if status in operation["responses"]:
                operation["responses"][status].setdefault("headers", {})["Idempotency-Replayed"] = REPLAYED
    if not parameters:
        del operation["parameters"]
    body = operation.get("requestBody")
    if body and method == "patch":
        body["content"][MERGE_PATCH] = body["content"]["application/json"]


def _complete_parameter(parameter: Node) -> None:
    """Give a path its example, and say what an id is."""
    name, schema = parameter["name"], parameter["schema"]
    if name in examples.PARAMETERS and parameter["in"] == "path":
        parameter["example"] = examples.PARAMETERS[name]
    if name.endswith("_id"):
        option: Node = schema["anyOf"][0] if "anyOf" in schema else schema
        option["format"] = "uuid"


def _header(name: str, description: str, **limits: object) -> Node:
    schema = {"type": "string", **limits}
    return {"name": name, "in": "header", "required": False, "description": description, "schema": schema}


def _complete_responses(path: str, method: str, operation: Node) -> None:
    answers = operation["responses"]
    answers.pop("422", None)
    for status, answer in answers.items():
        headers: Node = answer.get("headers", {})
        if status == "201":
            headers["Location"] = LOCATION
        is_object = "application/json" in answer.get("content", {})
        is_page = method == "get" and "'cursor'" in str(operation.get("parameters"))
        if is_page:
            headers["Link"] = LINK
        has_version = path.startswith("/v1") and method != "delete" and operation["tags"] != ["about"]
        has_version = has_version and operation["operationId"] not in UNTAGGED
        if is_object and has_version and (not is_page or operation["operationId"] == "list_queue"):
            expands = "'expand'" in str(operation.get("parameters"))
            headers["ETag"] = ETAG_UNLESS_EXPANDED if expands else ETAG
        if headers:
            answer["headers"] = headers
        if status == "201" and operation["operationId"] == "create_session":
            headers["Set-Cookie"] = SET_COOKIE
        if status in ("202", "204"):
            answer["description"] = "Done; there is nothing to show."
            answer.pop("content", None)


def _problems(path: str, method: str, operation: Node, *, is_open: bool) -> list[int]:
    """Return the statuses with which an operation may fail."""
    has_body = "requestBody" in operation
    found = {429} if operation["operationId"] in THROTTLED else set() if is_open else {401, 403, 429}
    found |= {404} if "{" in path else set()
    found |= {406} if "'name': 'format'" in str(operation.get("parameters", "")) else set()
    found |= {400} if "'cursor'" in str(operation.get("parameters", "")) else set()
    found |= {413, 415, 422} if has_body else set()
    found |= {422}
    found |= {412} if "If-Match" in str(operation.get("parameters", "")) else set()
    conflicts = (
        "create_",
        "update_letter",
        "delete_stage",
        "send_",
        "snooze_",
        "end_current",
        "update_contact",
        "erase_",
        "delete_me",
        "debrief_",
        "get_current",
    )
    found |= {409} if operation["operationId"].startswith(conflicts) else set()
    found |= {503} if path.startswith("/v1") or path == "/readyz" else set()
    if path == "/v1/sessions" and method == "post":
        found |= {401, 403}
    if path == "/v1/users":
        found |= {403}
    found |= {404} if operation["operationId"] in ("create_application", "create_search_activity") else set()
    if method == "get" and "If-None-Match" in str(operation.get("parameters", "")):
        operation["responses"]["304"] = {"description": "Your copy is still right.", "headers": {"ETag": ETAG}}
    return sorted(found)


def _problem(status: int) -> Node:
    titles = sorted({problem.title for problem in PROBLEM_TYPES.values() if problem.status == status})
    schema = {"$ref": "#/components/schemas/ProblemDocument"}
    answer: Node = {"description": "; ".join(titles) + ".", "content": {"application/problem+json": {"schema": schema}}}
    if status == 401:
        answer["headers"] = {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}}
    if status in (429, 503):
        answer["headers"] = {"Retry-After": {"required": True, "schema": {"type": "string"}}}
    return answer


@cache
def _captured_examples() -> Mapping[str, Any]:
    """Return what the demo account really answers, by schema."""
    captured: Mapping[str, Any] = json.loads(Path(__file__).with_name("examples.json").read_text(encoding="utf-8"))
    return captured


def _add_examples(schemas: Node) -> None:
    known = {**_captured_examples(), **examples.FIXED, **examples.BODIES}
    for name, schema in schemas.items():
        if name in known:
            schema["examples"] = [known[name]]
