"""Rules for every operation of the published document, present and future.

Each is tried with the test client and over a socket: what works in the first may fail in the second, where a server
reads what the application sends.

Tests marked `sqlite` do not depend on the database, because the answer is decided before any statement. Malformed
bodies and content types are in test_hostile.
"""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.http import examples
from api.http.problems import slug
from api.protocol.problem_types import PROBLEM_TYPES
from api.security import PERSONAL_PREFIX, new_token
from tests.hostile.asgi_client import Sent, call_asgi
from tests.invariants.conftest import (
    CLOSED,
    OPERATIONS,
    WITH_A_BODY,
    Neighbours,
    Operation,
    Renewed,
    neighbours_on,
    prepared,
)
from tests.invariants.failures import Failures
from tests.services.checks import dump
from tests.stores import Store

pytestmark = pytest.mark.sqlite

PROBLEM_KEYS = {"type", "title", "status", "detail", "instance", "code", "request_id", "errors"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
NOBODY = {
    "without a token": {},
    "with nonsense": {"Authorization": "Bearer nonsense"},
    "with an unknown token": {"Authorization": f"Bearer {new_token(PERSONAL_PREFIX)}"},
    "with another scheme": {"Authorization": "Basic ZGVtbzpkZW1v"},
}
RETURN_SECRETS = (
    "create_token",
    "create_calendar_feed",
    "rotate_calendar_feed",
    "create_webhook",
    "rotate_webhook_secret",
)  # whose answers are not kept


@pytest.fixture(scope="module", params=["test client", "socket"])
def neighbours(request: pytest.FixtureRequest, demo_database: tuple[str, str], store: Store) -> Iterator[Neighbours]:
    """Clients in process, and clients of a real server."""
    with neighbours_on(demo_database, store, on_a_socket=request.param == "socket") as found:
        yield found


def assert_problem(answer: Any, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers.get("content-type") == "application/problem+json"
    problem = answer.json()
    assert problem.keys() >= PROBLEM_KEYS
    assert problem["status"] == PROBLEM_TYPES[problem["code"]].status == status
    assert problem["type"] == f"/problems/{slug(problem['code'])}"
    assert problem["request_id"] == answer.headers.get("x-request-id")
    assert problem["detail"].endswith(".")


def asked(client: TestClient, operation: Operation, **given: Any) -> Any:
    """Send the valid request of the demo account, with other headers, parameters or body if given."""
    return client.request(operation.method, operation.href, **operation.options(**given))


def without_traces(problem: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in problem.items() if name not in ("instance", "request_id")}


def test_a_request_without_a_valid_token_is_answered_401(neighbours: Neighbours) -> None:
    with Failures() as failures:
        for operation in CLOSED:
            for name, headers in NOBODY.items():
                with failures.of(operation, name):
                    answer = asked(neighbours.nobody, operation, headers=headers)
                    assert_problem(answer, 401)
                    assert answer.headers.get("www-authenticate", "").startswith("Bearer")


def test_a_write_with_a_cookie_needs_the_csrf_token_whatever_its_method(neighbours: Neighbours) -> None:
    origin = {"Origin": str(neighbours.nobody.base_url).rstrip("/")}
    body = {"email": examples.EMAIL, "password": examples.PASSWORD, "cookie": True}
    answer = neighbours.nobody.post("/v1/sessions", json=body, headers=origin)
    cookie, token = answer.headers["set-cookie"].partition(";")[0], answer.json()["csrf_token"]
    neighbours.nobody.cookies.clear()  # other tests use the same client
    with Failures() as failures:
        for operation in CLOSED:
            if operation.method == "GET":
                continue
            for sent in ({}, {"X-CSRF-Token": token[::-1]}):
                with failures.of(operation, str(list(sent))):
                    refused = asked(neighbours.nobody, operation, headers={**origin, "Cookie": cookie, **sent})
                    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")


def test_errors_of_a_body_are_not_reported_without_a_valid_token(neighbours: Neighbours) -> None:
    headers = NOBODY["with an unknown token"]
    with Failures() as failures:
        for operation in WITH_A_BODY:
            if operation.is_open:
                continue
            with failures.of(operation):
                assert_problem(asked(neighbours.nobody, operation, json={"no such field": 1}, headers=headers), 401)


def test_somebody_elses_object_is_answered_like_a_missing_one(neighbours: Neighbours) -> None:
    stranger, database = neighbours.stranger, neighbours.world.database
    owner = neighbours.demo.get("/v1/me").json()["id"]
    before = dump(database, owner)
    with Failures() as failures:
        for operation in CLOSED:
            if "{" not in operation.path:
                continue
            with failures.of(operation):
                theirs = asked(stranger, operation)
                assert_problem(theirs, 404)
                missing_href = re.sub(r"[0-9a-f]{8}-", "01f00000-", operation.href)
                missing = stranger.request(operation.method, missing_href, **operation.options())
                assert without_traces(theirs.json()) == without_traces(missing.json())
                junk = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "no-such-id", operation.href)
                assert_problem(stranger.request(operation.method, junk, **operation.options()), 404)
                assert dump(database, owner) == before


def test_an_unknown_query_parameter_is_refused_with_the_allowed_ones(neighbours: Neighbours) -> None:
    with Failures() as failures:
        for operation in CLOSED:
            with failures.of(operation):
                answer = asked(neighbours.demo, operation, params={"surprise": "1"})
                assert_problem(answer, 422)
                assert answer.json()["errors"][0]["parameter"] == "surprise"


def test_an_unknown_field_is_refused_by_its_pointer(neighbours: Neighbours) -> None:
    with Failures() as failures:
        for operation in WITH_A_BODY:
            with failures.of(operation):
                body = {**operation.body, "sur/prise": 1}
                answer = asked(neighbours.demo, operation, json=body)
                assert_problem(answer, 422)
                wanted = {"pointer": "/sur~1prise", "code": "unknown_field"}
                assert wanted.items() <= answer.json()["errors"][0].items()


def test_another_method_is_refused_with_the_complete_allow(neighbours: Neighbours) -> None:
    with Failures() as failures:
        for path in sorted({operation.path for operation in OPERATIONS}):
            here = [operation for operation in OPERATIONS if operation.path == path]
            allowed = {operation.method for operation in here}
            allowed |= {"HEAD"} if "GET" in allowed else set()
            for method in {*METHODS, "TRACE"} - allowed:
                with failures.of(method, path):
                    answer = neighbours.demo.request(method, here[0].href)
                    assert_problem(answer, 405)
                    assert set(answer.headers.get("allow", "").split(", ")) == allowed


def test_head_answers_like_get_without_the_body(neighbours: Neighbours) -> None:
    unlike = ("x-request-id", "ratelimit", "date", "transfer-encoding")
    with Failures() as failures:
        for operation in OPERATIONS:
            if operation.method != "GET":
                continue
            with failures.of(operation):
                get = neighbours.demo.get(operation.href)
                head = neighbours.demo.head(operation.href)
                assert (head.status_code, head.content) == (get.status_code, b"")
                headers = [{k: v for k, v in one.headers.items() if k not in unlike} for one in (head, get)]
                assert headers[0] == headers[1]
                if not neighbours.is_on_a_socket:
                    assert sent_by_head(neighbours.demo, operation) == b""


def sent_by_head(client: TestClient, operation: Operation) -> bytes:
    """Return the body that the application sends after a HEAD, which an HTTP client would discard."""
    headers = ((b"host", b"testserver"), (b"authorization", client.headers["Authorization"].encode()))
    sent = Sent("HEAD", operation.href.encode(), headers=headers)
    return asyncio.run(call_asgi(client.app, sent)).body  # type: ignore[arg-type]  # it is a FastAPI application


def test_every_problem_type_has_a_page(neighbours: Neighbours) -> None:
    with Failures() as failures:
        for code, problem in PROBLEM_TYPES.items():
            with failures.of(code):
                answer = neighbours.nobody.get(f"/problems/{slug(code)}")
                assert answer.status_code == 200
                assert problem.title in answer.text


def test_an_unknown_address_is_a_problem_too(neighbours: Neighbours) -> None:
    assert_problem(neighbours.demo.get("/v1/nothing-here"), 404)
    assert_problem(neighbours.nobody.get("/nothing-here"), 404)


def test_unknown_addresses_below_v1_are_answered_401_without_a_token(neighbours: Neighbours) -> None:
    assert_problem(neighbours.nobody.get("/v1/nothing-here"), 401)


def test_a_post_repeated_with_its_idempotency_key_gets_the_same_answer(
    renewed: Renewed, demo_database: tuple[str, str]
) -> None:
    demo = renewed.world.app_client()
    demo.headers.update({"Authorization": demo_database[1], "Idempotency-Key": "once"})
    with Failures() as failures:
        for operation in CLOSED:
            if operation.method != "POST":
                continue
            renewed.renew()
            with failures.of(operation):
                prepared(operation, demo)
                first, again = (demo.post(operation.href, **operation.options()) for _ in range(2))
                assert first.status_code == again.status_code in (200, 201, 202), first.text
                assert str(first.status_code) in operation.responses
                if operation.name in RETURN_SECRETS:
                    continue
                assert again.headers.get("idempotency-replayed") == "true"
                assert again.content == first.content
                assert again.headers.get("etag") == first.headers.get("etag")
