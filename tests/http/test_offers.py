"""Offers: they do not change the stage, a decision has a date, and other applications show a hint about them."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import NOW, Answer, add, alter, application, fault, interviewed, items, read, step

SOON = "2026-06-05T16:00:00Z"


def at(app: str) -> str:
    return f"/v1/applications/{app}/offers"


def test_an_offer_does_not_change_the_stage_but_warns_how_to(client: TestClient) -> None:
    app, _ = interviewed(client)
    made = add(client, at(app), respond_by=SOON, pay=50_000, currency="EUR", start_on="2026-09-01")
    assert (made["received_at"], made["decided_at"], made["pay"]) == (NOW, None, 50_000)
    (warning,) = made["warnings"]
    assert (warning["code"], warning["method"]) == ("stage_not_offered", "POST")
    assert read(client, f"/v1/applications/{app}")["stage"] == "applied"
    assert step(client, app, 6)["state"] == "upcoming"
    add(client, warning["href"], stage="offered")
    after = client.get(f"/v1/offers/{made['id']}", headers={"If-None-Match": made["etag"]})
    assert (after.status_code, after.json()["warnings"]) == (200, [])
    assert step(client, app, 6)["reason"]["code"] == "offer_received"


def test_a_decision_is_dated_corrected_and_cleared_with_its_date(world: World, client: TestClient) -> None:
    href = f"/v1/offers/{add(client, at(application(client)))['id']}"
    assert fault(client.patch(href, json={"decided_at": NOW}), "/decided_at") == "nothing_to_date"
    assert alter(client, href, decision="declined")["decided_at"] == NOW
    world.clock.now += timedelta(hours=1)
    assert alter(client, href, decision="accepted")["decided_at"] == NOW
    assert alter(client, href, decided_at="2026-05-31T00:00:00Z")["decided_at"] == "2026-05-31T00:00:00Z"
    assert fault(client.patch(href, json={"decided_at": None}), "/decided_at") == "fact_still_there"
    assert alter(client, href, decision=None)["decided_at"] is None


def test_an_undecided_offer_is_advice_in_other_applications_until_it_is_decided_or_expires(
    world: World, client: TestClient
) -> None:
    app, _ = interviewed(client)
    other, _ = interviewed(client)
    offer = add(client, at(other), respond_by=SOON)["id"]
    tag = client.get(f"/v1/applications/{app}/steps").headers["etag"]
    assert advised(client, app) == {6: ["competing_offer"], 7: ["competing_offer"]}
    assert advised(client, other) == {6: [], 7: []}
    world.clock.now = world.clock.now.replace(day=5, hour=16)
    later = client.get(f"/v1/applications/{app}/steps", headers={"If-None-Match": tag})
    assert (later.status_code, advised(client, app)) == (200, {6: [], 7: []})
    world.clock.now -= timedelta(seconds=1)
    alter(client, f"/v1/offers/{offer}", decision="declined")
    assert advised(client, app) == {6: [], 7: []}


def advised(client: TestClient, app: str) -> dict[int, list[str]]:
    return {n: [hint["code"] for hint in step(client, app, n)["advice"]] for n in (6, 7)}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param({"pay": -1}, "/pay", id="a-negative-pay"),
        pytest.param({"pay": 1e12}, "/pay", id="a-pay-that-is-too-high"),
        pytest.param({"currency": "eur"}, "/currency", id="a-currency-in-small-letters"),
        pytest.param({"decision": "perhaps"}, "/decision", id="an-unknown-decision"),
        pytest.param({"start_on": "2026-09-31"}, "/start_on", id="a-day-that-does-not-exist"),
        pytest.param({"start_on": 20000}, "/start_on", id="a-number-for-a-day"),
        pytest.param({"respond_by": "2026-06-05"}, "/respond_by", id="a-date-for-an-instant"),
        pytest.param({"received_at": "2026-06-01T12:05:01Z"}, "/received_at", id="received-in-the-future"),
        pytest.param(
            {"decision": "accepted", "decided_at": "2026-06-02T00:00:00Z"}, "/decided_at", id="decided-in-the-future"
        ),
        pytest.param({"warnings": []}, "/warnings", id="a-derived-field"),
    ],
)
def test_an_invalid_offer_is_neither_recorded_nor_changed(client: TestClient, body: Answer, pointer: str) -> None:
    app = application(client)
    made = add(client, at(app))
    fault(client.post(at(app), json=body), pointer)
    fault(client.patch(f"/v1/offers/{made['id']}", json=body), pointer)
    fault(client.patch(f"/v1/offers/{made['id']}", json={"received_at": None}), "/received_at")
    assert items(client, at(app)) == [made]


def test_offers_are_listed_by_date_and_deleted_for_good(client: TestClient) -> None:
    app = application(client)
    second, first = add(client, at(app)), add(client, at(app), received_at="2026-05-01T00:00:00Z")
    assert [one["id"] for one in items(client, at(app))] == [first["id"], second["id"]]
    assert [one["id"] for one in items(client, at(app), sort="-received_at")] == [second["id"], first["id"]]
    assert client.delete(f"/v1/offers/{first['id']}", params={"dry_run": "true"}).json() == {"reopened_steps": []}
    assert client.delete(f"/v1/offers/{first['id']}").status_code == 204
    assert items(client, at(app)) == [second]
