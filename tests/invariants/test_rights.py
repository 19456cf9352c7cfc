"""Scopes: every operation with expired, revoked and insufficient tokens, and with exactly the scopes that it needs.

Requests without a token (401) and of other users (404) are in test_every_route. The test marked `sqlite` compares the
document with the routes and needs no database.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.capture import NOW
from api.http import examples
from api.http.route_index import routes_of
from api.http.routes import Routes
from api.http.strict_route import Route
from api.models.token import TokenCreate
from api.models.user import UserCreate
from api.protocol.scopes import ALL, READ, READS, SCOPES, WRITES, missing_scopes
from api.services.accounts import tokens, users
from api.services.steps import judge
from tests.invariants.answers import assert_described
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

pytestmark = pytest.mark.sqlite

NEEDED = {
    operation["operationId"]: operation["security"][0]["bearer"]
    for item in DOCUMENT["paths"].values()
    for operation in item.values()
    if operation["security"]
}
# A token must itself have the scopes that it gives to a new token.
HANDED_ON = {"create_token": examples.BODIES["TokenCreate"]["scopes"]}
AREAS = {
    **dict.fromkeys(("applications", "interviews", "stages", "notes", "search"), "applications"),
    **dict.fromkeys(("letters", "letter-templates", "follow-ups", "offers"), "applications"),
    **dict.fromkeys(("contacts", "references"), "contacts"),
    **dict.fromkeys(("steps", "queue", "search-activities"), "steps"),
    **dict.fromkeys(("me", "tokens", "sessions", "calendar-feeds", "webhooks", "deliveries"), "account"),
}
SHOWN_BY_FEEDS = SENT_BY_WEBHOOKS = ("account:write", "applications:read", "steps:read")
LOGGED = ("account:read", "applications:read", "steps:read")
EXPORTS = {"applications": "applications", "interviews": "applications", "contacts": "contacts", "queue": "steps"}
SEVERAL = {
    ("GET", "/v1/tokens/current"): (),
    ("GET", "/v1/writes"): (),
    ("GET", "/v1/writes/{write_id}"): (),
    ("POST", "/v1/writes/{write_id}/undo"): (),  # and those of what is undone
    ("GET", "/v1/me/export"): READS,
    ("GET", "/v1/me/digest"): ("account:read", "applications:read", "steps:read"),
    ("DELETE", "/v1/me"): WRITES,
    ("GET", "/v1/applications/{application_id}/timeline"): ("applications:read", "steps:read"),
    ("GET", "/v1/stats/funnel"): ("applications:read", "steps:read"),
    ("GET", "/v1/stats/response-times"): ("applications:read", "steps:read"),
    ("GET", "/v1/reports/job-search"): ("applications:read", "steps:read"),
    ("POST", "/v1/interviews/{interview_id}/debrief"): ("applications:write", "contacts:write"),
    ("POST", "/v1/calendar-feeds"): SHOWN_BY_FEEDS,
    ("PATCH", "/v1/calendar-feeds/{calendar_feed_id}"): SHOWN_BY_FEEDS,
    ("POST", "/v1/calendar-feeds/{calendar_feed_id}/rotate"): SHOWN_BY_FEEDS,
    ("POST", "/v1/webhooks"): SENT_BY_WEBHOOKS,
    ("PATCH", "/v1/webhooks/{webhook_id}"): SENT_BY_WEBHOOKS,
    ("POST", "/v1/webhooks/{webhook_id}/rotate-secret"): SENT_BY_WEBHOOKS,
    ("POST", "/v1/webhooks/{webhook_id}/test"): SENT_BY_WEBHOOKS,
    ("GET", "/v1/webhooks/{webhook_id}/deliveries"): LOGGED,
    ("GET", "/v1/deliveries/{delivery_id}"): LOGGED,
    ("POST", "/v1/deliveries/{delivery_id}/replay"): SENT_BY_WEBHOOKS,
    ("GET", "/v1/events"): LOGGED[1:],
    ("GET", "/v1/events/{event_id}"): LOGGED[1:],
}
IMPORT, READS_ROWS = "/v1/imports/{import_id}", ("applications:read", "contacts:read")
WRITES_ROWS = ("applications:write", "contacts:write", "steps:write")
SEVERAL |= {("GET", path): READS_ROWS for path in ("/v1/imports", IMPORT, f"{IMPORT}/rows", f"{IMPORT}/errors")}
SEVERAL |= {("POST", path): WRITES_ROWS for path in ("/v1/imports", f"{IMPORT}/run", f"{IMPORT}/undo")}
SEVERAL |= {(method, IMPORT): WRITES_ROWS for method in ("PATCH", "DELETE")}
FINE = [scope for scope in SCOPES if ":" in scope]


def all_without(*refused: str) -> list[str]:
    """Return every scope that contains none of these: `…:write` contains `…:read` of its area."""
    return [scope for scope in FINE if missing_scopes(refused, [scope]) == list(refused)]


class Issuer:
    """Makes clients of one application with tokens of given scopes, for the demo account or another user."""

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
            judge.lock_user(session)
            body_ = TokenCreate.model_validate({"name": "app", "scopes": scopes, "expires_at": lapses})
            token, secret = tokens.issue_token(session, body_)
            if revoked:
                session.delete(token)
        return secret

    def asking(self, operation: Operation) -> TestClient:
        """Return a client with exactly the access that an operation needs: no token, a session, or its scopes."""
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
    """An issuer on one application, shared by tests that write nothing."""
    with opened_world(store, demo_database[0]) as world:
        issuer = Issuer(world.app)
        yield issuer
        issuer.close()


def ask(client: TestClient, operation: Operation, **more: Any) -> Any:
    return client.request(operation.method, operation.href, **operation.options(**more))


def test_expired_revoked_and_insufficient_tokens_are_refused(refusing: Issuer) -> None:
    with Failures() as failures:
        for operation in CLOSED:
            needed = NEEDED[operation.name]
            refused = {
                "with an expired token": (refusing.token(lapsed=True), 401),
                "with a token that was revoked": (refusing.token(revoked=True), 401),
            }
            if len(needed) > 1:
                lacking = {f"without {one}": all_without(one) for one in needed}
                refused |= {name: (refusing.token(*scopes), 403) for name, scopes in lacking.items()}
            if operation.method != "GET":
                refused["with a token that only reads"] = (refusing.token(READ), 403)
            for name, (client, status) in refused.items():
                with failures.of(operation, name):
                    assert ask(client, operation).status_code == status


def test_every_example_works_with_exactly_the_scopes_it_needs(renewed: Renewed) -> None:
    with Failures() as failures:
        for operation in OPERATIONS:
            issuer = Issuer(renewed.world.app)
            with failures.of(operation):
                client = issuer.asking(operation)
                answer = ask(client, operation, params=prepared(operation, client) or None)
                assert answer.status_code < 300, answer.text
                assert_described(operation, answer)
            issuer.close()
            if operation.method != "GET":
                renewed.renew()


def test_the_missing_scopes_are_named_before_errors_of_the_body(refusing: Issuer) -> None:
    with Failures() as failures:
        for operation in CLOSED:
            needed = NEEDED[operation.name]
            if not needed:
                continue  # every valid token will do
            granted = all_without(*needed) or ["steps:read"]  # every scope contains one of those of an export
            client, missing = refusing.token(*granted), missing_scopes(needed, granted)
            with failures.of(operation, "without", *missing):
                answer = ask(client, operation)
                assert answer.status_code == 403
                assert answer.json()["missing_scopes"] == missing
                assert all(scope in answer.json()["detail"] for scope in missing)
                assert f'scope="{" ".join(missing)}"' in answer.headers.get("www-authenticate", "")
            with failures.of(operation, "with an unknown field, without", *needed):
                if operation.body is not None:
                    answer = client.request(operation.method, operation.href, json={"no such field": 1})
                    assert answer.status_code == 403


def test_the_scope_read_allows_every_get(refusing: Issuer) -> None:
    client = refusing.token(READ)
    with Failures() as failures:
        for operation in CLOSED:
            if operation.method == "GET":
                with failures.of(operation):
                    assert ask(client, operation).status_code == (409 if operation.name in ABOUT_A_SESSION else 200)


def test_the_document_lists_the_scopes_that_are_enforced(refusing: Issuer) -> None:
    enforced = {
        route.operation_id: list(route.scopes)
        for route in routes_of(refusing.app)
        if isinstance(route, Route) and route.needs_token and route.include_in_schema
    }
    assert enforced == NEEDED
    assert {scope for scopes in NEEDED.values() for scope in scopes} == {*READS, *WRITES}


def test_a_route_without_known_scopes_cannot_be_declared() -> None:
    declare: Any = Routes("new").get
    with pytest.raises(TypeError, match="scopes"):
        declare("/v1/surprises")
    with pytest.raises(LookupError, match="surprises:read"):
        declare("/v1/surprises", scopes="surprises:read")


def test_every_operation_needs_the_scope_of_its_resource() -> None:
    with Failures() as failures:
        for operation in CLOSED:
            with failures.of(operation):
                assert NEEDED[operation.name] == scopes_by_address(operation.method, operation.path)


def scopes_by_address(method: str, path: str) -> list[str]:
    """Return the scopes of an address: by its first path segment, or `steps` for the steps of an application."""
    if (method, path) in SEVERAL:
        return list(SEVERAL[method, path])
    first, *rest = [part for part in path.removeprefix("/v1/").split("/") if not part.startswith("{")]
    area = EXPORTS[rest[0]] if first == "exports" else "steps" if "steps" in rest else AREAS[first]
    return [f"{area}:{'read' if method == 'GET' else 'write'}"]


@pytest.mark.parametrize(
    ("needed", "granted", "lacking"),
    [
        pytest.param(["contacts:read"], ["all"], [], id="all-includes-every-scope"),
        pytest.param(["contacts:read"], ["read"], [], id="read-includes-read-scopes"),
        pytest.param(["contacts:write"], ["read"], ["contacts:write"], id="read-includes-no-write-scope"),
        pytest.param(["contacts:read"], ["contacts:write"], [], id="write-includes-read-of-its-area"),
        pytest.param(["contacts:read"], ["steps:write"], ["contacts:read"], id="write-includes-no-other-area"),
        pytest.param(["all"], WRITES, [], id="every-write-scope-equals-all"),
        pytest.param(["all"], [*READS, *WRITES[1:]], ["all"], id="all-but-one-scope-is-not-all"),
        pytest.param(["read"], READS, [], id="every-read-scope-equals-read"),
        pytest.param(["read"], [*READS[1:], WRITES[0]], [], id="a-write-scope-counts-as-its-read-scope"),
        pytest.param(["read"], ["all"], [], id="all-includes-read"),
        pytest.param(["all"], ["read"], ["all"], id="read-is-not-all"),
    ],
)
def test_which_scopes_a_token_lacks(needed: list[str], granted: list[str], lacking: list[str]) -> None:
    assert missing_scopes(needed, granted) == lacking
