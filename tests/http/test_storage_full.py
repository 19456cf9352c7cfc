"""A database without space: writes get 507 and change nothing, reads go on, and with space the same write succeeds."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from tests.conftest import World
from tests.http.api_client import add, application, items, problem, read

FULL = (
    "CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$",
    "CREATE TRIGGER no_space BEFORE INSERT ON note FOR EACH ROW EXECUTE FUNCTION no_space()",
)
SPACE = ("DROP TRIGGER no_space ON note", "DROP FUNCTION no_space")


@contextmanager
def without_space(world: World) -> Iterator[None]:
    """Let the database have no space for another note: no more pages on SQLite, the server's error on PostgreSQL."""
    if not world.database.is_sqlite:
        world.execute(*FULL)
        try:
            yield
        finally:
            world.execute(*SPACE)
        return

    def limit(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA max_page_count = 1").close()  # SQLite takes the number of pages that there are

    def lift(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA max_page_count = 1073741823").close()

    event.listen(world.database.engine, "checkout", limit)
    yield
    event.remove(world.database.engine, "checkout", limit)
    event.listen(world.database.engine, "checkout", lift)


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "one"}], ids=["a-write", "with-a-key"])
def test_a_write_without_space_is_507_and_succeeds_when_there_is_some(
    world: World, client: TestClient, headers: dict[str, str]
) -> None:
    href = f"/v1/applications/{application(client)}/notes"
    body = {"kind": "general", "text": "x" * 20_000}
    before = read(client, "/v1/me")
    with without_space(world):
        for _ in range(2):
            refused = client.post(href, json=body, headers=headers)
            problem(refused, 507, "storage_full")
            assert refused.headers["retry-after"] == "60"
        assert items(client, href) == []
        assert read(client, "/v1/me") == before
    assert client.post(href, json=body, headers=headers).status_code == 201
    assert len(items(client, href)) == 1
    assert add(client, href, kind="general", text="y")
