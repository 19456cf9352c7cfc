"""The bytes of an account: every write counts what it changes, and what makes an account too large is refused."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from api.models import User
from api.services.stored_bytes import MEGABYTE, total
from api.workers.retention import apply_retention
from tests.conftest import World
from tests.services.full_record import record_everything

LONG = {"kind": "general", "text": "ä" * 20_000}


def counted(world: World, client: TestClient) -> tuple[int, int]:
    """Return what the account's row says, and what its rows are."""
    with world.database.read(world.clock.now) as session:
        session.owner = client.get("/v1/me").json()["id"]
        return session.exec(select(User.stored_bytes)).one(), total(session)


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


@pytest.fixture
def nearly_full(world: World, client: TestClient) -> dict[str, Any]:
    """An account for which the limit is its present size; the address of its notes and of one long note."""
    app = client.post("/v1/applications", json={"company": "Acme", "role": "Engineer"}).json()["id"]
    notes = f"/v1/applications/{app}/notes"
    long = client.post(notes, json=LONG).json()["id"]
    world.app.state.settings.account_megabytes = counted(world, client)[0] / MEGABYTE
    return {"application": f"/v1/applications/{app}", "notes": notes, "note": f"/v1/notes/{long}"}


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
    assert client.delete(nearly_full["note"]).status_code == 204
    assert client.delete(nearly_full["application"]).status_code == 204
