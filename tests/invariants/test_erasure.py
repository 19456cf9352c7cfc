"""Of erased people, no stored response and no other row contains the name, whatever operation wrote it."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.invariants.conftest import OPERATIONS, Operation, Renewed, prepared
from tests.invariants.failures import Failures
from tests.services.checks import dump

pytestmark = pytest.mark.sqlite

MARK = "Xylophagous"
CONTACTS, REFERENCES = "/v1/contacts", "/v1/references"
STORED = [one for one in OPERATIONS if "410" in one.responses and one.name != "erase_contact"]
OWN_TEXTS = ("letter_template",)  # what the user wrote about somebody is the user's own


def renamed(operation: Operation) -> Any:
    """Return the example body of an operation, with the mark as the name of each person."""
    body: Any = operation.body
    if operation.name == "create_reference":
        return {**body, "name": MARK}
    if operation.name == "create_contact":
        return {**body, "full_name": MARK}
    if operation.name == "debrief_interview":
        return {**body, "people": [{**person, "full_name": MARK} for person in body["people"]]}
    return body


def ids(client: TestClient, href: str) -> list[str]:
    return [str(one["id"]) for one in client.get(href, params={"limit": 200}).json()["items"]]


def rename_all(client: TestClient, name: str) -> None:
    for href, field in ((CONTACTS, "full_name"), (REFERENCES, "name")):
        for person in ids(client, href):
            assert client.patch(f"{href}/{person}", json={field: name}).status_code == 200


def erase_all(client: TestClient) -> None:
    for person in ids(client, CONTACTS):
        assert client.post(f"{CONTACTS}/{person}/erase").status_code == 200
    for person in ids(client, REFERENCES):
        assert client.delete(f"{REFERENCES}/{person}").status_code == 204


def test_after_people_are_renamed_and_erased_their_former_names_are_nowhere(
    renewed: Renewed, demo_database: tuple[str, str]
) -> None:
    client = renewed.world.app_client()
    client.headers["Authorization"] = demo_database[1]
    named = set()
    with Failures() as failures:
        for operation in STORED:
            renewed.renew()
            with failures.of(operation):
                me = client.get("/v1/me").json()["id"]
                rename_all(client, MARK)
                prepared(operation, client)
                key = {"Idempotency-Key": "once"}
                is_file = operation.name == "create_import"
                sent = operation.options(headers=key, **({} if is_file else {"json": renamed(operation)}))
                answer = client.post(operation.href, **sent)
                assert answer.status_code in (200, 201, 202), answer.text
                named |= {operation.name} if MARK in answer.text else set()
                rename_all(client, "Kim Lee")
                erase_all(client)
                rows = dump(renewed.world.database, me)
                assert [name for name in rows if name not in OWN_TEXTS and MARK in str(rows[name])] == []
                assert "Kim Lee" not in str(rows["step_instance"])
                status = 410 if MARK in answer.text else answer.status_code
                assert client.post(operation.href, **sent).status_code in (status, 410)
    assert named >= {"skip_steps", "create_contact", "create_reference", "debrief_interview", "compose_letter"}
