"""The API docs and the OpenAPI document, which need no token."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.http.admission import Gate
from api.http.examples import BODIES
from tests.conftest import World
from tests.http.api_client import problem
from tests.invariants.conftest import opened_world
from tests.stores import Store

pytestmark = pytest.mark.sqlite  # they use no database

ADDRESS = re.compile(r'(?:href|src)="(/docs/files/[^"]+)"')
NEED_A_TOKEN = ("/v1/applications", "/v1/queue", "/v1/sessions")
GZIP, PLAIN = {"Accept-Encoding": "gzip"}, {"Accept-Encoding": "identity"}


@pytest.fixture(scope="module")
def client(store: Store) -> Iterator[TestClient]:
    """A client of one application for all tests that leave it unchanged, because it builds the document once."""
    with opened_world(store, store.head) as world:
        yield world.sign_up()


def example(document: Any) -> Any:
    snooze = document["paths"]["/v1/steps/{step_id}/snooze"]["post"]
    return snooze["requestBody"]["content"]["application/json"]["example"]


def test_the_snooze_example_of_the_served_document_is_in_the_future(world: World) -> None:
    client = world.anonymous()
    first = client.get("/openapi.json").json()
    assert example(first) == {"until": "2026-06-03T12:00:00Z"}
    world.clock.now += timedelta(hours=11)
    assert client.get("/openapi.json").json() == first
    world.clock.now += timedelta(days=1)
    later = client.get("/openapi.json").json()
    assert example(later) == {"until": "2026-06-04T23:00:00Z"}


def test_the_page_allows_only_our_own_scripts(client: TestClient) -> None:
    answer = client.get("/docs")
    assert answer.status_code == 200
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "<script>" not in answer.text


def test_the_old_address_of_the_reference_leads_to_the_docs(client: TestClient) -> None:
    answer = client.get("/redoc", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, "/docs")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/docs", 200, id="docs"),
        pytest.param("/redoc", 308, id="the-old-reference"),
        pytest.param("/password-reset", 200, id="password-reset"),
        pytest.param("/mail/confirm/none", 404, id="a-link-that-does-not-work"),
    ],
)
def test_a_page_opens_whatever_query_a_link_adds(client: TestClient, path: str, status: int) -> None:
    answer = client.get(f"{path}?utm_source=mail&utm_source=%ff&=", follow_redirects=False)
    assert (answer.status_code, answer.text) == (status, client.get(path, follow_redirects=False).text)
    assert answer.headers.get("content-type", "text/html").startswith("text/html")


def test_the_form_of_a_mail_is_sent_whatever_query_its_link_has(client: TestClient) -> None:
    answer = client.post("/mail/confirm/none?utm_source=mail", data={"password": "x"})
    assert answer.headers["content-type"].startswith("text/html")


def test_every_link_of_the_root_leads_somewhere(world: World) -> None:
    client = world.anonymous()
    links = client.get("/").json()["links"]
    found = {name: client.get(href, follow_redirects=False).status_code for name, href in links.items()}
    assert found == {
        name: 401 if href in NEED_A_TOKEN else 405 if href == "/v1/users" else 200 for name, href in links.items()
    }


def test_the_docs_open_while_no_request_finds_a_place(world: World) -> None:
    world.app.state.gate = Gate(places=0, most_waiting=0)
    client = world.app_client()
    assert client.get("/v1/meta").status_code == 503
    for address in ("/openapi.json", "/docs", *ADDRESS.findall(client.get("/docs").text)):
        assert client.get(address).status_code == 200, address


def test_the_browser_does_not_store_tokens(client: TestClient) -> None:
    start = client.get("/docs/files/docs.js").text
    assert "persistAuthorization: false" in start
    assert "Storage" not in start


def test_the_files_of_the_page_are_there_and_kept_for_a_year_by_their_hash(client: TestClient) -> None:
    addresses = ADDRESS.findall(client.get("/docs").text)
    assert len(addresses) == 5
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        other = client.get(address.partition("?")[0], params={"v": "0"})
        assert (other.status_code, other.headers["cache-control"]) == (200, "no-cache")
    problem(client.get("/docs/files/redoc.standalone.js"), 404, "not_found")


@pytest.mark.parametrize("path", ["/openapi.json", "/docs/files/swagger-ui-bundle.js", "/docs/files/favicon.png"])
@pytest.mark.parametrize("headers", [GZIP, PLAIN], ids=["gzip", "plain"])
def test_what_a_client_has_is_not_sent_again(path: str, headers: dict[str, str], client: TestClient) -> None:
    first = client.get(path, headers=headers)
    again = client.get(path, headers={**headers, "If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for name in ("etag", "cache-control", "vary"):
        assert again.headers.get(name) == first.headers.get(name)
    assert first.headers["cache-control"] == "no-cache"


def test_the_two_forms_of_a_file_have_different_etags(client: TestClient) -> None:
    tags = {client.get("/openapi.json", headers=headers).headers["etag"] for headers in (GZIP, PLAIN)}
    assert len(tags) == 2
    for headers in (GZIP, PLAIN):
        answer = client.get("/openapi.json", headers={**headers, "If-None-Match": ", ".join(tags)})
        assert answer.status_code == 304


def test_the_examples_of_sign_up_and_sign_in_are_one_account(client: TestClient) -> None:
    sign_up, sign_in = BODIES["UserCreate"], BODIES["SessionCreate"]
    assert (sign_in["email"], sign_in["password"]) == (sign_up["email"], sign_up["password"])
    assert BODIES["PasswordPut"]["current_password"] == BODIES["AccountErase"]["password"] == sign_up["password"]


def test_the_tags_begin_with_what_a_person_needs_first(client: TestClient) -> None:
    names = [tag["name"] for tag in client.get("/openapi.json").json()["tags"]]
    assert names[:5] == ["account", "applications", "interviews", "steps", "queue"]
