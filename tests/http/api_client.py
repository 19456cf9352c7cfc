"""Helpers of the HTTP tests: they record, change and read facts, and check problem documents."""

import re
from collections.abc import Iterator
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response

Answer = dict[str, Any]
Request = tuple[str, str, Answer | None]
PROBLEM = "application/problem+json"
UNKNOWN = "019577a0-0000-7000-8000-000000000001"
STARTED, ENDED = "2026-05-29T14:00:00Z", "2026-05-29T15:00:00Z"
NOW = "2026-06-01T12:00:00Z"
UUID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def without_ids(text: str) -> str:
    """Return a text without ids, for what must not be in it: a short number is in some ids by chance."""
    return UUID.sub("", text)


def _answered(answer: Response, *statuses: int) -> Answer:
    assert answer.status_code in statuses, (answer.request.method, str(answer.request.url), answer.text)
    document: Answer = answer.json()
    return document


def read(client: TestClient, href: str, **params: Any) -> Answer:
    return _answered(client.get(href, params=params), 200)


def items(client: TestClient, href: str, **params: Any) -> list[Answer]:
    found: list[Answer] = read(client, href, **params)["items"]
    return found


def pages(client: TestClient, href: str, **params: Any) -> Iterator[list[Answer]]:
    """Yield the items of each page; a page is read when it is asked for."""
    cursor: Answer = {}
    while True:
        page = read(client, href, **params, **cursor)
        yield page["items"]
        if page["next_cursor"] is None:
            return
        cursor = {"cursor": page["next_cursor"]}


def add(client: TestClient, href: str, **body: Any) -> Answer:
    return _answered(client.post(href, json=body), 201)


def alter(client: TestClient, href: str, **body: Any) -> Answer:
    return _answered(client.patch(href, json=body), 200)


def put(client: TestClient, href: str, **body: Any) -> Answer:
    return _answered(client.put(href, json=body), 200, 201)


def act(client: TestClient, href: str, **body: Any) -> Answer:
    return _answered(client.post(href, json=body), 200)


def application(client: TestClient, **fields: Any) -> str:
    return str(add(client, "/v1/applications", **{"company": "Acme", "role": "Engineer", **fields})["id"])


def interview(client: TestClient, app: str, **fields: Any) -> str:
    """Record a round; by default it took place on Friday 29 May 2026, 10:00 to 11:00 in New York."""
    body = (
        fields if {"start_local", "starts_at"} & fields.keys() else {"starts_at": STARTED, "ends_at": ENDED, **fields}
    )
    return str(add(client, f"/v1/applications/{app}/interviews", **body)["id"])


def interviewed(client: TestClient, **fields: Any) -> tuple[str, str]:
    """Record an application with one round; return both ids."""
    app = application(client)
    return app, interview(client, app, **fields)


def contact(client: TestClient, **fields: Any) -> str:
    return str(add(client, "/v1/contacts", **{"full_name": "Kim Lee", **fields})["id"])


def steps(client: TestClient, app: str, **params: Any) -> Answer:
    return read(client, f"/v1/applications/{app}/steps", **params)


def step(client: TestClient, app: str, number: int, scope: str | None = None, **params: Any) -> Answer:
    """Return the step of a scope; without a scope, the one that the headline names for its number."""
    found = steps(client, app, **params)
    if scope is None:
        wanted = found["headline"][number - 1]["step_id"]
        return next(s for s in found["steps"] if s["number"] == number and s["id"] == wanted)
    return next(s for s in found["steps"] if (s["number"], s["scope"]) == (number, scope))


def problem(answer: Response, status: int, code: str, *places: str) -> Answer:
    """Check a problem document and the pointers, parameters or headers of its errors; return it."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert answer.headers["content-type"] == PROBLEM
    document: Answer = answer.json()
    assert document["code"] == code, document
    assert document["status"] == status
    found = [error.get("pointer", error.get("parameter", error.get("header"))) for error in document["errors"]]
    assert [place for place in places if place not in found] == [], document
    return document


def fault(answer: Response, pointer: str) -> str:
    """Check that a request is refused as invalid at this pointer or parameter; return the code of that error."""
    document = problem(answer, 422, "invalid", pointer)
    return next(str(e["code"]) for e in document["errors"] if e.get("pointer", e.get("parameter")) == pointer)
