"""The API docs and the OpenAPI document, which need no token."""

from datetime import timedelta
from typing import Any

from fastapi.testclient import TestClient

from tests.conftest import World


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


def test_the_pages_allow_only_our_own_scripts(world: World) -> None:
    client = world.anonymous()
    for page in ("/docs", "/redoc"):
        answer = client.get(page)
        assert answer.status_code == 200
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert "<script>" not in answer.text


def test_the_browser_does_not_store_tokens(client: TestClient) -> None:
    start = client.get("/docs/start.js").text
    assert "persistAuthorization: false" in start
    assert "Storage." not in start


def test_the_scripts_load_nothing_from_other_hosts(client: TestClient) -> None:
    assert client.get("/docs/start.js").headers["content-type"].startswith("text/javascript")
    assert "https://cdn.redoc.ly" not in client.get("/redoc/redoc.js").text
    assert client.get("/docs/files/swagger-ui.css").status_code == 200
