"""Of erased people, no stored response and no other row contains the name, whatever operation wrote it."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.errors import ConflictError
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


@dataclass(frozen=True)
class Stored:
    """An operation that succeeded, what was sent, and the answer, which is stored for a repetition."""

    operation: Operation
    sent: dict[str, Any]
    answer: Any

    @property
    def names_somebody(self) -> bool:
        return MARK in self.answer.text

    def is_gone(self, client: TestClient) -> bool:
        """Tell whether the repeated request gets 410 if the stored answer named an erased person."""
        status = client.post(self.operation.href, **self.sent).status_code
        return status in (410 if self.names_somebody else self.answer.status_code, 410)


def tried(client: TestClient, operations: list[Operation]) -> Iterator[Stored]:
    """Try operations one after another; yield those that succeed. Others may need what an earlier one has changed."""
    for operation in operations:
        with suppress(ConflictError):
            prepared(operation, client)
        key = {"Idempotency-Key": operation.name}
        given = {} if operation.name == "create_import" else {"json": renamed(operation)}
        sent = operation.options(headers=key, **given)
        answer = client.post(operation.href, **sent)
        if answer.status_code in (200, 201, 202):
            yield Stored(operation, sent, answer)


def test_after_people_are_renamed_and_erased_their_former_names_are_nowhere(
    renewed: Renewed, demo_database: tuple[str, str]
) -> None:
    client = renewed.world.app_client()
    client.headers["Authorization"] = demo_database[1]
    named, left = set[str](), STORED
    with Failures() as failures:
        while left:
            renewed.renew()
            me = client.get("/v1/me").json()["id"]
            rename_all(client, MARK)
            done = list(tried(client, left))
            assert done, f"refused: {left}"
            named |= {one.operation.name for one in done if one.names_somebody}
            rename_all(client, "Kim Lee")
            erase_all(client)
            rows = dump(renewed.world.database, me)
            with failures.of(*(one.operation for one in done)):
                assert [name for name in rows if name not in OWN_TEXTS and MARK in str(rows[name])] == []
                assert "Kim Lee" not in str(rows["step_instance"])
            for one in done:
                with failures.of(one.operation):
                    assert one.is_gone(client)
            names = {one.operation.name for one in done}
            left = [one for one in left if one.name not in names]
    assert named >= {"skip_steps", "create_contact", "create_reference", "debrief_interview", "compose_letter"}
