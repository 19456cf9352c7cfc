"""The endpoints `/livez`, `/readyz` and `/version`."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import anyio
import httpx
import pytest
from anyio.to_thread import current_default_thread_limiter

from tests.conftest import World
from tests.http.api_client import problem
from tests.invariants.statements import recorded


def test_livez_and_version_do_not_use_the_database(world: World) -> None:
    client = world.anonymous()
    with recorded(world.database) as found:
        assert client.get("/livez").json() == {"status": "ok"}
        assert client.get("/version").json().keys() == {"version", "rules_version", "python"}
    assert not found


@pytest.mark.parametrize(
    ("href", "answers"),
    [
        pytest.param("/livez", True, id="livez-answers"),
        pytest.param("/version", True, id="version-answers"),
        pytest.param("/readyz", False, id="readyz-waits"),
    ],
)
def test_a_process_without_a_free_thread(href: str, answers: bool, world: World) -> None:
    async def ask() -> bool:
        current_default_thread_limiter().total_tokens = 1
        await current_default_thread_limiter().acquire()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(world.app), base_url="http://test") as client:
            with anyio.move_on_after(5 if answers else 0.2):
                return (await client.get(href)).is_success
        return False

    assert asyncio.run(ask()) is answers


def test_the_service_is_ready_when_its_schema_is_at_head(world: World) -> None:
    ready = world.anonymous().get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["schema_at_head"] is True
    assert re.fullmatch(r"3\.\d+\.\d+|\d\d\.\d+", ready.json()["database_version"])
    world.database.migrate("0003")
    found = problem(world.anonymous().get("/readyz"), 503, "unavailable")
    assert "afterword migrate" in found["detail"]


@pytest.mark.sqlite
def test_a_database_that_does_not_answer_is_reported(make_world: Callable[..., World]) -> None:
    world = make_world()
    world.database.dispose()
    path = Path(str(world.database.engine.url.database))
    path.unlink()
    path.mkdir()
    answer = world.anonymous().get("/readyz")
    found = problem(answer, 503, "unavailable")
    assert "does not answer" in found["detail"]
    assert answer.headers["retry-after"]
    path.rmdir()
    assert world.anonymous().get("/livez").status_code == 200
