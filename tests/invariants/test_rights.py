"""Every operation of the document against nobody, and against tokens that lapsed, lack a right or are another's."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api import examples
from api.models.token import TokenCreate
from api.models.user import UserCreate
from api.requests import Route
from api.resources import router
from api.scopes import ALL, READ, READS, SCOPES, WRITES, missing, scopes_of
from api.services import access, accounts
from tests.capture import NOW
from tests.invariants.conftest import ABOUT_A_SESSION, DOCUMENT, OPERATIONS, Operation, prepared

CLOSED = [operation for operation in OPERATIONS if not operation.is_open]
NEEDED = {
    operation["operationId"]: operation["security"][0]["bearer"]
    for item in DOCUMENT["paths"].values()
    for operation in item.values()
    if operation["security"]
}
# What a token hands on to another, it has to have.
HANDED_ON = {"create_token": examples.BODIES["TokenCreate"]["scopes"]}
FINE = [scope for scope in SCOPES if ":" in scope]


@pytest.fixture
def app(demo_client: TestClient) -> FastAPI:
    made: Any = demo_client.app
    return made  # type: ignore[no-any-return]


@pytest.fixture
def token_of(app: FastAPI) -> Iterator[Callable[..., TestClient]]:
    """Return clients of the demo account, or of another's, by the scopes of their tokens."""
    clients: list[TestClient] = []

    def make(*scopes: str, email: str = examples.EMAIL, revoked: bool = False, lapsed: bool = False) -> TestClient:
        with app.state.database.write(NOW - timedelta(days=2)) as session:
            user = accounts.by_email(session, email)
            if user is None:
                body = UserCreate(email=email, password="tall grey horse", full_name="O", time_zone="UTC")
                user = accounts.sign_up(session, body, None)
            session.owner = user.id
            lapses = NOW if lapsed else None
            wanted = TokenCreate.model_validate({"name": "app", "scopes": scopes or [ALL], "expires_at": lapses})
            token, secret = access.issue_token(session, wanted)
            if revoked:
                session.delete(token)
        client = TestClient(app, headers={"Authorization": f"Bearer {secret}"}, raise_server_exceptions=False)
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


def ask(client: TestClient, operation: Operation, **more: Any) -> Any:
    return client.request(operation.method, operation.href, json=operation.body, **more)


@pytest.mark.parametrize("operation", CLOSED, ids=str)
def test_every_operation_against_everybody(operation: Operation, token_of: Callable[..., TestClient]) -> None:
    needed = NEEDED[operation.name]
    nobody = token_of()
    nobody.headers.pop("Authorization")
    refused = {
        "without a token": (nobody, 401),
        "with a token that lapsed": (token_of(lapsed=True), 401),
        "with a token that was revoked": (token_of(revoked=True), 401),
        **{f"without {one}": (token_of(*(s for s in FINE if s != one)), 403) for one in needed},
    }
    if "{" in operation.path:
        refused["by somebody else"] = (token_of(email="other@example.com"), 404)
    found = {name: (ask(client, operation).status_code, status) for name, (client, status) in refused.items()}
    assert {name for name, (seen, wanted) in found.items() if seen != wanted} == set(), found
    mine = token_of(*needed, *HANDED_ON.get(operation.name, ()))
    answer = ask(mine, operation, params=prepared(operation, mine))
    assert answer.status_code < 300 or operation.name in ABOUT_A_SESSION, answer.text


@pytest.mark.parametrize("operation", CLOSED, ids=str)
def test_what_is_missing_is_named(operation: Operation, token_of: Callable[..., TestClient]) -> None:
    needed = NEEDED[operation.name]
    answer = ask(token_of(*(scope for scope in FINE if scope not in needed)), operation)
    assert answer.status_code == 403
    assert answer.json()["missing_scopes"] == needed
    assert all(scope in answer.json()["detail"] for scope in needed)
    assert f'scope="{" ".join(needed)}"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("operation", [o for o in CLOSED if o.body is not None], ids=str)
def test_a_token_without_the_right_learns_nothing_about_its_input(
    operation: Operation, token_of: Callable[..., TestClient]
) -> None:
    client = token_of(*(scope for scope in FINE if scope not in NEEDED[operation.name]))
    assert client.request(operation.method, operation.href, json={"no such field": 1}).status_code == 403


@pytest.mark.parametrize("operation", [o for o in CLOSED if o.method == "GET"], ids=str)
def test_a_token_that_reads_reads_everything(operation: Operation, token_of: Callable[..., TestClient]) -> None:
    assert ask(token_of(READ), operation).status_code == (409 if operation.name in ABOUT_A_SESSION else 200)


@pytest.mark.parametrize("operation", [o for o in CLOSED if o.method != "GET"], ids=str)
def test_a_token_that_reads_writes_nothing(operation: Operation, token_of: Callable[..., TestClient]) -> None:
    assert ask(token_of(READ), operation).status_code == 403


def test_the_document_says_what_is_enforced(app: FastAPI) -> None:
    enforced = {
        route.operation_id: list(route.scopes)
        for route in app.router.routes
        if isinstance(route, Route) and route.scopes and route.include_in_schema
    }
    assert enforced == NEEDED
    assert {scope for scopes in NEEDED.values() for scope in scopes} == {*READS, *WRITES}


def test_an_operation_that_belongs_to_no_area_is_not_even_made() -> None:
    with pytest.raises(LookupError, match=r"api/scopes\.py"):
        router("new").get("/v1/surprises")(lambda: None)


@pytest.mark.parametrize(
    ("method", "path", "scopes"),
    [
        ("GET", "/v1/notes/{note_id}", ["applications:read"]),
        ("PUT", "/v1/applications/{application_id}/contacts/{contact_id}", ["applications:write"]),
        ("PUT", "/v1/applications/{application_id}/references/{reference_id}", ["applications:write"]),
        ("GET", "/v1/references", ["contacts:read"]),
        ("POST", "/v1/contacts/{contact_id}/erase", ["contacts:write"]),
        ("GET", "/v1/applications/{application_id}/steps", ["steps:read"]),
        ("POST", "/v1/applications/{application_id}/steps/skip", ["steps:write"]),
        ("GET", "/v1/queue/summary", ["steps:read"]),
        ("POST", "/v1/search-activities", ["steps:write"]),
        ("POST", "/v1/tokens", ["account:write"]),
        ("GET", "/v1/me/export", list(READS)),
        ("DELETE", "/v1/me", list(WRITES)),
    ],
)
def test_an_address_belongs_to_the_area_of_its_noun(method: str, path: str, scopes: list[str]) -> None:
    assert list(scopes_of(method, path)) == scopes


@pytest.mark.parametrize(
    ("needed", "granted", "lacking"),
    [
        pytest.param(["contacts:read"], ["all"], [], id="all-has-everything"),
        pytest.param(["contacts:read"], ["read"], [], id="read-reads"),
        pytest.param(["contacts:write"], ["read"], ["contacts:write"], id="read-writes-nothing"),
        pytest.param(["contacts:read"], ["contacts:write"], ["contacts:read"], id="writing-is-not-reading"),
        pytest.param(["all"], [*READS, *WRITES], [], id="every-one-is-all"),
        pytest.param(["all"], [*READS, *WRITES[1:]], ["all"], id="all-but-one-is-not-all"),
        pytest.param(["read"], READS, [], id="every-one-that-reads-is-read"),
        pytest.param(["read"], ["all"], [], id="all-reads"),
        pytest.param(["all"], ["read"], ["all"], id="read-is-not-all"),
    ],
)
def test_what_a_token_contains(needed: list[str], granted: list[str], lacking: list[str]) -> None:
    assert missing(needed, granted) == lacking
