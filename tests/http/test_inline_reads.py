"""Inline reads: on SQLite short reads of steps run on the event loop, everything else runs in worker threads."""

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from fastapi.concurrency import run_in_threadpool
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.errors import InlineReadError
from api.http import deps, inline_reads, token_lookup
from tests.conftest import World
from tests.http.api_client import interviewed, read, step

ENDED = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the functions that were run in worker threads."""
    handed: list[str] = []
    run = run_in_threadpool

    async def noted(function: Callable[..., Any], *given: Any, **named: Any) -> Any:
        handed.append(function.__name__)
        return await run(function, *given, **named)

    monkeypatch.setattr(inline_reads, "run_in_threadpool", noted)
    return handed


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("more", "in_a_thread"),
    [
        ("", False),
        ("?limit=50", False),
        ("?limit=51", True),
        ("?explain=true", True),
        ("?as_of=2030-01-01T00:00Z", True),
    ],
)
def test_a_short_read_needs_no_thread(client: TestClient, threads: list[str], more: str, in_a_thread: bool) -> None:
    app, _ = interviewed(client)
    hrefs = ["/v1/queue"] if "limit" in more else ["/v1/queue", f"/v1/applications/{app}/steps"]
    threads.clear()
    assert all(client.get(f"{href}{more}").status_code == 200 for href in hrefs)
    assert len(threads) == (len(hrefs) if in_a_thread else 0)


@pytest.mark.sqlite
def test_reading_one_step_needs_no_thread(client: TestClient, threads: list[str]) -> None:
    app, _ = interviewed(client)
    found = step(client, app, 4)
    threads.clear()
    assert read(client, f"/v1/steps/{found['id']}")["number"] == 4
    assert threads == []


@pytest.mark.sqlite
def test_a_read_that_would_block_the_event_loop_runs_in_a_thread(
    world: World, client: TestClient, threads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, _ = interviewed(client)
    href = f"/v1/applications/{app}/steps"
    wanted = client.get(href)
    threads.clear()

    @contextmanager
    def busy() -> Any:
        raise InlineReadError
        yield

    monkeypatch.setattr(world.database, "inline_connection", busy)
    found = client.get(href)
    assert (found.status_code, found.json(), found.headers["etag"]) == (200, wanted.json(), wanted.headers["etag"])
    assert client.get(href, headers={"If-None-Match": found.headers["etag"]}).status_code == 304
    assert threads == ["_answer"]


@pytest.mark.sqlite
def test_a_request_that_updates_last_used_at_runs_in_a_thread(
    world: World, client: TestClient, threads: list[str]
) -> None:
    with world.database.engine.begin() as connection:
        connection.execute(text("UPDATE token SET last_used_at = NULL"))
    assert client.get("/v1/queue").status_code == 200
    assert client.get("/v1/queue").status_code == 200
    assert threads == ["_answer"]
    with world.database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM token WHERE last_used_at IS NULL")).scalar() == 0


@pytest.mark.sqlite
def test_an_inline_read_shows_nothing_of_other_users(
    client: TestClient, stranger: TestClient, threads: list[str]
) -> None:
    app, _ = interviewed(client)
    assert stranger.get("/v1/queue").status_code == 200
    threads.clear()
    assert stranger.get(f"/v1/applications/{app}/steps").status_code == 404
    assert read(stranger, "/v1/queue")["items"] == []
    assert stranger.get("/v1/queue", headers={"Authorization": "Bearer afw_nobody"}).status_code == 401
    assert threads == []


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the functions that were run in worker threads before the endpoint was called."""
    handed: list[str] = []

    async def noted(function: Callable[..., Any], *given: Any) -> Any:
        handed.append(function.__name__)
        return await run_in_threadpool(function, *given)

    monkeypatch.setattr(token_lookup, "run_in_threadpool", noted)
    return handed


@pytest.mark.postgresql
def test_a_conditional_request_needs_no_thread(world: World, client: TestClient, handed_over: list[str]) -> None:
    interviewed(client)
    handed_over.clear()  # before the server starts, there is no asynchronous connection
    with TestClient(world.app) as served:
        served.headers.update(client.headers)
        wanted = {"If-None-Match": served.get("/v1/queue").headers["etag"]}
        assert served.get("/v1/queue", headers=wanted).status_code == 304
        assert served.get("/v1/queue", headers={**wanted, "Authorization": "Bearer afw_nobody"}).status_code == 401
        assert handed_over == []
        with world.database.engine.connect() as connection:
            connection.execute(ENDED)
        assert served.get("/v1/queue", headers=wanted).status_code == 304
        assert handed_over == ["_find_token"]
        assert served.get("/v1/queue", headers=wanted).status_code == 304
        assert handed_over == ["_find_token"]


@pytest.mark.sqlite
def test_more_rows_than_the_inline_limit_are_read_in_a_thread(
    client: TestClient, threads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, _ = interviewed(client)
    href = f"/v1/applications/{app}/steps"
    wanted = read(client, href)
    threads.clear()
    monkeypatch.setattr(deps, "MAX_INLINE_ROWS", len(wanted["steps"]))
    assert read(client, href) == wanted
    assert threads == []
    monkeypatch.setattr(deps, "MAX_INLINE_ROWS", len(wanted["steps"]) - 1)
    assert read(client, href) == wanted
    assert threads == ["_answer"]


@pytest.mark.sqlite
@pytest.mark.parametrize("more", ["state=open", "step=4", "due_before=2030-01-01T00:00Z"])
def test_a_filtered_queue_is_read_in_a_thread(client: TestClient, threads: list[str], more: str) -> None:
    interviewed(client)
    threads.clear()
    assert client.get(f"/v1/queue?{more}").status_code == 200
    assert threads == ["_answer"]


@pytest.mark.sqlite
def test_a_read_that_scans_many_rows_runs_in_a_thread(world: World, client: TestClient, threads: list[str]) -> None:
    app, _ = interviewed(client)
    kept = client.get("/v1/queue").json()
    snooze_copies(world, 200)
    threads.clear()
    assert client.get("/v1/queue").json() == kept
    assert threads == []
    snooze_copies(world, 2_000)
    found = client.get("/v1/queue")
    assert found.json() == kept
    assert threads == ["_answer"]
    threads.clear()
    assert client.get("/v1/queue", headers={"If-None-Match": found.headers["etag"]}).status_code == 304
    assert len(read(client, f"/v1/applications/{app}/steps", as_of="2026-06-01T12:00Z")["headline"]) == 7


def snooze_copies(world: World, times: int) -> None:
    """Copy an overdue step many times, snoozed: the queue has to scan them and shows none."""
    with world.database.engine.execution_options(write=True).begin() as connection:
        found = connection.execute(text("SELECT * FROM step_instance WHERE closed_state IS NULL LIMIT 1"))
        row: dict[str, Any] = {str(name): value for name, value in found.mappings().one().items()}
        copies = [
            {**row, "id": uuid4().hex, "scope": f"interview:{uuid4()}", "snoozed_until": "2030-01-01 00:00:00.000000"}
            for _ in range(times)
        ]
        columns = ", ".join(map(str, row))
        values = ", ".join(f":{name}" for name in row)
        connection.execute(text(f"INSERT INTO step_instance ({columns}) VALUES ({values})"), copies)
