"""People in the request that records an interview: as in a debrief, all is recorded or nothing."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import STARTED, Answer, add, application, contact, fault, items, problem, read
from tests.services.checks import check_rows

pytestmark = pytest.mark.sqlite

ANA: Answer = {"full_name": "Ana Ruiz", "honorific": "Ms", "job_title": "CTO", "email": "ana@example.com"}


@pytest.fixture
def app(client: TestClient) -> str:
    return application(client)


def interview_with(client: TestClient, app: str, *people: Answer, **more: Any) -> Any:
    body = {"starts_at": STARTED, "people": [*people], **more}
    return client.post(f"/v1/applications/{app}/interviews", json=body)


def test_new_and_known_people_are_recorded_with_the_interview(world: World, client: TestClient, app: str) -> None:
    ben = contact(client, full_name="Ben Sato")
    known: Answer = {"contact_id": ben, "job_title": "Editor", "optional": True}
    answer = interview_with(client, app, {**ANA, "is_status_contact": True}, known)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    shown = client.get(f"/v1/interviews/{made['id']}")
    assert (shown.json(), shown.headers["etag"]) == (made, answer.headers["etag"])
    people = items(client, f"/v1/interviews/{made['id']}/interviewers")
    assert {(one["full_name"], one["job_title"], one["optional"]) for one in people} == {
        ("Ana Ruiz", "CTO", False),
        ("Ben Sato", "Editor", True),
    }
    (ana,) = {one["contact_id"] for one in people} - {ben}
    asked = read(client, f"/v1/applications/{app}")
    assert (asked["status_contact_id"], asked["status_contact_since"]) == (ana, "2026-06-01T12:00:00Z")
    with world.database.read(world.clock.now) as session:
        session.owner = read(client, "/v1/me")["id"]
        check_rows(session)


@pytest.mark.parametrize(
    ("person", "pointer"),
    [
        pytest.param({"full_name": "Ben", "email": "ben"}, "/people/1/email", id="an-address-that-is-none"),
        pytest.param({}, "/people/1/full_name", id="nobody"),
        pytest.param({"name": "Ben"}, "/people/1/name", id="an-unknown-field"),
    ],
)
def test_one_wrong_person_and_nothing_is_recorded(client: TestClient, app: str, person: Answer, pointer: str) -> None:
    fault(interview_with(client, app, ANA, person), pointer)
    assert items(client, f"/v1/applications/{app}/interviews") == items(client, "/v1/contacts") == []


def test_with_a_wrong_interview_no_person_is_recorded(client: TestClient, app: str) -> None:
    fault(interview_with(client, app, ANA, ends_at=STARTED), "/ends_at")
    assert items(client, "/v1/contacts") == []


def test_somebody_elses_contact_is_not_found(client: TestClient, stranger: TestClient, app: str) -> None:
    answer = interview_with(client, app, ANA, {"contact_id": contact(stranger)})
    problem(answer, 404, "not_found", "/people/1/contact_id")
    assert items(client, f"/v1/applications/{app}/interviews") == items(client, "/v1/contacts") == []


def test_only_people_need_the_scope_of_contacts(world: World) -> None:
    narrow = world.sign_up(scopes=["applications:write"])
    app = application(narrow)
    answer = interview_with(narrow, app, ANA)
    assert problem(answer, 403, "forbidden")["missing_scopes"] == ["contacts:write"]
    assert items(narrow, f"/v1/applications/{app}/interviews") == []
    add(narrow, f"/v1/applications/{app}/interviews", starts_at=STARTED, people=[])


def test_sent_again_with_its_key_it_is_recorded_once(client: TestClient, app: str) -> None:
    href, body = f"/v1/applications/{app}/interviews", {"starts_at": STARTED, "people": [ANA]}
    first, again = (client.post(href, json=body, headers={"Idempotency-Key": "once"}) for _ in range(2))
    assert first.json() == again.json()
    assert len(items(client, "/v1/contacts")) == len(items(client, href)) == 1
