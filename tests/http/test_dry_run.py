"""`dry_run`: nothing is written, and the report is that of the write that follows."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select as core_select
from sqlmodel import SQLModel

from tests.conftest import World
from tests.http.api_client import Answer, add, application, interviewed, problem, read, step
from tests.http.kinds_of_write import KINDS, account
from tests.invariants.statements import recorded

pytestmark = pytest.mark.sqlite(profile="quick")

TRY = {"dry_run": "true"}
ALL = "/v1/applications"


def everything(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of all tables, of all accounts."""
    with world.database.engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(core_select(table).order_by(*table.primary_key))]
            for table in SQLModel.metadata.sorted_tables
        }


def comparable(report: Answer) -> Answer:
    """Return a report without what a later write has of its own: ids, versions and incarnations."""
    effects = [{name: value for name, value in one.items() if name != "step_id"} for one in report["effects"]]
    for one in effects:
        one["application_id"] = one["application_id"] if one["company"] != "Teal" else "new"
    return {"status": report["status"], "names": sorted(report["body"] or ()), "effects": effects}


@pytest.mark.parametrize("kind", KINDS)
def test_a_dry_run_writes_nothing_and_tells_what_the_write_then_does(
    world: World, client: TestClient, kind: str
) -> None:
    write = account(client)[kind]
    before = everything(world)
    tried = client.request(write.method, write.href, json=write.body, params=TRY)
    assert tried.status_code == 200, tried.text
    assert everything(world) == before
    assert "location" not in tried.headers
    assert "etag" not in tried.headers
    done = client.request(write.method, write.href, json=write.body, params={"effects": "true"})
    assert done.status_code == 200, done.text
    assert everything(world) != before
    one, other = tried.json(), done.json()
    assert (one["dry_run"], other["dry_run"], one["write"]) == (True, False, None)
    assert comparable(one) == comparable(other)
    if kind != "a composed letter":
        assert one["effects"]


@pytest.mark.own_statements
def test_a_dry_run_ignores_the_idempotency_key(world: World, client: TestClient) -> None:
    key = {"Idempotency-Key": "once"}
    body = {"company": "Acme", "role": "Cook"}
    before = everything(world)
    assert client.post(ALL, json=body, headers=key, params=TRY).json()["status"] == 201
    assert everything(world) == before
    made = client.post(ALL, json=body, headers=key)
    assert made.status_code == 201
    again = client.post(ALL, json=body, headers=key, params=TRY)
    assert (again.json()["dry_run"], "idempotency-replayed" in again.headers) == (True, False)
    assert client.post(ALL, json=body, headers=key).json() == made.json()


def test_a_dry_run_is_refused_as_the_write_is(client: TestClient) -> None:
    app, _ = interviewed(client)
    problem(client.post(f"{ALL}/{app}/notes", json={"kind": "positive"}, params=TRY), 422, "invalid")
    problem(
        client.patch(f"{ALL}/{app}", json={"role": "Cook"}, params=TRY, headers={"If-Match": '"x"'}),
        412,
        "precondition_failed",
    )
    call = step(client, app, 6)["id"]
    problem(client.post(f"/v1/steps/{call}/complete", params=TRY), 422, "record_the_fact")


def test_a_dry_run_is_refused_if_the_write_would_exceed_the_bytes(make_world: Callable[..., World]) -> None:
    world = make_world(account_megabytes=1)
    client = world.sign_up()
    app = application(client)
    note = {"kind": "general", "text": "x" * 19_900}
    for _ in range(49):
        add(client, f"{ALL}/{app}/notes", **note)
    before = everything(world)
    problem(client.post(f"{ALL}/{app}/notes", json=note, params=TRY), 409, "quota_exceeded")
    assert everything(world) == before
    problem(client.post(f"{ALL}/{app}/notes", json=note), 409, "quota_exceeded")


def test_a_dry_run_of_a_large_account_leaves_nothing_to_the_background(world: World, client: TestClient) -> None:
    kim = add(client, "/v1/contacts", full_name="Kim")["id"]
    for number in range(51):
        application(client, company=f"C{number}", status_contact_id=kim)
    before = everything(world)
    report = client.patch(f"/v1/contacts/{kim}", json={"full_name": "Kim Lee"}, params=TRY).json()
    assert (report["recomputing"], report["effects"]) == (True, [])
    assert everything(world) == before


def test_the_dry_run_of_a_deletion_keeps_its_form_and_with_effects_has_the_other(
    world: World, client: TestClient
) -> None:
    app, talk = interviewed(client)
    note = add(client, f"{ALL}/{app}/notes", kind="positive", text="Well.", interview_id=talk)["id"]
    add(client, f"{ALL}/{app}/notes", kind="concern", text="Late.", interview_id=talk)
    before = everything(world)
    alone = client.delete(f"/v1/notes/{note}", params=TRY).json()
    report = client.delete(f"/v1/notes/{note}", params={**TRY, "effects": "true"}).json()
    assert everything(world) == before
    assert [one["number"] for one in alone["reopened_steps"]] == [3]
    assert (report["dry_run"], report["status"], report["body"]) == (True, 204, None)
    assert [(one["number"], one["change"]) for one in report["effects"]] == [(3, "reopened")]
    done = client.delete(f"/v1/notes/{note}", params={"effects": "true"}).json()
    assert done == {**report, "dry_run": False}
    assert client.get(f"/v1/notes/{note}").status_code == 404


def test_the_dry_run_of_many_steps_keeps_its_form(world: World, client: TestClient) -> None:
    app, _ = interviewed(client)
    body = {"steps": [step(client, app, 5)["id"]]}
    before = everything(world)
    assert client.post("/v1/steps/skip", json=body, params=TRY).json()["items"]
    report = client.post("/v1/steps/skip", json=body, params={**TRY, "effects": "true"}).json()
    assert everything(world) == before
    assert [(one["number"], one["change"]) for one in report["effects"]] == [(5, "skipped")]


def test_a_write_without_the_parameters_takes_no_further_statement(world: World, client: TestClient) -> None:
    """Listing effects costs statements; who does not ask for them pays none."""
    app, _ = interviewed(client)
    found = []
    for params in ({}, {"effects": "false", "dry_run": "false"}, {"effects": "true"}):
        with recorded(world.database) as statements:
            client.post("/v1/search-activities", json={"kind": "search"}, params=params)
        found.append([one.text for one in statements])
    assert found[0] == found[1]
    assert len(found[2]) > len(found[0])
    assert read(client, f"{ALL}/{app}")["id"] == app
