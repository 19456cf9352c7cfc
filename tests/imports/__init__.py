"""Helpers of the tests of imports: they upload files, answer questions, and let the background task work."""

from typing import Any

from fastapi.testclient import TestClient

from api.workers.imports import import_pass
from tests.conftest import World

Answer = dict[str, Any]


def uploaded(client: TestClient, text: str | bytes, kind: str = "text/csv", **params: Any) -> Answer:
    content = text.encode() if isinstance(text, str) else text
    answer = client.post("/v1/imports", content=content, headers={"Content-Type": kind}, params=params)
    assert answer.status_code == 201, answer.text
    found: Answer = answer.json()
    return found


def answered(client: TestClient, job: Answer, **body: Any) -> Answer:
    answer = client.patch(f"/v1/imports/{job['id']}", json=body)
    assert answer.status_code == 200, answer.text
    found: Answer = answer.json()
    return found


def work(world: World) -> None:
    """Let the background task work until nothing waits."""
    import_pass(world.database, world.clock, 200_000_000)


def settled(world: World, client: TestClient, job: Answer) -> Answer:
    """Return an import after it was analysed, in the background if its file is large."""
    if job["state"] == "analysing":
        work(world)
    return read(client, job)


def ran(world: World, client: TestClient, job: Answer, **body: Any) -> Answer:
    answer = client.post(f"/v1/imports/{job['id']}/run", json=body)
    assert answer.status_code == 202, answer.text
    work(world)
    return read(client, job)


def undone(world: World, client: TestClient, job: Answer) -> Answer:
    answer = client.post(f"/v1/imports/{job['id']}/undo")
    assert answer.status_code == 202, answer.text
    work(world)
    return read(client, job)


def read(client: TestClient, job: Answer) -> Answer:
    answer = client.get(f"/v1/imports/{job['id']}")
    assert answer.status_code == 200, answer.text
    found: Answer = answer.json()
    return found


def rows(client: TestClient, job: Answer, **params: Any) -> list[Answer]:
    answer = client.get(f"/v1/imports/{job['id']}/rows", params={"limit": 200, **params})
    assert answer.status_code == 200, answer.text
    found: list[Answer] = answer.json()["items"]
    return found


def counted(job: Answer) -> dict[str, int]:
    """Return the counts of an import that are not 0."""
    return {name: number for name, number in job["counts"].items() if number}
