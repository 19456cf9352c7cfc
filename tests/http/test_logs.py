"""Log lines of requests and exceptions, and the data that must never be in them."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient

from api.http import middleware
from api.http.admission import Gate
from api.logs import Lines
from tests.conftest import World
from tests.served import wait_until

pytestmark = pytest.mark.sqlite

SECRET = "marker7f3a"
ALL = "/v1/applications"


class Log:
    """The JSON lines that `serve` would write."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def log() -> Iterator[Log]:
    found = Log()
    handler = logging.StreamHandler(found.stream)
    handler.setFormatter(Lines("json"))
    root, ours = logging.getLogger(), logging.getLogger("afterword")
    before = ours.level
    root.addHandler(handler)
    ours.setLevel("INFO")
    yield found
    root.removeHandler(handler)
    ours.setLevel(before)


def test_a_request_is_one_line_without_text_from_the_client(client: TestClient, log: Log) -> None:
    answer = client.get(f"{ALL}/{SECRET}", headers={"X-Request-ID": "trace-1"})
    assert answer.status_code == 404
    (line,) = log.events
    assert line.pop("timestamp").endswith("Z")
    assert 0 < line.pop("duration_ms") < 10_000
    assert line == {
        "level": "info",
        "event": "request",
        "logger": "afterword.requests",
        "request_id": "trace-1",
        "method": "GET",
        "route": "/v1/applications/{application_id}",
        "status": 404,
        "problem": "not_found",
    }


@pytest.mark.parametrize(
    ("method", "href", "status", "named"),
    [
        pytest.param("HEAD", "/v1/me", 200, ("HEAD", "/v1/me"), id="head"),
        pytest.param("GET", f"/{SECRET}", 404, ("GET", "-"), id="an-unknown-address"),
        pytest.param("GET", f"/v1/{SECRET}", 404, ("GET", "-"), id="an-unknown-address-below-v1"),
        pytest.param("PUT", f"{ALL}/{SECRET}", 405, ("PUT", f"{ALL}/{{application_id}}"), id="a-wrong-method"),
        pytest.param(SECRET.upper(), ALL, 405, ("other", ALL), id="a-method-that-does-not-exist"),
        pytest.param("GET", f"/docs/files/{SECRET}", 404, ("GET", "/docs/files/{name}"), id="a-file"),
        pytest.param("GET", f"/v1/%0A%0D{SECRET}", 404, ("GET", "-"), id="line-breaks"),
    ],
)
def test_an_address_is_logged_as_its_route_template(
    method: str, href: str, status: int, named: tuple[str, str], client: TestClient, log: Log
) -> None:
    assert client.request(method, href).status_code == status
    (line,) = log.events
    assert ((line["method"], line["route"]), line["status"]) == (named, status)
    assert SECRET not in log.text.lower()


def test_nothing_that_was_sent_is_in_the_log(world: World, client: TestClient, log: Log) -> None:
    mail = f"{SECRET}@example.com"
    headers = {"Cookie": SECRET, "User-Agent": SECRET, "X-Forwarded-For": SECRET, "X-Request-ID": f"{SECRET} "}
    account = {"email": mail, "password": f"{SECRET} {SECRET}", "full_name": SECRET, "time_zone": "UTC"}
    assert world.anonymous().post("/v1/users", json=account, headers=headers).status_code == 201
    assert world.anonymous().post("/v1/sessions", json={**account, "full_name": None}).status_code == 422
    asked = {"Authorization": f"Bearer {SECRET}", "Idempotency-Key": SECRET}
    assert world.anonymous().post(ALL, json={"company": SECRET, "role": SECRET}, headers=asked).status_code == 401
    made = client.post(ALL, json={"company": SECRET, "role": SECRET}, headers=headers)
    assert made.status_code == 201
    assert client.post(ALL, json={SECRET: SECRET}).status_code == 422
    assert client.post(ALL, content=f'{{"{SECRET}', headers={"Content-Type": "application/json"}).status_code == 422
    assert client.get(ALL, params={"company": SECRET}, headers=headers).status_code == 200
    assert client.get(ALL, params={SECRET: SECRET, "cursor": mail}).status_code == 422
    assert len(log.events) == 8
    for word in (SECRET, "example.com", "testclient", made.json()["id"], client.headers["Authorization"][7:]):
        assert word not in log.text


def test_a_database_error_is_logged_without_the_values_of_the_statement(
    world: World, client: TestClient, log: Log
) -> None:
    with world.database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE UNIQUE INDEX broken ON application (company)")
    assert client.post(ALL, json={"company": f"{SECRET} 2", "role": f"{SECRET} 3"}).status_code == 201
    answer = client.post(ALL, json={"company": f"{SECRET} 2", "role": f"{SECRET} 3"})
    assert answer.status_code == 500
    _, fault, request = log.events
    assert (fault["level"], fault["event"], fault["route"]) == ("error", "fault", ALL)
    assert fault["request_id"] == request["request_id"] == answer.json()["request_id"]
    errors = fault["exception"]
    assert all(error["type"].endswith((".IntegrityError", ".UniqueViolation")) for error in errors)
    assert any("api/services/facts/crud.py:" in frame for error in errors for frame in error["frames"])
    assert (request["status"], request["problem"]) == (500, "internal")
    assert SECRET not in log.text


def broken() -> None:
    """Raise an exception group, one of whose members was caused by another exception."""
    caused = ValueError(f"{SECRET} 1")
    caused.__cause__ = LookupError(f"{SECRET} 2\n{SECRET} 3")
    raise ExceptionGroup(f"{SECRET} 4", [TypeError(f"{SECRET} 5"), caused])


def test_an_exception_is_logged_with_its_causes_and_without_their_messages(world: World, log: Log) -> None:
    world.app.add_api_route("/broken/{name}", broken)
    answer = world.anonymous().get(f"/broken/{SECRET}", params={SECRET: SECRET}, headers={"Cookie": SECRET})
    assert answer.status_code == 500
    fault, _ = log.events
    assert fault["route"] == "/broken/{name}"
    assert [error["type"] for error in fault["exception"]] == [
        "builtins.ExceptionGroup",
        "builtins.TypeError",
        "builtins.ValueError",
        "builtins.LookupError",
    ]
    file, _, function = fault["exception"][0]["frames"][-1].rpartition(" ")
    assert (function, __file__ in file) == ("broken", True)
    assert SECRET not in log.text


def cut_off() -> StreamingResponse:
    """Fail after part of the answer was sent."""

    def parts() -> Iterator[str]:
        yield "half an answer"
        raise ValueError(SECRET)

    return StreamingResponse(parts(), media_type="text/plain")


def test_an_exception_after_the_status_is_logged_and_the_answer_breaks_off(world: World, log: Log) -> None:
    world.app.add_api_route("/cut-off", cut_off)
    answer = world.anonymous().get("/cut-off")
    assert (answer.status_code, answer.text) == (200, "half an answer")
    fault, request = log.events
    assert (fault["event"], fault["exception"][0]["type"]) == ("fault", "builtins.ValueError")
    assert (request["status"], request["route"]) == (200, "/cut-off")
    assert SECRET not in log.text


def test_requests_without_a_place_are_one_line(
    world: World, client: TestClient, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(middleware, "LOG_REFUSED_EVERY_SECONDS", 0.2)
    monkeypatch.setattr(world.app.state, "gate", Gate(places=0, most_waiting=0))
    answers = [client.get(ALL) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503] * 3
    wait_until(lambda: sum(event["count"] for event in log.events) >= 3)
    assert {event["event"] for event in log.events} == {"requests were refused: too many wait"}
    assert sum(event["count"] for event in log.events) == 3
