"""Undoing what assistants wrote beside imports and stored responses."""

from datetime import timedelta

from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import application, items, problem, read
from tests.http.test_agent_tokens import assistant
from tests.http.test_undo import ALL, WRITES, undone, written
from tests.imports import answered, ran, uploaded


def test_a_change_by_an_import_is_told_with_its_instant(world: World, client: TestClient) -> None:
    """The activity has the import, not the rows that it changed, so nobody is named."""
    app, agent = application(client), assistant(world, client)
    world.clock.now += timedelta(minutes=1)
    id_ = written(agent, "PATCH", f"{ALL}/{app}", {"source": "A friend"})
    world.clock.now += timedelta(minutes=59)
    table = "Company,Role,Status,Location\nAcme,Engineer,Applied,Berlin\n"
    ran(world, client, answered(client, uploaded(client, table), on_duplicate="fill"))
    assert read(client, f"{ALL}/{app}")["location"] == "Berlin"
    refused = problem(agent.post(f"{WRITES}/{id_}/undo"), 409, "changed_since")
    assert refused["changed"] == {"type": "application", "id": app, "by": None, "at": "2026-06-01T13:00:00Z"}
    assert "was changed at 2026-06-01T13:00:00Z, after this write" in refused["detail"]


def test_a_new_reference_that_was_undone_is_not_replayed_but_made_again(world: World, client: TestClient) -> None:
    agent, key = assistant(world, client), {"Idempotency-Key": "a-key-of-a-reference"}
    made = agent.post("/v1/references", json={"name": "Kim Lee"}, headers=key)
    (write,) = items(client, WRITES)
    undone(agent, write["id"])
    assert items(client, "/v1/references") == []
    again = agent.post("/v1/references", json={"name": "Kim Lee"}, headers=key)
    assert (made.status_code, again.status_code) == (201, 201)
    assert [one["id"] for one in items(client, "/v1/references")] == [again.json()["id"]] != [made.json()["id"]]
