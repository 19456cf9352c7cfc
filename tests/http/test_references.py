"""References: the people, and their links to applications with what each person was told."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import (
    NOW,
    Answer,
    add,
    alter,
    application,
    fault,
    interviewed,
    items,
    problem,
    put,
    read,
    step,
)

pytestmark = pytest.mark.sqlite(profile="quick")

ALL = "/v1/references"
TOLD = "2026-05-29T18:00:00Z"
BOTH = {"job_details_given": True, "company_details_given": True}


def person(client: TestClient, name: str = "Prof. Ada May") -> str:
    return str(add(client, ALL, name=name)["id"])


def link(app: str, id_: str) -> str:
    return f"/v1/applications/{app}/references/{id_}"


def test_somebody_elses_references_are_neither_listed_nor_named(client: TestClient, stranger: TestClient) -> None:
    ada = person(client)
    assert items(stranger, ALL) == []
    problem(stranger.put(link(application(stranger), ada), json={}), 404, "not_found")


@pytest.mark.own_statements
def test_a_person_is_recorded_changed_and_listed_by_name(client: TestClient) -> None:
    zoe, ada = person(client, "Zoe Fox"), person(client, "Ada May")
    assert [r["id"] for r in items(client, ALL, sort="name")] == [ada, zoe]
    after = alter(client, f"{ALL}/{ada}", phone="1", permission_at=TOLD, best_times="Mornings")
    assert (after["phone"], after["permission_at"], after["uses"], after["version"]) == ("1", TOLD, 0, 2)
    for body in ({"name": None}, {"name": " "}, {"email": "x"}, {"permission_at": "2026-06-01T12:05:01Z"}, {"uses": 3}):
        fault(client.patch(f"{ALL}/{ada}", json=body), f"/{next(iter(body))}")
        assert client.post(ALL, json={"name": "Eve", **body}).status_code == 422
    assert [r["name"] for r in items(client, ALL)] == ["Zoe Fox", "Ada May"]


def test_the_uses_of_a_person_are_counted_and_change_the_etag(client: TestClient) -> None:
    ada, apps = person(client), [application(client), application(client)]
    before = read(client, f"{ALL}/{ada}")
    for app in apps:
        put(client, link(app, ada))
        put(client, link(app, ada))
    after = client.get(f"{ALL}/{ada}", headers={"If-None-Match": before["etag"]}).json()
    assert (before["uses"], after["uses"], after["version"]) == (0, 2, 1)
    client.delete(link(apps[0], ada))
    assert read(client, f"{ALL}/{ada}")["uses"] == 1


@pytest.mark.own_statements
def test_the_first_put_creates_a_link_and_the_next_replaces_it(world: World, client: TestClient) -> None:
    app, ada = application(client), person(client)
    first = client.put(link(app, ada), json={"alert_channel": "phone"})
    made = first.json()
    assert (first.status_code, first.headers["location"], first.headers["etag"]) == (201, link(app, ada), made["etag"])
    assert (made["linked_at"], made["alerted_at"], made["briefed_at"], made["name"]) == (
        NOW,
        None,
        None,
        "Prof. Ada May",
    )
    world.clock.now += timedelta(hours=1)
    again = client.put(link(app, ada), json={"alerted_at": TOLD, **BOTH})
    assert (again.status_code, again.json()["alert_channel"], again.json()["linked_at"]) == (200, None, NOW)
    assert (again.json()["alerted_at"], again.json()["briefed_at"]) == (TOLD, "2026-06-01T13:00:00Z")
    last = put(client, link(app, ada), **BOTH)
    assert (last["alerted_at"], last["briefed_at"], last["linked_at"]) == (TOLD, "2026-06-01T13:00:00Z", NOW)
    assert put(client, link(app, ada), alerted_at=None, **BOTH)["alerted_at"] is None
    assert items(client, f"/v1/applications/{app}/references") == [read(client, link(app, ada))]


@pytest.mark.own_statements
def test_briefed_at_needs_both_details_and_is_cleared_without_either(world: World, client: TestClient) -> None:
    app, ada = application(client), person(client)
    put(client, link(app, ada))
    assert alter(client, link(app, ada), job_details_given=True)["briefed_at"] is None
    assert alter(client, link(app, ada), company_details_given=True)["briefed_at"] == NOW
    assert alter(client, link(app, ada), briefed_at=TOLD)["briefed_at"] == TOLD
    world.clock.now += timedelta(hours=1)
    assert alter(client, link(app, ada), **BOTH)["briefed_at"] == TOLD
    fault(client.patch(link(app, ada), json={"briefed_at": None}), "/briefed_at")
    assert alter(client, link(app, ada), job_details_given=False)["briefed_at"] is None
    assert put(client, link(app, ada), **BOTH, briefed_at=TOLD)["briefed_at"] == TOLD
    assert put(client, link(app, ada))["briefed_at"] is None


@pytest.mark.own_statements
def test_a_reference_that_was_told_and_briefed_completes_step_5(client: TestClient) -> None:
    app, _ = interviewed(client)
    ada = person(client)
    assert step(client, app, 5)["reason"]["code"] == "choose_references"
    put(client, link(app, ada), linked_at=TOLD, alerted_at=TOLD, briefed_at=TOLD)
    waiting = step(client, app, 5)
    assert (waiting["state"], waiting["progress"]["missing"]) == ("open", [f"reference:{ada}"])
    alter(client, link(app, ada), **BOTH)
    assert (step(client, app, 5)["state"], step(client, app, 5)["completed_at"]) == ("done", TOLD)
    told = client.delete(link(app, ada), params={"dry_run": "true"}).json()["reopened_steps"]
    assert [(s["number"], s["progress"]["missing"]) for s in told] == [(5, ["reference"])]
    assert step(client, app, 5)["state"] == "done"
    assert client.delete(link(app, ada)).status_code == 204
    assert step(client, app, 5)["state"] == "open"
    problem(client.get(link(app, ada)), 404, "not_found")
    problem(client.delete(link(app, ada)), 404, "not_found")


def test_a_reference_who_was_called_before_being_told_is_done_with_a_warning(client: TestClient) -> None:
    app, _ = interviewed(client)
    ada = person(client)
    put(client, link(app, ada), linked_at=TOLD, contacted_at="2026-05-30T10:00:00Z")
    found = step(client, app, 5)
    assert found["state"] == "done"
    assert [(w["code"], w["href"]) for w in found["warnings"]] == [("reference_rung_unprepared", link(app, ada))]


def test_deleting_a_person_removes_it_from_every_application(client: TestClient) -> None:
    app, _ = interviewed(client)
    ada = person(client)
    put(client, link(app, ada), linked_at=TOLD, alerted_at=TOLD, briefed_at=TOLD, **BOTH)
    assert step(client, app, 5)["state"] == "done"
    told = client.delete(f"{ALL}/{ada}", params={"dry_run": "true"}).json()["reopened_steps"]
    assert [s["number"] for s in told] == [5]
    assert client.delete(f"{ALL}/{ada}").status_code == 204
    assert items(client, f"/v1/applications/{app}/references") == items(client, ALL) == []
    assert step(client, app, 5)["reason"]["code"] == "choose_references"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param({"alerted_at": "2026-06-01T12:05:01Z"}, "/alerted_at", id="told-in-the-future"),
        pytest.param({"linked_at": "2026-06-01T12:05:01Z"}, "/linked_at", id="named-in-the-future"),
        pytest.param({"alert_channel": "pigeon"}, "/alert_channel", id="an-unknown-channel"),
        pytest.param({"job_details_given": None}, "/job_details_given", id="null-for-a-boolean"),
        pytest.param({"name": "Ada"}, "/name", id="a-field-of-the-person"),
    ],
)
def test_an_invalid_link_is_neither_made_nor_changed(client: TestClient, body: Answer, pointer: str) -> None:
    app, ada, eve = application(client), person(client), person(client, "Eve")
    before = put(client, link(app, ada))
    fault(client.put(link(app, eve), json=body), pointer)
    fault(client.patch(link(app, ada), json=body), pointer)
    assert items(client, f"/v1/applications/{app}/references") == [before]


def test_a_link_with_an_outdated_version_is_not_overwritten(client: TestClient) -> None:
    app, ada = application(client), person(client)
    old = put(client, link(app, ada))["etag"]
    now = alter(client, link(app, ada), alerted_at=TOLD)
    stale = {"If-Match": old}
    answers = (
        client.put(link(app, ada), json={}, headers=stale),
        client.patch(link(app, ada), json={}, headers=stale),
        client.delete(link(app, ada), headers=stale),
    )
    for answer in answers:
        assert problem(answer, 412, "precondition_failed")["current"] == now
    assert client.get(link(app, ada), headers={"If-None-Match": now["etag"]}).status_code == 304
