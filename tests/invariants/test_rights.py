"""Every operation of the document against nobody, and against tokens that lapsed, lack a right or are another's."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api import examples
from api.directory import routes_of
from api.main import create_app
from api.models.token import TokenCreate
from api.models.user import UserCreate
from api.requests import Route
from api.resources import router
from api.scopes import ALL, READ, READS, SCOPES, WRITES, missing, scopes_of
from api.services import access, accounts
from api.settings import Settings
from tests.capture import NOW
from tests.invariants.conftest import ABOUT_A_SESSION, DOCUMENT, OPERATIONS, Operation, prepared
from tests.stores import Store

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


class Issuer:
    """Makes clients of one application by the scopes of their tokens: the demo account's, or another's."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.clients: dict[Any, TestClient] = {}

    def token(
        self, *scopes: str, email: str = examples.EMAIL, revoked: bool = False, lapsed: bool = False
    ) -> TestClient:
        wanted = (scopes, email, revoked, lapsed)
        if wanted not in self.clients:
            secret = self._issue(scopes or (ALL,), email, lapses=NOW if lapsed else None, revoked=revoked)
            headers = {"Authorization": f"Bearer {secret}"}
            self.clients[wanted] = TestClient(self.app, headers=headers, raise_server_exceptions=False)
        return self.clients[wanted]

    def nobody(self) -> TestClient:
        return self.clients.setdefault("nobody", TestClient(self.app, raise_server_exceptions=False))

    def _issue(self, scopes: Collection[str], email: str, *, lapses: datetime | None, revoked: bool) -> str:
        with self.app.state.database.write(NOW - timedelta(days=2)) as session:
            user = accounts.by_email(session, email)
            if user is None:
                body = UserCreate(email=email, password="tall grey horse", full_name="O", time_zone="UTC")
                user = accounts.sign_up(session, body, None)
            session.owner = user.id
            body_ = TokenCreate.model_validate({"name": "app", "scopes": scopes, "expires_at": lapses})
            token, secret = access.issue_token(session, body_)
            if revoked:
                session.delete(token)
        return secret

    def close(self) -> None:
        for client in self.clients.values():
            client.close()


@pytest.fixture(scope="module")
def refusing(demo_database: tuple[str, str], store: Store) -> Iterator[Issuer]:
    """An application that is only asked for what it refuses or shows, so that one is enough."""
    url = store.copy(demo_database[0])
    app = create_app(Settings(database_url=url), clock=lambda: NOW)
    issuer = Issuer(app)
    yield issuer
    issuer.close()
    app.state.database.dispose()
    store.drop(url)


@pytest.fixture
def doing(demo_client: TestClient) -> Iterator[Issuer]:
    """An application of the test's own."""
    app: Any = demo_client.app
    issuer = Issuer(app)
    yield issuer
    issuer.close()


def ask(client: TestClient, operation: Operation, **more: Any) -> Any:
    return client.request(operation.method, operation.href, json=operation.body, **more)


@pytest.mark.parametrize("operation", CLOSED, ids=str)
def test_every_operation_against_everybody_who_may_not(operation: Operation, refusing: Issuer) -> None:
    needed = NEEDED[operation.name]
    refused = {
        "without a token": (refusing.nobody(), 401),
        "with a token that lapsed": (refusing.token(lapsed=True), 401),
        "with a token that was revoked": (refusing.token(revoked=True), 401),
        **{f"without {one}": (refusing.token(*(s for s in FINE if s != one)), 403) for one in needed},
    }
    if "{" in operation.path:
        refused["by somebody else"] = (refusing.token(email="other@example.com"), 404)
    if operation.method != "GET":
        refused["with a token that only reads"] = (refusing.token(READ), 403)
    found = {name: (ask(client, operation).status_code, status) for name, (client, status) in refused.items()}
    assert {name for name, (seen, wanted) in found.items() if seen != wanted} == set(), found


@pytest.mark.parametrize("operation", CLOSED, ids=str)
def test_a_token_of_the_owner_with_just_what_is_needed_may(operation: Operation, doing: Issuer) -> None:
    client = doing.token(*NEEDED[operation.name], *HANDED_ON.get(operation.name, ()))
    answer = ask(client, operation, params=prepared(operation, client))
    assert answer.status_code < 300 or operation.name in ABOUT_A_SESSION, answer.text


@pytest.mark.parametrize("operation", CLOSED, ids=str)
def test_what_is_missing_is_named_and_nothing_else_is_told(operation: Operation, refusing: Issuer) -> None:
    needed = NEEDED[operation.name]
    client = refusing.token(*(scope for scope in FINE if scope not in needed))
    answer = ask(client, operation)
    assert answer.status_code == 403
    assert answer.json()["missing_scopes"] == needed
    assert all(scope in answer.json()["detail"] for scope in needed)
    assert f'scope="{" ".join(needed)}"' in answer.headers["www-authenticate"]
    if operation.body is not None:
        assert client.request(operation.method, operation.href, json={"no such field": 1}).status_code == 403


@pytest.mark.parametrize("operation", [o for o in CLOSED if o.method == "GET"], ids=str)
def test_a_token_that_reads_reads_everything(operation: Operation, refusing: Issuer) -> None:
    assert ask(refusing.token(READ), operation).status_code == (409 if operation.name in ABOUT_A_SESSION else 200)


def test_the_document_says_what_is_enforced(refusing: Issuer) -> None:
    enforced = {
        route.operation_id: list(route.scopes)
        for route in routes_of(refusing.app)
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
        ("POST", "/v1/letter-templates", ["applications:write"]),
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
