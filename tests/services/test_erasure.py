"""Erasure in slices: the account ends at once, others write in between, and the task finishes what was left."""

import pytest
from fastapi.testclient import TestClient

from api.models import User
from api.services.accounts import erasure
from api.services.accounts.operator import list_accounts
from api.workers.erasure import erasure_pass
from tests.conftest import World
from tests.http.api_client import add, application, problem, read
from tests.http.test_accounts import SIGN_UP
from tests.services.checks import dump
from tests.services.full_record import record_everything


def confirmed(client: TestClient) -> int:
    """Erase the account of a client; return the status."""
    code = client.delete("/v1/me").json()["confirmation"]
    return client.delete("/v1/me", params={"confirmation": code}).status_code


def rows(world: World, user_id: str) -> int:
    return sum(map(len, dump(world.database, user_id).values()))


@pytest.fixture
def interrupted(world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> str:
    """An account whose erasure stopped after the first transaction; return its id."""
    record_everything(client, world.clock.now)
    me = str(read(client, "/v1/me")["id"])
    with monkeypatch.context() as patched:
        patched.setattr(erasure, "erase_within", lambda *_: False)
        assert confirmed(client) == 204
    return me


def test_an_account_whose_rows_are_still_there_is_gone_for_everybody(
    world: World, client: TestClient, interrupted: str
) -> None:
    assert rows(world, interrupted) > 20
    problem(client.get("/v1/me"), 401, "unauthorized")
    problem(client.post("/v1/applications", json={"company": "A", "role": "B"}), 401, "unauthorized")
    with world.database.read(world.clock.now) as session:
        assert [one for one in list_accounts(session) if "erased" in one.email] == []
        session.owner = interrupted
        left = session.get_one(User, interrupted)
        assert (left.password_hash, left.full_name, left.pending_email) == (None, "", None)
    assert world.anonymous().post("/v1/users", json={**SIGN_UP, "email": "user1@example.com"}).status_code == 201


def test_the_task_finishes_an_erasure_slice_by_slice(
    world: World, interrupted: str, stranger: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "SLICE_SECONDS", 0.0)
    monkeypatch.setattr(erasure, "ROWS_PER_BATCH", 3)
    before = rows(world, interrupted)
    deleted = erasure.erase_slice(world.database, interrupted, world.clock.now)
    assert 0 < deleted <= 6 < before == rows(world, interrupted) + deleted
    application(stranger)  # between two slices
    erasure_pass(world.database, world.clock, lambda: True)
    assert rows(world, interrupted) == before - deleted
    erasure_pass(world.database, world.clock, lambda: False)
    assert rows(world, interrupted) == 0
    assert read(stranger, "/v1/applications")["items"]
    assert erasure.erase_slice(world.database, interrupted, world.clock.now) == 0


def test_a_write_that_waited_while_the_account_ended_is_refused(world: World, client: TestClient) -> None:
    """The row of the account is still there, but it takes no writes."""
    add(client, "/v1/contacts", full_name="A")
    me = read(client, "/v1/me")["id"]
    with world.database.write(world.clock.now) as session:
        session.owner = me
        session.execute(User.__table__.update().values(erased_at=world.clock.now))  # type: ignore[attr-defined]  # a mapped class
    problem(client.post("/v1/contacts", json={"full_name": "B"}), 401, "unauthorized")
