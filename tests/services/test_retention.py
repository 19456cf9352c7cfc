"""The sweep deletes expired rows in batches, by subqueries, and an account that fails does not stop the others."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, func, insert, select, text

from api.models import Application, Contact
from api.models.base import new_id
from api.services.accounts import retention
from api.storage.session import OwnedSession
from api.workers.retention import apply_retention, retention_pass
from api.workers.units import IncompletePassError
from tests.conftest import World
from tests.http.api_client import add, alter, application, contact, interviewed, items, read

AGO = timedelta(days=40)


def soft_deleted(world: World, client: TestClient, count: int) -> str:
    """Insert so many contacts that were deleted 40 days ago; return the user's id."""
    user_id, now = read(client, "/v1/me")["id"], world.clock.now
    times = {"created_at": now - AGO, "updated_at": now - AGO, "deleted_at": now - AGO}
    rows = [
        {"user_id": user_id, "id": new_id(), "version": 1, "full_name": "x", "name_verified": False, **times}
        for _ in range(count)
    ]
    with world.database.engine.begin() as connection:
        connection.execute(insert(Contact.__table__), rows)
    return str(user_id)


def count(world: World, table: Any) -> int:
    with world.database.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_expired_rows_are_deleted_in_batches_with_the_pointers_to_them(
    world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "ROWS_PER_BATCH", 10)
    monkeypatch.setattr(retention, "WEIGHTS", {Application: 5})
    soft_deleted(world, client, 25)
    apps = [application(client) for _ in range(5)]
    kept, pointed = contact(client), contact(client)
    client.patch(f"/v1/applications/{apps[0]}", json={"status_contact_id": pointed})
    for href in (f"/v1/contacts/{pointed}", *(f"/v1/applications/{app}" for app in apps[1:])):
        assert client.delete(href).status_code == 204
    world.clock.now += timedelta(days=31)
    batches: list[int] = []
    event.listen(world.database.engine, "commit", lambda _: batches.append(1))
    swept = apply_retention(world.database, world.clock.now)
    assert (swept.deleted.applications, swept.deleted.contacts, swept.failed) == (4, 26, 0)
    assert len(batches) >= 1 + (4 * 5 + 26) / 10
    assert (count(world, Application), count(world, Contact)) == (1, 1)
    assert read(client, f"/v1/applications/{apps[0]}")["status_contact_id"] is None
    assert read(client, f"/v1/contacts/{kept}")


def test_nothing_points_at_an_expired_contact_any_more(world: World, client: TestClient) -> None:
    app, round_ = interviewed(client)
    gone = contact(client)
    alter(client, f"/v1/applications/{app}", status_contact_id=gone)
    alter(client, f"/v1/interviews/{round_}", told_by=gone)
    said = {"direction": "in", "channel": "phone", "outcome": "status", "contact_id": gone}
    add(client, f"/v1/applications/{app}/follow-ups", **said)
    assert client.delete(f"/v1/contacts/{gone}").status_code in (200, 204)
    world.clock.now += timedelta(days=31)
    swept = apply_retention(world.database, world.clock.now)
    assert (swept.deleted.contacts, swept.failed) == (1, 0)
    (follow_up,) = items(client, f"/v1/applications/{app}/follow-ups")
    found = (read(client, f"/v1/applications/{app}"), read(client, f"/v1/interviews/{round_}"), follow_up)
    assert [one[name] for one, name in zip(found, ("status_contact_id", "told_by", "contact_id"), strict=True)] == [
        None
    ] * 3


def test_the_number_of_parameters_does_not_grow_with_the_expired_rows(world: World, client: TestClient) -> None:
    soft_deleted(world, client, 300)
    most: list[int] = []

    def note(_connection: object, _cursor: object, _statement: str, parameters: Any, *_: object) -> None:
        most.append(len(parameters))

    event.listen(world.database.engine, "before_cursor_execute", note)
    assert apply_retention(world.database, world.clock.now).deleted.contacts == 300
    event.remove(world.database.engine, "before_cursor_execute", note)
    assert max(most) < 50


def test_an_account_that_fails_does_not_stop_the_sweep_of_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = [soft_deleted(world, world.sign_up(), 3) for _ in range(3)]
    delete_batch = retention.delete_batch

    def fails_for_one(session: OwnedSession) -> Any:
        if session.owner == users[1]:
            raise AttributeError("a fault")
        return delete_batch(session)

    monkeypatch.setattr(retention, "delete_batch", fails_for_one)
    with pytest.raises(IncompletePassError):
        retention_pass(world.database, world.clock, lambda: False)
    assert count(world, Contact) == 3
    monkeypatch.undo()
    assert apply_retention(world.database, world.clock.now).deleted.contacts == 3


def test_a_stopping_server_leaves_the_rest_to_the_next_sweep(world: World, client: TestClient) -> None:
    soft_deleted(world, client, 3)
    apply_retention(world.database, world.clock.now, is_stopping=lambda: True)
    assert count(world, Contact) == 3


DAWDLE = (
    "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.1); RETURN OLD; END $$",
    "CREATE TRIGGER dawdle BEFORE DELETE ON contact FOR EACH ROW EXECUTE FUNCTION dawdle()",
)
NO_LONGER = ("DROP TRIGGER dawdle ON contact", "DROP FUNCTION dawdle")


@pytest.mark.postgresql
def test_the_sweep_is_not_stopped_by_the_statement_timeout(make_world: Callable[..., World]) -> None:
    world = make_world(statement_timeout_seconds=0.25)
    soft_deleted(world, world.sign_up(), 4)
    with world.database.engine.begin() as connection:
        for statement in DAWDLE:
            connection.execute(text(statement))
    try:
        assert apply_retention(world.database, world.clock.now).deleted.contacts == 4
    finally:
        with world.database.engine.begin() as connection:
            for statement in NO_LONGER:
                connection.execute(text(statement))
            assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "250ms"
