"""Recomputation of an account in slices: any size of a slice gives the same rows, and answers say when it runs."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.services.steps import judge, recompute
from api.services.steps.recompute import run_slice
from api.workers.recompute import recompute_pass
from tests.conftest import World
from tests.services.checks import check_rows

STARTS = ("2026-05-20T15:00Z", "2026-05-25T15:00Z", "2026-06-02T03:00Z", "2026-05-31T09:00Z", "2026-05-29T11:00Z")


@pytest.fixture(autouse=True)
def slices_of_one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recompute, "SLICE_SECONDS", -1)
    monkeypatch.setattr(recompute, "BATCH_SIZE", 2)


def record_applications(client: TestClient) -> list[str]:
    ids = []
    for start in STARTS:
        made = client.post("/v1/applications", json={"company": "Acme", "role": "Engineer"}).json()
        client.post(f"/v1/applications/{made['id']}/interviews", json={"starts_at": start})
        ids.append(made["id"])
    return ids


def check_account(world: World, client: TestClient) -> None:
    with world.database.read(world.clock.now) as session:
        session.owner = client.get("/v1/me").json()["id"]
        check_rows(session)


def answers_say_recomputing(client: TestClient, application_id: str) -> set[bool]:
    addresses = ("/v1/me/policy", "/v1/queue", "/v1/queue/summary", f"/v1/applications/{application_id}/steps")
    return {client.get(address).json()["recomputing"] for address in addresses}


def change_policy(client: TestClient) -> Any:
    return client.patch("/v1/me/policy", json={"default_interview_minutes": 300, "search_days": 9})


def change_zone(client: TestClient) -> Any:
    return client.patch("/v1/me", json={"time_zone": "Asia/Tokyo"})


@pytest.mark.parametrize("batch", [1, 2, 500])
@pytest.mark.parametrize("change", [change_policy, change_zone])
def test_a_change_updates_every_application_for_any_batch_size(
    change: Callable[[TestClient], Any],
    batch: int,
    world: World,
    client: TestClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recompute, "BATCH_SIZE", batch)
    record_applications(client)
    assert change(client).status_code == 200
    recompute_pass(world.database, world.clock)
    check_account(world, client)


def test_a_command_recomputes_an_account_to_its_end_and_leaves_one_that_was_erased(
    world: World, client: TestClient
) -> None:
    user = client.get("/v1/me").json()["id"]
    ids = record_applications(client)
    change_policy(client)
    recompute.run_to_end(world.database, user, world.clock)
    assert answers_say_recomputing(client, ids[0]) == {False}
    check_account(world, client)
    change_zone(client)
    world.execute("UPDATE user_account SET erased_at = created_at")
    recompute.run_to_end(world.database, user, world.clock)
    assert run_slice(world.database, user, world.clock.now)


def test_answers_say_that_an_account_is_being_recomputed(world: World, client: TestClient) -> None:
    ids = record_applications(client)
    assert answers_say_recomputing(client, ids[0]) == {False}
    tag = client.get("/v1/queue").headers["ETag"]
    assert change_policy(client).json()["recomputing"] is True
    assert answers_say_recomputing(client, ids[0]) == {True}
    assert client.get("/v1/queue", headers={"If-None-Match": tag}).status_code == 200
    recompute_pass(world.database, world.clock)
    assert answers_say_recomputing(client, ids[0]) == {False}


def test_every_slice_changes_the_entity_tags_of_steps(world: World, client: TestClient) -> None:
    me = client.get("/v1/me").json()["id"]
    record_applications(client)
    change_policy(client)
    tags = [client.get("/v1/queue").headers["ETag"]]
    while not run_slice(world.database, me, world.clock.now):
        tags.append(client.get("/v1/queue").headers["ETag"])
    assert len(set(tags)) == len(tags) >= 2


def test_a_recomputation_that_was_interrupted_goes_on_beside_other_writes(world: World, client: TestClient) -> None:
    me = client.get("/v1/me").json()["id"]
    ids = record_applications(client)
    change_policy(client)
    assert not run_slice(world.database, me, world.clock.now)
    client.post(f"/v1/applications/{ids[-1]}/interviews", json={"starts_at": "2026-05-30T15:00Z"})
    client.post("/v1/search-activities", json={"kind": "search", "at": "2026-05-31T10:00Z"})
    client.delete(f"/v1/applications/{ids[1]}")
    change_zone(client)  # starts again from the first application
    recompute_pass(world.database, world.clock)
    check_account(world, client)


def test_the_task_stops_between_two_slices(world: World, client: TestClient) -> None:
    ids = record_applications(client)
    change_policy(client)
    recompute_pass(world.database, world.clock, lambda: True)
    assert answers_say_recomputing(client, ids[0]) == {True}


def test_a_contact_of_many_applications_is_judged_in_the_background(
    world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge, "MAX_JUDGED", 2)
    contact = client.post("/v1/contacts", json={"full_name": "Jo Roe", "role": "hr", "phone": "+1 555 0100"}).json()
    for id_ in record_applications(client):
        body = {"status_contact_id": contact["id"]}
        assert client.patch(f"/v1/applications/{id_}", json=body).status_code == 200
    assert client.patch(f"/v1/contacts/{contact['id']}", json={"phone": None, "email": None}).status_code == 200
    assert client.get("/v1/queue").json()["recomputing"] is True
    recompute_pass(world.database, world.clock)
    check_account(world, client)
