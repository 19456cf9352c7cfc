"""Offers: they do not change the stage, a decision has a date, and other applications show a hint about them."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import NOW, Answer, add, alter, application, fault, interviewed, items, read, step

SOON = "2026-06-05T16:00:00Z"


def at(app: str) -> str:
    return f"/v1/applications/{app}/offers"


@pytest.mark.sqlite(profile="quick")
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


def test_the_answer_date_is_named_with_its_zone_and_not_before_the_offer(client: TestClient) -> None:
    app = application(client, time_zone="Asia/Tokyo")
    made = add(client, at(app), respond_by="2026-12-04T17:00:00+01:00")
    assert (made["respond_by"], made["respond_by_text"]) == ("2026-12-04T16:00:00Z", "11:00 on Fri 4 Dec 2026 (EST)")
    href = f"/v1/offers/{made['id']}"
    wrong = {"received_at": "2026-05-30T10:00:00Z", "respond_by": "2026-05-30T09:59:59Z"}
    assert fault(client.post(at(app), json=wrong), "/respond_by") == "before_received_at"
    assert (
        fault(client.post(at(app), json={"respond_by": "2026-05-30T10:00:00Z"}), "/respond_by") == "before_received_at"
    )
    assert fault(client.patch(href, json={"respond_by": "2026-05-01T10:00:00Z"}), "/respond_by") == "before_received_at"
    alter(client, href, received_at="2026-05-01T10:00:00Z", respond_by="2026-05-02T10:00:00Z")
    assert fault(client.patch(href, json={"received_at": NOW}), "/received_at") == "before_received_at"
    assert alter(client, href, respond_by=None)["respond_by_text"] is None
    detail = client.post(at(app), json={"respond_by": "2026-12-04"}).json()["detail"]
    assert detail.startswith("A date alone is not enough: send an instant with its offset from UTC, such as ")


@pytest.mark.sqlite(profile="quick")
def test_a_decision_that_the_stage_does_not_show_is_a_warning(client: TestClient) -> None:
    app = application(client, stage="offered")
    made = add(client, at(app))
    assert made["warnings"] == []
    (warning,) = alter(client, f"/v1/offers/{made['id']}", decision="accepted")["warnings"]
    assert (warning["code"], "`accepted`" in warning["text"]) == ("stage_not_decided", True)
    add(client, warning["href"], stage="accepted")
    assert read(client, f"/v1/offers/{made['id']}")["warnings"] == []


def test_an_acceptance_elsewhere_is_advice_on_the_other_open_applications(client: TestClient) -> None:
    app, _ = interviewed(client)
    early, accepted = application(client), application(client)
    offer = f"/v1/offers/{add(client, at(accepted), respond_by=SOON)['id']}"

    def advised(number: int, of: str = app) -> list[str]:
        codes = ("competing_offer", "accepted_elsewhere", "no_other_application")
        return [hint["code"] for hint in step(client, of, number)["advice"] if hint["code"] in codes]

    assert (advised(6), advised(7), advised(7, early)) == (["competing_offer"],) * 3
    text = next(h["text"] for h in step(client, app, 7)["advice"] if h["code"] == "competing_offer")
    assert "until 12:00 on Fri 5 Jun 2026 (EDT)" in text
    alter(client, offer, decision="accepted")
    assert (advised(6), advised(7), advised(7, early), advised(7, accepted)) == (*(["accepted_elsewhere"],) * 3, [])
    alter(client, offer, decision="declined")
    assert advised(6) == []
    add(client, f"/v1/applications/{accepted}/stages", stage="accepted")
    add(client, f"/v1/applications/{early}/stages", stage="withdrawn")
    assert (advised(6), advised(7), advised(7, accepted)) == (["accepted_elsewhere"], ["accepted_elsewhere"], [])
    found = step(client, app, 7)
    assert found["next_action"]["code"] == "log_search"
    assert [i["advice"][-1]["code"] for i in items(client, "/v1/queue", state="upcoming", step=6)] == [
        "accepted_elsewhere"
    ]
    tag = client.get(f"/v1/applications/{app}/steps").headers["etag"]
    alter(client, f"/v1/applications/{accepted}", archived_at=NOW)
    assert client.get(f"/v1/applications/{app}/steps", headers={"If-None-Match": tag}).status_code == 200
    assert (advised(6), advised(7)) == ([], ["no_other_application"])


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


@pytest.mark.sqlite(profile="quick")
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
