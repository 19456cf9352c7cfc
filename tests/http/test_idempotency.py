"""A POST that is repeated with its Idempotency-Key takes effect once and gets the stored answer."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from api import demo
from api.http import examples
from api.models import Application, IdempotentResponse
from api.services.accounts import users
from api.workers.retention import apply_retention
from tests.conftest import World
from tests.http.api_client import alter, application, contact, interviewed, items, problem, step

ALL = "/v1/applications"
BODY = {"company": "Acme", "role": "Editor"}
KEY = {"Idempotency-Key": "7f0c6c0e-1"}


def stored_responses(world: World) -> int:
    with world.database.read(world.clock.now) as session:
        return len(session.exec(select(IdempotentResponse), execution_options={"any_owner": True}).all())


def test_a_retry_gets_the_stored_answer_and_takes_effect_once(client: TestClient, world: World) -> None:
    first = client.post(ALL, json=BODY, headers=KEY)
    assert (first.status_code, first.headers.get("idempotency-replayed")) == (201, None)
    world.clock.now += timedelta(hours=23, minutes=59)
    again = client.post(ALL, json=BODY, headers=KEY)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert {name: again.headers[name] for name in ("location", "etag")} == {
        name: first.headers[name] for name in ("location", "etag")
    }
    assert len(items(client, ALL)) == 1


def test_a_key_is_forgotten_after_24_hours(client: TestClient, world: World) -> None:
    first = client.post(ALL, json=BODY, headers=KEY).json()["id"]
    world.clock.now += timedelta(hours=24)
    assert client.post(ALL, json=BODY, headers=KEY).json()["id"] != first
    assert len(items(client, ALL)) == 2


def test_a_key_with_another_body_is_refused(client: TestClient) -> None:
    client.post(ALL, json=BODY, headers=KEY)
    answer = client.post(ALL, json={**BODY, "role": "Author"}, headers=KEY)
    assert problem(answer, 422, "idempotency_key_reused")["errors"][0]["header"] == "Idempotency-Key"
    assert len(items(client, ALL)) == 1


def test_a_key_belongs_to_an_address_and_a_user(client: TestClient, stranger: TestClient) -> None:
    app = client.post(ALL, json=BODY, headers=KEY).json()["id"]
    note = client.post(f"{ALL}/{app}/notes", json={"kind": "general", "text": "x"}, headers=KEY)
    assert (note.status_code, "idempotency-replayed" in note.headers) == (201, False)
    other = stranger.post(ALL, json=BODY, headers=KEY)
    assert (other.status_code, "idempotency-replayed" in other.headers) == (201, False)


def bodies(world: World) -> str:
    """Return all stored bodies as one text."""
    with world.database.read(world.clock.now) as session:
        return " ".join(session.exec(select(IdempotentResponse.body), execution_options={"any_owner": True}).all())


def test_the_stored_answer_about_an_erased_person_is_gone_and_its_key_has_no_second_effect(
    client: TestClient, world: World
) -> None:
    person = {"full_name": 'Jane "JJWW" Roe', "email": "jjww@example.com"}
    made = client.post("/v1/contacts", json=person, headers=KEY).json()["id"]
    client.patch(f"/v1/contacts/{made}", json={"full_name": "Jane Poe", "email": None})
    assert "JJWW" in bodies(world)
    assert client.post(f"/v1/contacts/{made}/erase").status_code == 200
    assert "jjww" not in bodies(world).lower()
    for _ in range(2):
        gone = client.post("/v1/contacts", json=person, headers=KEY)
        assert f"/v1/contacts/{made}" in problem(gone, 410, "response_erased")["detail"]
        assert gone.headers["location"] == f"/v1/contacts/{made}"
    problem(client.post("/v1/contacts", json={**person, "phone": "1"}, headers=KEY), 422, "idempotency_key_reused")
    assert len(items(client, "/v1/contacts")) == 1
    world.clock.now += timedelta(hours=24)
    assert client.post("/v1/contacts", json=person, headers=KEY).status_code == 201


def test_erasing_a_person_keeps_answers_that_only_contain_the_letters_of_the_name(
    client: TestClient, world: World
) -> None:
    ed = client.post("/v1/contacts", json={"full_name": "Ed"}).json()["id"]
    here = f"{ALL}/{application(client)}/notes"
    note = {"kind": "general", "text": "Edited on Wednesday, told Ed."}
    first = client.post(here, json=note, headers=KEY)
    client.post(f"/v1/contacts/{ed}/erase")
    again = client.post(here, json=note, headers=KEY)
    assert (again.status_code, again.content) == (201, first.content)
    assert len(items(client, here)) == 1


def test_the_stored_answer_about_a_step_that_names_an_erased_person_is_gone(client: TestClient, world: World) -> None:
    app, _ = interviewed(client)
    kim = contact(client, full_name="Kim Lee", phone="+1 555 0100")
    alter(client, f"{ALL}/{app}", status_contact_id=kim)
    world.clock.now += timedelta(days=5)
    call = f"/v1/steps/{step(client, app, 6)['id']}/snooze"
    told = client.post(call, json={"until": "2026-06-20T12:00:00Z"}, headers=KEY)
    assert "Ask Kim Lee" in told.text
    assert kim not in told.text
    alter(client, f"/v1/contacts/{kim}", full_name="Kim Poe")
    assert client.post(f"/v1/contacts/{kim}/erase").status_code == 200
    assert "Kim" not in bodies(world)
    problem(client.post(call, json={"until": "2026-06-20T12:00:00Z"}, headers=KEY), 410, "response_erased")


def test_the_stored_answer_about_a_deleted_reference_is_gone(client: TestClient, world: World) -> None:
    made = client.post("/v1/references", json={"name": "Robin Roe"}, headers=KEY).json()["id"]
    client.patch(f"/v1/references/{made}", json={"name": "Robin Poe"})
    client.delete(f"/v1/references/{made}", params={"dry_run": "true"})
    assert "Robin Roe" in bodies(world)
    client.delete(f"/v1/references/{made}")
    assert "Robin" not in bodies(world)
    problem(client.post("/v1/references", json={"name": "Robin Roe"}, headers=KEY), 410, "response_erased")


def test_the_answer_to_a_refused_request_is_not_stored(client: TestClient, world: World) -> None:
    assert client.post(ALL, json={"company": "Acme"}, headers=KEY).status_code == 422
    assert client.post(ALL, json={**BODY, "archived_at": "2026-05-01T12:00:00Z"}, headers=KEY).status_code == 422
    assert stored_responses(world) == 0
    assert client.post(ALL, json=BODY, headers=KEY).status_code == 201


def test_an_answer_with_a_secret_is_never_stored(client: TestClient, world: World) -> None:
    bodies = [client.post("/v1/tokens", json={"name": "app"}, headers=KEY).json() for _ in range(2)]
    assert bodies[0]["token"] != bodies[1]["token"]
    assert stored_responses(world) == 0


@pytest.mark.parametrize("key", ["", "two words", "x" * 256, "tab\t"])
def test_an_unusable_key_is_refused(client: TestClient, key: str) -> None:
    problem(client.post(ALL, json=BODY, headers={"Idempotency-Key": key}), 422, "invalid")
    assert items(client, ALL) == []


def test_a_key_has_no_effect_on_other_methods(client: TestClient) -> None:
    app = application(client)
    for role in ("Author", "Editor"):
        answer = client.patch(f"{ALL}/{app}", json={"role": role}, headers=KEY)
        assert (answer.status_code, answer.json()["role"]) == (200, role)


def test_retention_deletes_expired_rows(world: World) -> None:
    demo.build(world.database, world.clock.now, hasher=lambda _: "")
    client = world.sign_up()
    client.post(ALL, json=BODY, headers=KEY)
    app = application(client)
    kim = client.post("/v1/contacts", json={"full_name": "Kim"}).json()["id"]
    client.patch(f"{ALL}/{app}", json={"status_contact_id": kim})
    gone = application(client)
    for href in (f"{ALL}/{gone}", f"/v1/contacts/{kim}"):
        assert client.delete(href).status_code == 204
    assert sweep_figures(world) == (0, 0, 0)
    world.clock.now += timedelta(days=30, seconds=1)
    assert sweep_figures(world) == (1, 1, 1)
    assert sweep_figures(world) == (0, 0, 0)
    assert client.get(f"{ALL}/{app}").json()["status_contact_id"] is None
    problem(client.post(f"{ALL}/{gone}/restore"), 404, "not_found")
    with world.database.read(world.clock.now) as session:
        session.owner = demo_owner(world)
        assert {one.id for one in session.exec(select(Application)).all()} == {
            examples.APPLICATION,
            examples.UPCOMING,
            examples.OFFERED,
            *(examples.demo_id(number) for number, _ in enumerate(demo.EARLIER, demo.FIRST_EARLIER)),
        }


def demo_owner(world: World) -> str:
    with world.database.read(world.clock.now) as session:
        user = users.find_by_email(session, examples.EMAIL)
    assert user is not None
    return user.id


def sweep_figures(world: World) -> tuple[int, int, int]:
    swept = apply_retention(world.database, world.clock.now).deleted
    return swept.answers, swept.applications, swept.contacts
