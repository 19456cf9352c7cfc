"""What holds for every operation of the published document, present and future."""

import re
from typing import Any

import pytest

from api.catalog import CATALOG
from api.problems import slug
from api.security import PERSONAL_PREFIX, new_token
from tests.capture import demo_app
from tests.invariants.conftest import OPERATIONS, Neighbours, Operation

PROBLEM_KEYS = {"type", "title", "status", "detail", "instance", "code", "request_id", "errors"}
CLOSED = [operation for operation in OPERATIONS if not operation.is_open]
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def assert_problem(answer: Any, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem.keys() >= PROBLEM_KEYS
    assert problem["status"] == status
    assert problem["type"] == f"/problems/{slug(problem['code'])}"
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["detail"].endswith(".")


def without_traces(problem: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in problem.items() if name not in ("instance", "request_id")}


@pytest.mark.parametrize("operation", CLOSED, ids=str)
@pytest.mark.parametrize(
    "token",
    [
        pytest.param(None, id="without-a-token"),
        pytest.param("Bearer nonsense", id="with-nonsense"),
        pytest.param(f"Bearer {new_token(PERSONAL_PREFIX)}", id="with-an-unknown-token"),
        pytest.param("Basic ZGVtbzpkZW1v", id="with-another-scheme"),
    ],
)
def test_nobody_is_answered_401(operation: Operation, token: str | None, neighbours: Neighbours) -> None:
    headers = {"Authorization": token} if token else {}
    answer = neighbours.nobody.request(operation.method, operation.href, json=operation.body, headers=headers)
    assert_problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("operation", [o for o in CLOSED if o.body is not None], ids=str)
def test_nobody_learns_what_is_wrong_with_a_body(operation: Operation, neighbours: Neighbours) -> None:
    headers = {"Authorization": f"Bearer {new_token(PERSONAL_PREFIX)}"}
    answer = neighbours.nobody.request(operation.method, operation.href, json={"no such field": 1}, headers=headers)
    assert_problem(answer, 401)


@pytest.mark.parametrize("operation", [o for o in CLOSED if "{" in o.path], ids=str)
def test_what_is_somebody_elses_does_not_exist(operation: Operation, neighbours: Neighbours) -> None:
    theirs = neighbours.stranger.request(operation.method, operation.href, json=operation.body)
    assert_problem(theirs, 404)
    missing_href = re.sub(r"[0-9a-f]{8}-", "01f00000-", operation.href)
    missing = neighbours.stranger.request(operation.method, missing_href, json=operation.body)
    assert without_traces(theirs.json()) == without_traces(missing.json())
    junk = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "no-such-id", operation.href)
    assert_problem(neighbours.stranger.request(operation.method, junk, json=operation.body), 404)


@pytest.mark.parametrize("operation", CLOSED, ids=str)
def test_an_unknown_query_parameter_is_refused_with_the_allowed_ones(
    operation: Operation, neighbours: Neighbours
) -> None:
    params = {"surprise": "1"}
    answer = neighbours.demo.request(operation.method, operation.href, json=operation.body, params=params)
    assert_problem(answer, 422)
    assert answer.json()["errors"][0]["parameter"] == "surprise"


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.body is not None], ids=str)
def test_an_unknown_field_is_refused_by_its_pointer(operation: Operation, neighbours: Neighbours) -> None:
    body = {**operation.body, "sur/prise": 1}
    answer = neighbours.demo.request(operation.method, operation.href, json=body)
    assert_problem(answer, 422)
    assert {"pointer": "/sur~1prise", "code": "unknown_field"}.items() <= answer.json()["errors"][0].items()


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.body is not None], ids=str)
@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/vnd.api+json", "multipart/form-data"])
def test_another_content_type_is_refused(operation: Operation, kind: str, neighbours: Neighbours) -> None:
    headers = {"Content-Type": kind}
    answer = neighbours.demo.request(operation.method, operation.href, content=b"{}", headers=headers)
    assert_problem(answer, 415)
    name = "accept-patch" if operation.method == "PATCH" else "accept-post"
    assert "application/json" in answer.headers[name]


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.body is not None], ids=str)
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b'{"a": ', id="cut-off"),
        pytest.param(b"\xff\xfe", id="not-utf-8"),
        pytest.param(b'{"a": NaN}', id="nan"),
        pytest.param(b'{"at": null, "at": null}', id="a-name-twice"),
        pytest.param(b'{"note": "\\ud800"}', id="half-a-character"),
        pytest.param(b'{"note": "\\u0000"}', id="nul"),
        pytest.param(b"[" * 100_000, id="nested-without-end"),
        pytest.param(b'{"a": ' + b"9" * 10_000 + b"}", id="ten-thousand-digits"),
        pytest.param(b"[]", id="a-list-at-the-top"),
        pytest.param(b'"text"', id="a-text-at-the-top"),
    ],
)
def test_a_broken_body_is_refused(operation: Operation, content: bytes, neighbours: Neighbours) -> None:
    headers = {"Content-Type": "application/json"}
    answer = neighbours.demo.request(operation.method, operation.href, content=content, headers=headers)
    assert_problem(answer, 422)


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.body is not None], ids=str)
def test_a_body_too_large_is_refused(operation: Operation, neighbours: Neighbours) -> None:
    content = b'{"note": "' + b"x" * 300_000 + b'"}'
    headers = {"Content-Type": "application/json"}
    answer = neighbours.demo.request(operation.method, operation.href, content=content, headers=headers)
    assert_problem(answer, 413)


@pytest.mark.parametrize("path", sorted({operation.path for operation in OPERATIONS}))
def test_another_method_is_refused_with_the_complete_allow(path: str, neighbours: Neighbours) -> None:
    here = [operation for operation in OPERATIONS if operation.path == path]
    allowed = {operation.method for operation in here} | ({"HEAD"} if any(o.method == "GET" for o in here) else set())
    overlapping = {"DELETE"} if path == "/v1/sessions/current" else set()
    for method in (*METHODS, "TRACE"):
        if method in allowed | overlapping:
            continue
        answer = neighbours.demo.request(method, here[0].href)
        assert_problem(answer, 405)
        assert set(answer.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.method == "GET"], ids=str)
def test_head_answers_like_get_without_the_body(operation: Operation, neighbours: Neighbours) -> None:
    get = neighbours.demo.get(operation.href)
    head = neighbours.demo.head(operation.href)
    assert (head.status_code, head.content) == (get.status_code, b"")
    unlike = ("x-request-id", "ratelimit")
    assert {k: v for k, v in head.headers.items() if k not in unlike} == {
        k: v for k, v in get.headers.items() if k not in unlike
    }


@pytest.mark.parametrize("code", CATALOG)
def test_a_page_stands_behind_every_type_of_problem(code: str, neighbours: Neighbours) -> None:
    answer = neighbours.nobody.get(f"/problems/{slug(code)}")
    assert answer.status_code == 200
    assert CATALOG[code].title in answer.text


def test_an_unknown_address_is_a_problem_too(neighbours: Neighbours) -> None:
    assert_problem(neighbours.demo.get("/v1/nothing-here"), 404)
    assert_problem(neighbours.nobody.get("/nothing-here"), 404)


def test_nobody_learns_which_addresses_there_are(neighbours: Neighbours) -> None:
    assert_problem(neighbours.nobody.get("/v1/nothing-here"), 401)


@pytest.mark.parametrize("operation", [o for o in CLOSED if o.method == "POST"], ids=str)
def test_a_post_sent_again_with_its_key_is_answered_the_same(operation: Operation, empty_url: str) -> None:
    app, demo = demo_app(empty_url)
    body = {"until": "2026-03-14T17:00:00Z"} if operation.name == "snooze_step" else operation.body
    headers = {"Idempotency-Key": "once"}
    first, again = (demo.request("POST", operation.href, json=body, headers=headers) for _ in range(2))
    assert first.status_code == again.status_code == (200 if "200" in operation.responses else 201), first.text
    if operation.name != "create_token":
        assert again.headers["idempotency-replayed"] == "true"
        assert again.content == first.content
        assert again.headers["etag"] == first.headers["etag"]
    demo.close()
    app.state.database.dispose()
