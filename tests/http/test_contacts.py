"""Contacts: the dates since which they are complete and reachable, and their deletion, restoration and erasure."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import (
    NOW,
    Answer,
    act,
    add,
    alter,
    application,
    contact,
    fault,
    interviewed,
    items,
    problem,
    put,
    read,
    step,
)

pytestmark = pytest.mark.sqlite(profile="quick")

ALL = "/v1/contacts"
MAY, LATER = "2026-05-20T08:00:00Z", "2026-06-01T13:00:00Z"
COMPLETE = {"full_name": "Kim Lee", "job_title": "Director", "email": "kim@example.com"}


def since(found: Answer) -> tuple[str | None, str | None]:
    return found["details_complete_since"], found["reachable_since"]


def test_somebody_elses_contacts_are_not_listed(client: TestClient, stranger: TestClient) -> None:
    contact(client)
    assert items(stranger, ALL) == []


def test_a_contact_shows_every_key_but_when_it_was_learned(client: TestClient) -> None:
    made = add(client, ALL, full_name="Kim Lee", learned_at=MAY)
    assert "learned_at" not in made
    assert (made["name_verified"], made["erased_at"], since(made)) == (False, None, (None, None))
    assert read(client, f"{ALL}/{made['id']}") == made == items(client, ALL)[0]


@pytest.mark.parametrize(
    ("body", "complete", "reachable"),
    [
        pytest.param(COMPLETE, True, True, id="name-title-and-e-mail"),
        pytest.param({**COMPLETE, "email": None, "phone": "1"}, True, True, id="a-phone-is-enough"),
        pytest.param(
            {**COMPLETE, "email": None, "postal_address": "1 Main St"},
            True,
            False,
            id="a-postal-address-is-no-way-to-call",
        ),
        pytest.param({**COMPLETE, "job_title": None}, False, True, id="no-title"),
        pytest.param({**COMPLETE, "full_name": None}, False, True, id="no-name"),
        pytest.param({**COMPLETE, "email": None}, False, False, id="no-way-to-reach-them"),
        pytest.param({"company": "Front desk of Acme"}, False, False, id="a-company-alone"),
    ],
)
def test_completeness_and_reachability_are_dated_by_details_learned_at(
    client: TestClient, body: Answer, complete: bool, reachable: bool
) -> None:
    now, may = add(client, ALL, **body), add(client, ALL, **body, learned_at=MAY)
    assert since(now) == (NOW if complete else None, NOW if reachable else None)
    assert since(may) == (MAY if complete else None, MAY if reachable else None)


@pytest.mark.own_statements
def test_details_that_were_known_before_keep_their_date(world: World, client: TestClient) -> None:
    href = f"{ALL}/{contact(client, phone='1', learned_at=MAY)}"
    world.clock.now += timedelta(hours=1)
    assert since(alter(client, href, job_title="Director", email="kim@example.com")) == (LATER, MAY)
    assert since(alter(client, href, phone=None)) == (LATER, MAY)
    assert since(alter(client, href, email=None)) == (None, None)
    assert since(alter(client, href, phone="2", learned_at=NOW)) == (NOW, NOW)


@pytest.mark.own_statements
def test_a_date_alone_corrects_known_details_and_completes_nothing(client: TestClient) -> None:
    href = f"{ALL}/{contact(client, phone='1')}"
    assert since(alter(client, href, learned_at=MAY)) == (None, MAY)
    assert since(alter(client, href, learned_at=None)) == (None, MAY)
    assert since(alter(client, href, job_title="Director", learned_at="2026-05-21T00:00:00Z")) == (
        "2026-05-21T00:00:00Z",
        MAY,
    )


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param({"learned_at": "2026-06-01T12:05:01Z"}, "/learned_at", id="learned-later"),
        pytest.param({"email": "kim"}, "/email", id="no-address"),
        pytest.param({"role": "boss"}, "/role", id="an-unknown-role"),
        pytest.param({"phone": " "}, "/phone", id="a-blank-phone"),
        pytest.param({"full_name": "Kim\x0bLee"}, "/full_name", id="a-control-character"),
        pytest.param({"name_verified": None}, "/name_verified", id="null-for-yes-or-no"),
        pytest.param({"full_name": None}, "/full_name", id="neither-name-nor-company"),
        pytest.param({"reachable_since": NOW}, "/reachable_since", id="a-derived-field"),
    ],
)
def test_an_invalid_contact_is_neither_recorded_nor_changed(client: TestClient, body: Answer, pointer: str) -> None:
    kim = contact(client)
    before = items(client, ALL)
    fault(client.post(ALL, json={"full_name": "Sam Roe", **body}), pointer)
    fault(client.patch(f"{ALL}/{kim}", json=body), pointer)
    assert items(client, ALL) == before


def test_details_complete_an_interviewer_and_make_the_status_contact_reachable(client: TestClient) -> None:
    app, round_ = interviewed(client)
    kim = contact(client)
    put(client, f"/v1/interviews/{round_}/interviewers/{kim}")
    alter(client, f"/v1/applications/{app}", status_contact_id=kim)
    assert step(client, app, 2)["progress"]["missing"] == [f"interviewer:{kim}", "status_contact"]
    alter(client, f"{ALL}/{kim}", phone="1")
    assert step(client, app, 2)["progress"]["missing"] == [f"interviewer:{kim}"]
    alter(client, f"{ALL}/{kim}", job_title="Director", learned_at="2026-05-29T16:00:00Z")
    done = step(client, app, 2)
    assert (done["state"], done["completed_at"]) == ("done_late", NOW)
    alter(client, f"{ALL}/{kim}", learned_at="2026-05-29T16:00:00Z")
    alter(client, f"/v1/applications/{app}", status_contact_since="2026-05-29T16:00:00Z")
    assert step(client, app, 2)["state"] == "done"
    alter(client, f"{ALL}/{kim}", job_title=None)
    assert step(client, app, 2)["state"] == "overdue"


def known(client: TestClient) -> tuple[str, str]:
    """Record a round whose interviewer and status contact is Kim; return the ids of the application and of Kim."""
    app, round_ = interviewed(client)
    kim = contact(client, **COMPLETE, learned_at=MAY)
    put(client, f"/v1/interviews/{round_}/interviewers/{kim}")
    alter(client, f"/v1/applications/{app}", status_contact_id=kim, status_contact_since=MAY)
    assert step(client, app, 2)["state"] == "done"
    return app, kim


def test_deleting_a_contact_reopens_steps_and_restoring_it_closes_them_again(client: TestClient) -> None:
    app, kim = known(client)
    before = step(client, app, 2)
    told = client.delete(f"{ALL}/{kim}", params={"dry_run": "true"}).json()["reopened_steps"]
    assert [(s["number"], s["state"]) for s in told] == [(2, "overdue")]
    assert step(client, app, 2) == before
    assert client.delete(f"{ALL}/{kim}").status_code == 204
    assert step(client, app, 2)["progress"]["missing"] == ["interviewer", "status_contact"]
    problem(client.get(f"{ALL}/{kim}"), 404, "not_found")
    assert items(client, ALL) == []
    assert items(client, f"/v1/interviews/{before['scope'].removeprefix('interview:')}/interviewers") == []
    act(client, f"{ALL}/{kim}/restore")
    assert step(client, app, 2) == before
    assert len(items(client, ALL)) == 1


def test_a_contact_can_be_restored_for_30_days_only(world: World, client: TestClient) -> None:
    kim = contact(client)
    assert act(client, f"{ALL}/{kim}/restore")["version"] == 1
    client.delete(f"{ALL}/{kim}")
    world.clock.now += timedelta(days=30, seconds=1)
    problem(client.post(f"{ALL}/{kim}/restore"), 404, "not_found")


@pytest.mark.own_statements
def test_erasing_blanks_a_person_everywhere_and_changes_no_state(client: TestClient) -> None:
    app, kim = known(client)
    round_ = step(client, app, 4)["scope"].removeprefix("interview:")
    href = f"/v1/applications/{app}/letters"
    sent = add(client, href, interview_id=round_, recipients=[kim], channel="email", sent_at="2026-05-29T18:00:00Z")
    before = [(s["state"], s["completed_at"]) for s in (step(client, app, n) for n in range(1, 8))]
    gone = act(client, f"{ALL}/{kim}/erase")
    personal = ("full_name", "honorific", "job_title", "company", "role", "email", "phone", "postal_address", "notes")
    assert {gone[name] for name in personal} == {None}
    assert (gone["erased_at"], since(gone)) == (NOW, (MAY, MAY))
    assert [(s["state"], s["completed_at"]) for s in (step(client, app, n) for n in range(1, 8))] == before
    letter = client.get(f"/v1/letters/{sent['id']}", headers={"If-None-Match": sent["etag"]})
    assert letter.json()["recipients"] == [
        {"contact_id": kim, "name": None, "title": None, "company": None, "address": None}
    ]
    assert letter.json()["sent_at"] == "2026-05-29T18:00:00Z"
    assert step(client, app, 6)["next_action"]["code"] == "choose_contact"


@pytest.mark.own_statements
def test_a_deleted_contact_can_be_erased_too(client: TestClient) -> None:
    kim = contact(client, job_title="Director")
    assert client.delete(f"{ALL}/{kim}").status_code == 204
    erased = client.post(f"{ALL}/{kim}/erase")
    assert (erased.status_code, erased.json()["full_name"], erased.json()["job_title"]) == (200, None, None)
    problem(client.get(f"{ALL}/{kim}"), 404, "not_found")


def test_an_erased_contact_stays_blank(client: TestClient) -> None:
    kim = contact(client)
    first = act(client, f"{ALL}/{kim}/erase")
    problem(client.patch(f"{ALL}/{kim}", json={"full_name": "Kim Lee"}), 409, "contact_erased")
    assert act(client, f"{ALL}/{kim}/erase")["erased_at"] == first["erased_at"]
    assert read(client, f"{ALL}/{kim}")["full_name"] is None


@pytest.mark.own_statements
def test_contacts_are_listed_in_order_of_creation_or_change(world: World, client: TestClient) -> None:
    made = []
    for name in ("Kim", "Al", "Sam"):
        made.append(contact(client, full_name=name))
        world.clock.now += timedelta(minutes=1)
    alter(client, f"{ALL}/{made[0]}", phone="1")
    orders = {
        order: [c["full_name"] for c in items(client, ALL, sort=order)] for order in ("created_at", "-updated_at")
    }
    assert orders == {"created_at": ["Kim", "Al", "Sam"], "-updated_at": ["Kim", "Sam", "Al"]}


def test_a_contact_has_a_role_in_an_application(client: TestClient) -> None:
    app, kim = application(client), contact(client)
    href = f"/v1/applications/{app}/contacts"
    first = client.put(f"{href}/{kim}", json={"role": "hr"})
    assert (first.status_code, first.json()["role"], first.json()["contact"]["id"]) == (201, "hr", kim)
    again = client.put(f"{href}/{kim}", json={})
    assert (again.status_code, again.json()["role"]) == (200, None)
    stale = client.put(f"{href}/{kim}", json={"role": "hr"}, headers={"If-Match": first.headers["etag"]})
    assert problem(stale, 412, "precondition_failed")["current"] == again.json()
    assert items(client, href) == [again.json()]
    assert client.delete(f"{href}/{kim}").status_code == 204
    problem(client.delete(f"{href}/{kim}"), 404, "not_found")
    assert items(client, href) == []
    read(client, f"{ALL}/{kim}")


def test_an_application_links_only_the_users_own_contacts_in_known_roles(
    client: TestClient, stranger: TestClient
) -> None:
    app, kim = application(client), contact(client)
    href = f"/v1/applications/{app}/contacts"
    put(client, f"{href}/{kim}", role="hr")
    problem(client.put(f"{href}/{contact(stranger)}", json={}), 404, "not_found")
    fault(client.put(f"{href}/{kim}", json={"role": "boss"}), "/role")
    assert [link["role"] for link in items(client, href)] == ["hr"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        pytest.param("ruiz", ["Ána Ruiz"], id="a-name-in-small-letters"),
        pytest.param("ÁNA", ["Ána Ruiz"], id="letters-beyond-english-in-capitals"),
        pytest.param("field", ["Ána Ruiz", "Ben Sato"], id="in-the-middle-of-a-company"),
        pytest.param("ben@", ["Ben Sato"], id="an-address"),
        pytest.param("100%", ["Cy 100%_"], id="signs-are-no-wildcards"),
        pytest.param("_", ["Cy 100%_"], id="nor-are-underscores"),
        pytest.param("nobody", [], id="nobody"),
        pytest.param("", ["Ána Ruiz", "Ben Sato", "Cy 100%_"], id="everybody"),
    ],
)
def test_contacts_are_found_by_part_of_a_name_company_or_address(
    client: TestClient, stranger: TestClient, search: str, found: list[str]
) -> None:
    add(client, "/v1/contacts", full_name="Ána Ruiz", company="Larkfield Press")
    add(client, "/v1/contacts", full_name="Ben Sato", company="Larkfield Press", email="ben@example.com")
    add(client, "/v1/contacts", full_name="Cy 100%_")
    add(stranger, "/v1/contacts", full_name="Another Ruiz", company="Larkfield Press")
    assert [one["full_name"] for one in items(client, "/v1/contacts", search=search)] == found
    first = read(client, "/v1/contacts", search=search, limit=1)
    if len(found) > 1:
        rest = read(client, "/v1/contacts", search=search, limit=1, cursor=first["next_cursor"])
        assert rest["items"][0]["full_name"] == found[1]


def test_the_call_is_judged_again_when_the_person_to_ask_has_no_phone_number_any_more(client: TestClient) -> None:
    app, _ = interviewed(client)
    ana = contact(client, full_name="Ana Ruiz", phone="+1 212 555 0123")
    alter(client, f"/v1/applications/{app}", status_contact_id=ana)
    assert "find a phone number first" not in step(client, app, 6)["next_action"]["text"]
    alter(client, f"/v1/contacts/{ana}", phone=None)
    assert "find a phone number first" in step(client, app, 6)["next_action"]["text"]
