"""`effects`: what a write does to the steps of all applications, with the response that it has without."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.http.route_index import routes_of
from api.http.strict_route import Route
from tests.conftest import World
from tests.http.api_client import Answer, add, alter, application, contact, interviewed, problem, put, read, steps
from tests.http.kinds_of_write import account

pytestmark = pytest.mark.sqlite

ALL = "/v1/applications"
ASKED = {"effects": "true"}
PLAIN = {"account", "calendar", "webhooks", "imports", "exports", "docs", "about", "search", "queue", "statistics"}


def told(answer: Any) -> Answer:
    assert answer.status_code == 200, answer.text
    document: Answer = answer.json()
    return document


def changes(report: Answer) -> list[tuple[str, int, str]]:
    return [(one["company"], one["number"], one["change"]) for one in report["effects"]]


def test_the_writes_of_facts_and_no_others_take_the_parameters(world: World) -> None:
    for route in routes_of(world.app):
        if not isinstance(route, Route) or route.method == "GET":
            continue
        reports = route.needs_token and not PLAIN & set(map(str, route.tags))
        assert route.declaration.reports_writes is reports, route.operation_id
        assert ("effects" in route.query_names) is reports, route.operation_id
        if reports and route.method != "DELETE":
            assert "dry_run" in route.query_names, route.operation_id


def test_a_debrief_completes_steps_and_moves_others(client: TestClient) -> None:
    write = account(client)["a debrief with people and notes"]
    report = told(client.post(write.href, json=write.body, params=ASKED))
    assert (report["status"], report["location"], report["recomputing"]) == (201, write.href[: -len("/debrief")], False)
    assert {("Acme", 1, "done_late"), ("Acme", 6, "moved")} <= {*changes(report)}
    moved = next(one for one in report["effects"] if one["change"] == "moved")
    assert moved["due_at_was"] != moved["due_at"]
    assert moved["step"] == "status_call"


def test_the_report_has_what_the_write_returns_without(client: TestClient) -> None:
    app, _ = interviewed(client)
    report = told(client.post(f"{ALL}/{app}/notes", json={"kind": "general", "text": "Well."}, params=ASKED))
    note = read(client, f"/v1/notes/{report['body']['id']}")
    assert report["body"] == note
    assert (report["location"], report["etag"]) == (f"/v1/notes/{note['id']}", note["etag"])
    assert (report["effects"], report["more_effects"], report["write"]) == ([], 0, None)


def test_an_ending_closes_the_open_steps(client: TestClient) -> None:
    app, _ = interviewed(client)
    report = told(client.post(f"{ALL}/{app}/stages", json={"stage": "rejected"}, params=ASKED))
    assert {one["change"] for one in report["effects"]} <= {"not_applicable", "missed", "gone", "moved"}
    assert {one["step_id"] for one in report["effects"] if one["change"] == "not_applicable"} == {
        one["id"] for one in steps(client, app)["steps"] if one["state"] == "not_applicable"
    }


def test_a_search_moves_step_7_of_all_applications(client: TestClient) -> None:
    for company in ("Acme", "Blue"):
        interviewed_at = application(client, company=company)
        add(client, f"{ALL}/{interviewed_at}/interviews", starts_at="2026-05-20T14:00:00Z")
    before = {
        one["company"]: one
        for one in told(client.post("/v1/search-activities", json={"kind": "search"}, params={"dry_run": "true"}))[
            "effects"
        ]
    }
    assert {(one["number"], one["change"]) for one in before.values()} == {(7, "moved")}
    assert before.keys() == {"Acme", "Blue"}


def test_a_new_round_opens_steps_and_its_deletion_removes_them(client: TestClient) -> None:
    app = application(client)
    made = told(client.post(f"{ALL}/{app}/interviews", json={"starts_at": "2026-06-03T14:00:00Z"}, params=ASKED))
    assert {change for _, _, change in changes(made)} == {"opened"}
    assert all(one["due_at_was"] is None for one in made["effects"])
    gone = told(client.delete(f"/v1/interviews/{made['body']['id']}", params=ASKED))
    assert {one["step_id"] for one in gone["effects"] if one["change"] == "gone"} == {
        one["step_id"] for one in made["effects"]
    }
    assert all(one["due_at"] is None for one in gone["effects"] if one["change"] == "gone")


def test_a_deleted_application_takes_its_steps_along_and_gets_them_back(client: TestClient) -> None:
    app, _ = interviewed(client)
    gone = told(client.delete(f"{ALL}/{app}", params=ASKED))
    assert {(company, change) for company, _, change in changes(gone)} == {("Acme", "gone")}
    back = told(client.post(f"{ALL}/{app}/restore", params=ASKED))
    assert {one["step_id"] for one in back["effects"]} == {one["step_id"] for one in gone["effects"]}


def test_a_token_that_may_not_read_steps_is_told_of_none(world: World) -> None:
    client = world.sign_up(scopes=["applications:write"])
    app = application(client)
    report = told(client.post(f"{ALL}/{app}/interviews", json={"starts_at": "2026-05-29T14:00:00Z"}, params=ASKED))
    assert (report["effects"], report["more_effects"]) == (None, 0)


def test_a_token_that_may_not_read_contacts_sees_none_of_them_in_a_report(world: World) -> None:
    client = world.sign_up()
    app, talk = interviewed(client)
    kim = contact(client, email="kim@example.com")
    put(client, f"/v1/applications/{app}/contacts/{kim}", role="hr")
    secret = add(client, "/v1/tokens", name="app", scopes=["applications:write"])["token"]
    client.headers["Authorization"] = f"Bearer {secret}"
    href, key = f"/v1/applications/{app}/contacts/{kim}", {"Idempotency-Key": "once"}
    report = told(client.put(href, json={"role": "recruiter"}, params=ASKED, headers=key))
    assert (report["body"]["contact"]["full_name"], report["body"]["contact"]["email"]) == ("Kim Lee", None)
    assert read(client, f"/v1/interviews/{talk}")["application_id"] == app


def test_a_report_is_replayed_to_the_same_request_only(client: TestClient) -> None:
    body, key = {"company": "Acme", "role": "Cook", "applied_on": "2026-05-30"}, {"Idempotency-Key": "once"}
    interviewed(client)
    first, again = (client.post(ALL, json=body, headers=key, params=ASKED) for _ in range(2))
    assert again.headers["idempotency-replayed"] == "true"
    assert again.content == first.content
    assert first.json()["effects"]
    problem(client.post(ALL, json=body, headers=key), 422, "idempotency_key_reused", "Idempotency-Key")


def test_a_replayed_report_shows_a_token_only_what_it_may_read(world: World) -> None:
    client = world.sign_up()
    interviewed(client)
    key, href = {"Idempotency-Key": "once"}, "/v1/contacts"
    body = {"full_name": "Kim Lee", "email": "kim@example.com"}
    assert told(client.post(href, json=body, headers=key, params=ASKED))["effects"] == []
    secret = add(client, "/v1/tokens", name="app", scopes=["contacts:write"])["token"]
    client.headers["Authorization"] = f"Bearer {secret}"
    replayed = told(client.post(href, json=body, headers=key, params=ASKED))
    assert (replayed["effects"], replayed["body"]["email"]) == (None, "kim@example.com")


def test_a_replayed_report_has_no_addresses_for_a_token_that_may_not_read_contacts(world: World) -> None:
    client = world.sign_up()
    _, talk = interviewed(client)
    kim = contact(client, email="kim@example.com")
    href, key = f"/v1/interviews/{talk}/letters/compose", {"Idempotency-Key": "once"}
    body = {"recipients": [kim], "kind": "withdrawal"}
    given = told(client.post(href, json=body, params=ASKED, headers=key))
    assert given["body"]["recipients"][0]["address"] == "kim@example.com"
    secret = add(client, "/v1/tokens", name="app", scopes=["applications:write"])["token"]
    client.headers["Authorization"] = f"Bearer {secret}"
    answer = client.post(href, json=body, params=ASKED, headers=key)
    assert answer.headers["idempotency-replayed"] == "true"
    (recipient,) = told(answer)["body"]["recipients"]
    assert (recipient["name"], recipient["address"]) == ("Kim Lee", None)


def test_effects_beyond_the_first_two_hundred_are_counted(client: TestClient) -> None:
    for number in range(29):
        app = application(client, company=f"C{number}")
        add(client, f"{ALL}/{app}/interviews", starts_at="2026-05-20T14:00:00Z", next_stage_unknown=True)
    found = [
        one["id"]
        for app in read(client, ALL, limit=50)["items"]
        for one in steps(client, app["id"])["steps"]
        if one["number"] not in (6, 7)
    ]
    report = told(client.post("/v1/steps/skip", json={"steps": found[:100]}, params=ASKED))
    assert len(report["effects"]) + report["more_effects"] >= 100


def test_a_changed_name_has_no_effect(client: TestClient) -> None:
    app, _ = interviewed(client)
    alter(client, f"{ALL}/{app}", location="Paris")
    assert changes(told(client.patch(f"{ALL}/{app}", json={"location": "Rome"}, params=ASKED))) == []
