"""Entity tags of an object that was deleted never come back with another object that has its id."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.models.base import new_id
from api.services.accounts.epochs import start_epoch
from tests.conftest import World
from tests.http.api_client import STARTED, Answer, add, contact, interviewed, problem, read
from tests.http.test_accounts import session_of

pytestmark = pytest.mark.sqlite

Kind = tuple[str, Answer, Answer]
APPLICATION, INTERVIEW, PERSON, REFEREE = "{application}", "{interview}", "{contact}", "{reference}"
HERE = f"/v1/applications/{APPLICATION}"
KINDS: dict[str, Kind] = {
    "notes": (f"{HERE}/notes", {"kind": "general", "text": "Old."}, {"text": "Another."}),
    "letters": (f"{HERE}/letters", {"body": "Old."}, {"body": "Another."}),
    "follow-ups": (
        f"{HERE}/follow-ups",
        {"direction": "out", "channel": "phone", "outcome": "spoke"},
        {"summary": "Another."},
    ),
    "offers": (f"{HERE}/offers", {"pay": 1.0, "currency": "EUR"}, {"pay": 2.0}),
    "stages": (f"{HERE}/stages", {"stage": "interviewing"}, {"note": "Another."}),
    "interviews": (f"{HERE}/interviews", {"starts_at": STARTED}, {"location": "Another."}),
    "letter-templates": ("/v1/letter-templates", {"name": "Old", "body": "Old."}, {"body": "Another."}),
    "references": ("/v1/references", {"name": "Old"}, {"name": "Another"}),
    "search-activities": ("/v1/search-activities", {"kind": "search"}, {"note": "Another."}),
}
LINKS: dict[str, Kind] = {
    "contacts-of-an-application": (f"{HERE}/contacts/{PERSON}", {"role": "hr"}, {"role": "other"}),
    "interviewers": (f"/v1/interviews/{INTERVIEW}/interviewers/{PERSON}", {}, {"optional": True}),
    "references-of-an-application": (f"{HERE}/references/{REFEREE}", {}, {"outcome": "Another."}),
}


@pytest.fixture
def ids(client: TestClient) -> dict[str, str]:
    application, interview = interviewed(client)
    reference = add(client, "/v1/references", name="Robin Roe")["id"]
    return {"application": application, "interview": interview, "contact": contact(client), "reference": reference}


def assert_not_the_old_one(client: TestClient, href: str, tag: str, change: Answer) -> None:
    """Check that a tag from before the deletion neither answers 304 nor allows a change."""
    now = client.get(href, headers={"If-None-Match": tag})
    assert (now.status_code, now.headers["etag"] != tag) == (200, True)
    method = "PATCH" if "contacts/" not in href and "interviewers/" not in href else "PUT"
    answer = client.request(method, href, json=change, headers={"If-Match": tag})
    assert problem(answer, 412, "precondition_failed")["current"]["etag"] == now.headers["etag"]
    assert client.delete(href, headers={"If-Match": now.headers["etag"]}).status_code == 204


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_that_is_created_again_with_its_id_has_no_tag_of_the_first(
    client: TestClient, ids: dict[str, str], kind: str
) -> None:
    path, body, change = KINDS[kind]
    made = add(client, path.format(**ids), id=new_id(), **body)
    href = f"/v1/{kind}/{made['id']}"
    assert client.delete(href).status_code == 204
    again = add(client, path.format(**ids), id=made["id"], **{**body, **change})
    assert again["version"] == made["version"] == 1
    assert_not_the_old_one(client, href, made["etag"], change)


@pytest.mark.parametrize("kind", LINKS)
def test_a_link_that_is_made_again_has_no_tag_of_the_first(client: TestClient, ids: dict[str, str], kind: str) -> None:
    path, body, change = LINKS[kind]
    href = path.format(**ids)
    tag = client.put(href, json=body).headers["etag"]
    assert client.delete(href).status_code == 204
    assert client.put(href, json={**body, **change}).status_code == 201
    if kind != "references-of-an-application":  # only these links have an address to read
        answer = client.put(href, json=body, headers={"If-Match": tag})
        problem(answer, 412, "precondition_failed")
        return
    assert_not_the_old_one(client, href, tag, change)


def test_the_current_session_of_another_sign_in_has_another_tag(world: World, client: TestClient) -> None:
    one, other = session_of(world, client), session_of(world, client)
    tag = one.get("/v1/sessions/current").headers["etag"]
    assert other.get("/v1/sessions/current", headers={"If-None-Match": tag}).status_code == 200


def conditional(client: TestClient, ids: dict[str, Any]) -> list[tuple[str, str]]:
    """Return addresses of all ways to make a tag, each with its tag."""
    app = ids["application"]
    hrefs = [
        "/v1/me",
        "/v1/me/policy",
        f"/v1/applications/{app}",
        f"/v1/applications/{app}/policy",
        f"/v1/applications/{app}/references/{ids['reference']}",
        f"/v1/applications/{app}/steps",
        f"/v1/steps/{read(client, f'/v1/applications/{app}/steps')['headline'][0]['step_id']}",
        "/v1/queue",
        "/v1/queue/summary",
    ]
    return [(href, client.get(href).headers["etag"]) for href in hrefs]


def test_after_a_restore_no_tag_from_before_holds(world: World, client: TestClient, ids: dict[str, str]) -> None:
    client.put(f"/v1/applications/{ids['application']}/references/{ids['reference']}", json={})
    known = conditional(client, ids)
    statuses = [client.get(href, headers={"If-None-Match": tag}).status_code for href, tag in known]
    assert statuses == [304] * len(known)
    with world.database.write(world.clock.now) as session:
        start_epoch(session)
    statuses = [client.get(href, headers={"If-None-Match": tag}).status_code for href, tag in known]
    assert statuses == [200] * len(known)
    for href, tag in [one for one in known if one[0] in ("/v1/me", f"/v1/applications/{ids['application']}")]:
        answer = client.patch(href, json={}, headers={"If-Match": tag})
        assert problem(answer, 412, "precondition_failed")["current"]
