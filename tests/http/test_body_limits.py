"""Bodies: what is refused by its size, before its token is known, and before it is parsed."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.http import strict_route
from api.http.admission import MAX_OPEN_BODY_BYTES
from api.security import PERSONAL_PREFIX, new_token
from tests.conftest import World
from tests.http.api_client import problem

pytestmark = pytest.mark.sqlite
UNKNOWN = json.dumps({f"{number:05x}": 1 for number in range(19_200)}).encode()  # 212 kB
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the bodies that were parsed."""
    sizes: list[int] = []

    def loads(body: str, **options: Any) -> Any:
        sizes.append(len(body))
        return json.loads(body, **options)

    class Spied:
        JSONDecodeError = json.JSONDecodeError

    Spied.loads = staticmethod(loads)  # type: ignore[attr-defined]  # a module with one function replaced
    monkeypatch.setattr(strict_route, "json", Spied)
    return sizes


def test_without_a_valid_token_a_body_is_not_parsed(world: World, parsed: list[int]) -> None:
    client = world.anonymous()
    for headers in ({}, {"Authorization": f"Bearer {new_token(PERSONAL_PREFIX)}"}):
        answer = client.post("/v1/applications", content=UNKNOWN, headers={**JSON, **headers})
        problem(answer, 401, "unauthorized")
    answer = world.sign_up(scopes=["steps:read"]).post("/v1/applications", content=UNKNOWN, headers=JSON)
    problem(answer, 403, "forbidden")
    assert parsed == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(UNKNOWN, id="unknown-fields"),
        pytest.param(b'{"policy": ' + UNKNOWN + b"}", id="unknown-fields-of-a-field"),
        pytest.param(json.dumps({"policy": [{"a": 1, "b": 2}] * 600}).encode(), id="many-objects"),
        pytest.param(b"[" + b"{}," * 60_000 + b"{}]", id="empty-objects"),
    ],
)
def test_a_body_with_too_many_names_gets_one_error(client: TestClient, body: bytes) -> None:
    found = problem(client.post("/v1/applications", content=body, headers=JSON), 422, "invalid", "")
    assert [error["code"] for error in found["errors"]] == ["json_invalid"]
    assert "more than 100 names" in found["detail"]


@pytest.mark.parametrize("path", ["/v1/users", "/v1/sessions", "/v1/password-resets", "/v1/password-resets/confirm"])
@pytest.mark.parametrize("chunked", [False, True])
def test_open_routes_take_small_bodies_only(
    path: str, chunked: bool, world: World, make_body: Callable[[int, bool], Any], parsed: list[int]
) -> None:
    client = world.anonymous()
    for headers in ({}, {"Authorization": world.sign_up().headers["Authorization"]}):
        answer = client.post(path, content=make_body(MAX_OPEN_BODY_BYTES + 1, chunked), headers={**JSON, **headers})
        problem(answer, 413, "payload_too_large")
    assert parsed == []
    problem(client.post(path, content=make_body(MAX_OPEN_BODY_BYTES, chunked), headers=JSON), 422, "invalid")


@pytest.fixture
def make_body() -> Callable[[int, bool], Any]:
    def make(size: int, chunked: bool) -> Any:
        whole = b"{" + b" " * (size - 2) + b"}"
        return iter([whole[:9_000], whole[9_000:]]) if chunked else whole

    return make


def test_the_limits_are_shown(world: World) -> None:
    limits = world.anonymous().get("/v1/meta").json()["limits"]
    assert (limits["body_bytes"], limits["open_body_bytes"]) == (262_144, 16_384)
