"""A token without `contacts:read` sees of people only id, role and name, in every response in every format.

All details of contacts, references and recipients are replaced by words that occur nowhere else. The same requests with
the scope show them, which proves that the words would be found.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter
from sqlmodel import col, select

from api.capture import NOW
from api.http import examples
from api.models import Application, Contact, Letter, Reference
from api.models.card import CallPerson
from api.models.contact import ContactPublic
from api.models.interview import InterviewerPublic
from api.models.letter import Recipient
from api.models.reference_message import Addressee, SheetPerson
from api.models.token import TokenCreate
from api.services.accounts import tokens, users
from api.services.steps import judge
from api.storage.session import OwnedSession
from tests.invariants.conftest import CLOSED, DOCUMENT, Operation, Renewed, opened_world
from tests.invariants.failures import Failures
from tests.invariants.test_rights import NEEDED
from tests.stores import Store

MARK = "zqhidden"
DETAILS = {
    Contact: ("job_title", "company", "email", "phone", "postal_address", "notes"),
    Reference: ("title", "company", "relation", "email", "phone", "best_times"),
}
WITHOUT = ["applications:write", "steps:write", "account:write"]
# The operations of other areas that show more of a person to a token with `contacts:read`.
SHOWING = {
    *("get_application", "list_applications", "list_application_contacts", "put_application_contact"),
    *("delete_application_contact", "delete_interviewer", "list_interviewers", "put_interviewer"),
    *("create_letter", "compose_letter", "get_letter", "list_letters", "update_letter", "delete_letter", "send_letter"),
    *("get_call_card", "get_reference_briefing", "get_reference_thanks", "get_reference_sheet"),
    *("list_queue", "list_steps", "skip_steps", "export_queue"),
}


@dataclass(frozen=True)
class Marked:
    """A database in which every detail of a person is marked, and the secrets of a token without and with the scope."""

    url: str
    without: str
    with_all: str


@pytest.fixture(scope="module")
def marked(demo_database: tuple[str, str], store: Store) -> Iterator[Marked]:
    with opened_world(store, demo_database[0]) as world:
        with world.database.write(NOW) as session:
            user = users.find_by_email(session, examples.EMAIL)
            assert user is not None
            session.owner = user.id
            judge.lock_user(session)
            mark_details(session)
            secrets = [issued(session, scopes) for scopes in (WITHOUT, ["all"])]
        world.database.dispose()
        yield Marked(world.app.state.settings.database_url, *secrets)


def mark_details(session: OwnedSession) -> None:
    for table, names in DETAILS.items():
        wanted: Any = select(table)
        for row in session.exec(wanted).all():
            for name in names:
                setattr(row, name, word(name))
    for letter in session.exec(select(Letter).where(col(Letter.sent_at).is_not(None))).all():
        letter.snapshot = [{**one, **{name: word(name) for name in ("title", "address")}} for one in letter.snapshot]
    session.flush()
    judge.judge_applications(session, session.exec(select(Application.id)).all())


def word(name: str) -> str:
    return f"{MARK}{name.replace('_', '')}@{MARK}.example" if name in ("email", "address") else f"{MARK} {name}"


def issued(session: OwnedSession, scopes: list[str]) -> str:
    return tokens.issue_token(session, TokenCreate.model_validate({"name": "app", "scopes": scopes}))[1]


@pytest.fixture
def renewed(marked: Marked, store: Store) -> Iterator[Renewed]:
    found = Renewed(store, marked.url)
    yield found
    for client in found.world.clients:
        client.close()
    found.close()


def asks(operation: Operation) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the requests of an operation: as it is, in each format, with everything added, and with an old version."""
    declared = DOCUMENT["paths"][operation.path][operation.method.lower()]
    choices = {parameter["name"]: parameter["schema"] for parameter in declared.get("parameters", ())}
    yield "as it is", {}
    if "format" in choices:
        options = choices["format"].get("enum", [choices["format"].get("const")])
        yield from ((f"as {name}", {"params": {"format": name}}) for name in options if name != "pdf")
    lists = ",interviewers,notes,letters,references,follow_ups,offers" if operation.name == "get_application" else ""
    everything = {"expand": f"contacts,interviews,steps,headline,next_action{lists}", "explain": "true"}
    if added := {name: value for name, value in everything.items() if name in choices}:
        yield "with everything", {"params": added}
    if operation.name in ("list_queue", "export_queue"):
        yield "of every state", {"params": {"state": "overdue,open,upcoming"}}
    if operation.name == "get_job_search_report":
        yield "with names", {"params": {"contacts": "true", "details": "history"}}
    if "If-Match" in choices:
        yield "with an old version", {"headers": {"If-Match": '"0"'}}


@pytest.mark.sqlite
def test_a_token_without_contacts_read_sees_only_id_role_and_name(marked: Marked, renewed: Renewed) -> None:
    without, with_all = (client_of(renewed, secret) for secret in (marked.without, marked.with_all))
    shown: set[str] = set()
    with Failures() as failures:
        for operation in CLOSED:
            if any(scope.startswith("contacts:") for scope in NEEDED[operation.name]):
                continue
            for name, options in asks(operation):
                with failures.of(operation, name):
                    assert MARK not in answer_of(renewed, operation, without, options)
                if operation.name in SHOWING - shown and MARK in answer_of(renewed, operation, with_all, options):
                    shown.add(operation.name)
    assert shown == SHOWING


def client_of(renewed: Renewed, secret: str) -> TestClient:
    client = renewed.world.app_client()
    client.headers["Authorization"] = f"Bearer {secret}"
    return client


def answer_of(renewed: Renewed, operation: Operation, client: TestClient, options: dict[str, Any]) -> str:
    """Return head and body of a response, without the soft line breaks of a message."""
    answer = client.request(operation.method, operation.href, **operation.options(**options))
    if operation.method != "GET":
        renewed.renew()
    assert answer.status_code in (200, 201, 202, 204, 404, 409, 412), answer.text
    return f"{answer.headers}\n{answer.text}".replace("=\r\n", "").lower()


@pytest.mark.sqlite
def test_a_replayed_response_shows_what_the_token_of_the_retry_may_see(marked: Marked, renewed: Renewed) -> None:
    without, with_all = (client_of(renewed, secret) for secret in (marked.without, marked.with_all))
    operation = next(one for one in CLOSED if one.name == "create_letter")
    key = {"Idempotency-Key": "one"}
    first, again = (with_all.post(operation.href, **operation.options(headers=key)) for _ in range(2))
    assert MARK in first.text
    assert (again.text, again.headers["Idempotency-Replayed"]) == (first.text, "true")
    hidden = without.post(operation.href, **operation.options(headers=key))
    assert hidden.headers["Idempotency-Replayed"] == "true"
    assert MARK not in hidden.text
    assert hidden.json()["id"] == first.json()["id"]


@pytest.mark.sqlite
def test_a_response_without_details_has_the_published_shape() -> None:
    people: list[Any] = [ContactPublic, InterviewerPublic, Recipient, CallPerson, Addressee, SheetPerson]
    with Failures() as failures:
        for model in people:
            for name in model.model_fields.keys() - model.identity:
                with failures.of(model.__name__, name):
                    TypeAdapter(model.model_fields[name].annotation).validate_python(None)
