"""The bytes of an account: every write counts what it changes, and what makes an account too large is refused."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import func, select, update

from api.models import Note, User
from api.services.stored_bytes import MEGABYTE
from api.workers.retention import apply_retention
from tests.conftest import World
from tests.invariants.failures import Failures
from tests.services.checks import total_bytes
from tests.services.full_record import record_everything

LONG = {"kind": "general", "text": "ä" * 20_000}


def counted(world: World, client: TestClient) -> tuple[int, int]:
    """Return what the account's row says, and what its rows are."""
    with world.database.read(world.clock.now) as session:
        session.owner = client.get("/v1/me").json()["id"]
        return session.exec(select(User.stored_bytes)).one(), total_bytes(session)


def test_every_write_counts_what_it_changes(world: World, client: TestClient) -> None:
    ids = record_everything(client, world.clock.now)
    stored, found = counted(world, client)
    assert stored == found > 5_000
    note = client.post(f"/v1/applications/{ids['application']}/notes", json=LONG).json()["id"]
    grown, found = counted(world, client)
    assert grown == found
    assert 40_400 < grown - stored < 40_900  # with its activity
    client.patch(f"/v1/notes/{note}", json={"text": "short", "wording": "€"})
    grown, found = counted(world, client)
    assert grown == found < stored + 1_500
    client.delete(f"/v1/notes/{note}")
    stored, found = counted(world, client)
    assert stored == found
    client.post(f"/v1/contacts/{ids['contact']}/erase")
    after_erasure, really = counted(world, client)
    assert after_erasure == really
    client.delete(f"/v1/applications/{ids['application']}")
    world.clock.now += timedelta(days=31)
    apply_retention(world.database, world.clock.now)
    left, really = counted(world, client)
    assert left == really < after_erasure - 3_000


def test_what_goes_with_a_row_that_is_deleted_counts_no_longer(world: World, client: TestClient) -> None:
    ids = record_everything(client, world.clock.now)
    app, interview = f"/v1/applications/{ids['application']}", f"/v1/interviews/{ids['interview']}"
    long = {"briefing_text": "ä" * 5_000, "linked_at": world.clock.now.isoformat()}
    jane = {"full_name": "Jane Roe", "notes": "ö" * 5_000}
    keys = ({"Idempotency-Key": "the-first-person"}, {"Idempotency-Key": "the-second-person"})
    contact, gone = (client.post("/v1/contacts", json=jane, headers=key).json()["id"] for key in keys)
    reference = client.post("/v1/references", json={"name": "Kim"}).json()["id"]
    for person in (contact, gone):
        assert client.put(f"{app}/contacts/{person}", json={"role": "hr"}).status_code == 201
        assert client.put(f"{interview}/interviewers/{person}", json={}).status_code == 201
    assert client.put(f"{app}/references/{reference}", json=long).status_code == 201
    with Failures() as failures:
        for method, href in (
            ("DELETE", f"/v1/references/{reference}"),  # with its link
            ("POST", f"/v1/contacts/{contact}/erase"),  # empties a stored response
            ("DELETE", interview),  # with its interviewers
            ("DELETE", f"/v1/contacts/{gone}"),
        ):
            with failures.of(f"{method} {href}"):
                assert client.request(method, href).status_code in (200, 204)
                stored, found = counted(world, client)
                assert stored == found
        with failures.of("the purge of a contact with its links"):
            world.clock.now += timedelta(days=31)
            assert apply_retention(world.database, world.clock.now).deleted.contacts == 1
            stored, found = counted(world, client)
            assert stored == found


def test_a_bulk_update_whose_bytes_cannot_be_counted_is_refused(world: World, client: TestClient) -> None:
    user_id = client.get("/v1/me").json()["id"]
    with world.database.write(world.clock.now) as session:
        session.owner = user_id
        with pytest.raises(RuntimeError, match="constants"):
            session.execute(update(Note).values(text=func.upper(Note.text)))


@pytest.fixture
def nearly_full(world: World, client: TestClient) -> dict[str, Any]:
    """An account for which the limit is its present size; the address of its notes and of one long note."""
    app = client.post("/v1/applications", json={"company": "Acme", "role": "Engineer"}).json()["id"]
    notes = f"/v1/applications/{app}/notes"
    long = client.post(notes, json=LONG).json()["id"]
    contact = client.post("/v1/contacts", json={"full_name": "A"}).json()["id"]
    world.app.state.settings.account_megabytes = counted(world, client)[0] / MEGABYTE
    return {
        "contact": f"/v1/contacts/{contact}",
        "application": f"/v1/applications/{app}",
        "notes": notes,
        "note": f"/v1/notes/{long}",
    }


def test_beyond_its_limit_an_account_keeps_everything_and_only_what_adds_is_refused(
    world: World, client: TestClient, nearly_full: dict[str, Any]
) -> None:
    before = counted(world, client)
    for method, href, body in (
        ("POST", nearly_full["notes"], {"kind": "general", "text": "One more."}),
        ("PATCH", nearly_full["note"], {"wording": "longer"}),
        ("PATCH", nearly_full["note"], {}),  # its activity
        ("POST", "/v1/tokens", {"name": "App"}),
    ):
        refused = client.request(method, href, json=body)
        problem = refused.json()
        assert (refused.status_code, problem["code"], problem["quota"]) == (409, "quota_exceeded", "stored_bytes")
        assert problem["used"] == problem["limit"] == before[0]
    assert counted(world, client) == before
    assert client.get(nearly_full["note"]).json()["text"] == LONG["text"]
    assert client.patch(nearly_full["note"], json={"text": "ö" * 18_000}).status_code == 200
    key = {"Idempotency-Key": "a-key-whose-response-is-stored"}
    assert (
        client.post(nearly_full["notes"], json={"kind": "general", "text": "a" * 200}, headers=key).status_code == 201
    )
    world.app.state.settings.account_megabytes = 0.000_001
    assert client.get("/v1/me/export").status_code == 200
    assert client.post(f"{nearly_full['contact']}/erase").status_code == 200
    assert client.delete(nearly_full["note"]).status_code == 204
    assert client.delete(nearly_full["application"]).status_code == 204
