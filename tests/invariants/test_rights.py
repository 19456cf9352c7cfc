"""Every operation of the document against tokens that lapsed or lack a right, and with just the right that it needs.

Nobody (401) and somebody else (404) are in test_every_route. Marked `sqlite` is what never asks a database, and what
is decided by the words of a token alone, which other tests here read from both.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.capture import NOW
from api.http.openapi import examples
from api.http.route_index import routes_of
from api.http.routes import Routes
from api.http.strict_route import Route
from api.models.token import TokenCreate
from api.models.user import UserCreate
from api.protocol.scopes import ALL, READ, READS, SCOPES, WRITES, missing_scopes
from api.services.accounts import tokens, users
from tests.invariants.conftest import (
    ABOUT_A_SESSION,
    CLOSED,
    DOCUMENT,
    OPERATIONS,
    Operation,
    Renewed,
    opened_world,
    prepared,
    signed_in,
)
from tests.invariants.failures import Failures
from tests.stores import Store

NEEDED = {
    operation["operationId"]: operation["security"][0]["bearer"]
    for item in DOCUMENT["paths"].values()
    for operation in item.values()
    if operation["security"]
}
# What a token hands on to another, it has to have.
HANDED_ON = {"create_token": examples.BODIES["TokenCreate"]["scopes"]}
AREAS = {
    **dict.fromkeys(("applications", "interviews", "stages", "notes"), "applications"),
    **dict.fromkeys(("letters", "letter-templates", "follow-ups", "offers"), "applications"),
    **dict.fromkeys(("contacts", "references"), "contacts"),
    **dict.fromkeys(("steps", "queue", "search-activities"), "steps"),
    **dict.fromkeys(("me", "tokens", "sessions"), "account"),
}
SEVERAL = {
    ("GET", "/v1/me/export"): READS,
    ("DELETE", "/v1/me"): WRITES,
    ("POST", "/v1/interviews/{interview_id}/debrief"): ("applications:write", "contacts:write"),
}
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

    def _issue(self, scopes: Collection[str], email: str, *, lapses: datetime | None, revoked: bool) -> str:
        with self.app.state.database.write(NOW - timedelta(days=2)) as session:
            user = users.find_by_email(session, email)
            if user is None:
                body = UserCreate(email=email, password="tall grey horse", full_name="O", time_zone="UTC")
                user = users.sign_up(session, body, None)
            session.owner = user.id
            body_ = TokenCreate.model_validate({"name": "app", "scopes": scopes, "expires_at": lapses})
            token, secret = tokens.issue_token(session, body_)
            if revoked:
                session.delete(token)
        return secret

    def asking(self, operation: Operation) -> TestClient:
        """Return a client that may do just this: without a token, in a session, or with what the document names."""
        if operation.is_open or operation.name in ABOUT_A_SESSION:
            client = self.clients["nobody"] = TestClient(self.app, raise_server_exceptions=False)
            if not operation.is_open:
                signed_in(client)
            return client
        return self.token(*NEEDED[operation.name], *HANDED_ON.get(operation.name, ()))

    def close(self) -> None:
        for client in self.clients.values():
            client.close()


@pytest.fixture(scope="module")
def refusing(demo_database: tuple[str, str], store: Store) -> Iterator[Issuer]:
    """An application that is only asked for what it refuses or shows, so that one is enough."""
    with opened_world(store, demo_database[0]) as world:
        issuer = Issuer(world.app)
        yield issuer
        issuer.close()


def ask(client: TestClient, operation: Operation, **more: Any) -> Any:
    return client.request(operation.method, operation.href, json=operation.body, **more)


def test_every_operation_against_everybody_who_may_not(refusing: Issuer) -> None:
    with Failures() as failures:
        for operation in CLOSED:
            needed = NEEDED[operation.name]
            refused = {
                "with a token that lapsed": (refusing.token(lapsed=True), 401),
                "with a token that was revoked": (refusing.token(revoked=True), 401),
            }
            if len(needed) > 1:
                lacking = {f"without {one}": [scope for scope in FINE if scope != one] for one in needed}
                refused |= {name: (refusing.token(*scopes), 403) for name, scopes in lacking.items()}
            if operation.method != "GET":
                refused["with a token that only reads"] = (refusing.token(READ), 403)
            for name, (client, status) in refused.items():
                with failures.of(operation, name):
                    assert ask(client, operation).status_code == status


def test_every_example_works_with_just_the_right_that_it_needs(renewed: Renewed) -> None:
    with Failures() as failures:
        for operation in OPERATIONS:
            issuer = Issuer(renewed.world.app)
            with failures.of(operation):
                client = issuer.asking(operation)
                answer = ask(client, operation, params=prepared(operation, client))
                assert str(answer.status_code) in operation.responses, answer.text
                assert answer.status_code < 300, answer.text
            issuer.close()
            if operation.method != "GET":
                renewed.renew()


def test_what_is_missing_is_named_and_nothing_else_is_told(refusing: Issuer) -> None:
    with Failures() as failures:
        for operation in CLOSED:
            needed = NEEDED[operation.name]
            client = refusing.token(*(scope for scope in FINE if scope not in needed))
            with failures.of(operation, "without", *needed):
                answer = ask(client, operation)
                assert answer.status_code == 403
                assert answer.json()["missing_scopes"] == needed
                assert all(scope in answer.json()["detail"] for scope in needed)
                assert f'scope="{" ".join(needed)}"' in answer.headers.get("www-authenticate", "")
            with failures.of(operation, "with an unknown field, without", *needed):
                if operation.body is not None:
                    answer = client.request(operation.method, operation.href, json={"no such field": 1})
                    assert answer.status_code == 403


def test_a_token_that_reads_reads_everything(refusing: Issuer) -> None:
    client = refusing.token(READ)
    with Failures() as failures:
        for operation in CLOSED:
            if operation.method == "GET":
                with failures.of(operation):
                    assert ask(client, operation).status_code == (409 if operation.name in ABOUT_A_SESSION else 200)


@pytest.mark.sqlite
def test_the_document_says_what_is_enforced(refusing: Issuer) -> None:
    enforced = {
        route.operation_id: list(route.scopes)
        for route in routes_of(refusing.app)
        if isinstance(route, Route) and route.scopes and route.include_in_schema
    }
    assert enforced == NEEDED
    assert {scope for scopes in NEEDED.values() for scope in scopes} == {*READS, *WRITES}


def test_an_operation_without_scopes_is_not_even_made() -> None:
    declare: Any = Routes("new").get
    with pytest.raises(TypeError, match="scopes"):
        declare("/v1/surprises")
    with pytest.raises(LookupError, match="surprises:read"):
        declare("/v1/surprises", scopes="surprises:read")


def test_every_operation_needs_the_scope_of_its_noun() -> None:
    with Failures() as failures:
        for operation in CLOSED:
            with failures.of(operation):
                assert NEEDED[operation.name] == scopes_by_address(operation.method, operation.path)


def scopes_by_address(method: str, path: str) -> list[str]:
    """Return the scope of an address: that of its first noun, `steps` for the steps of an application."""
    if (method, path) in SEVERAL:
        return list(SEVERAL[method, path])
    first, *rest = [part for part in path.removeprefix("/v1/").split("/") if not part.startswith("{")]
    area = "steps" if "steps" in rest else AREAS[first]
    return [f"{area}:{'read' if method == 'GET' else 'write'}"]


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
    assert missing_scopes(needed, granted) == lacking
