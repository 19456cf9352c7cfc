"""`afterword sweep` and the start of processes that work on a database: what they delete, refuse and warn about."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.commands import terminal
from api.services.accounts import retention
from api.settings import Settings
from api.storage.database import Database
from api.storage.session import OwnedSession
from tests.cli.running import run_here
from tests.conftest import World
from tests.http.api_client import application, contact, read

MONTH = timedelta(days=31)
PRIVATE = "kim@example.org"


def forget(world: World, client: TestClient) -> str:
    """Delete an application and a contact of an account a month ago, and return the account's id."""
    app, person = application(client), contact(client)
    world.clock.now -= MONTH
    for href in (f"/v1/applications/{app}", f"/v1/contacts/{person}"):
        assert client.delete(href).status_code == 204
    world.clock.now += MONTH
    return str(read(client, "/v1/me")["id"])


def test_a_sweep_says_what_it_deleted(world: World, client: TestClient, stranger: TestClient) -> None:
    forget(world, client)
    kept = application(stranger)
    url = world.app.state.settings.database_url
    done = run_here(url, "sweep")
    assert (done.returncode, done.stderr) == (0, "Deleted 0 stored responses, 1 application, 1 contact.\n")
    assert read(stranger, f"/v1/applications/{kept}")
    assert run_here(url, "sweep").stderr == "Deleted 0 stored responses, 0 applications, 0 contacts.\n"


@pytest.mark.sqlite
def test_a_sweep_that_failed_for_an_account_says_so_without_its_data(
    world: World, client: TestClient, stranger: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing, _ = forget(world, client), forget(world, stranger)
    delete_batch = retention.delete_batch

    def fails_for_one(session: OwnedSession) -> object:
        if session.owner == failing:
            raise AttributeError(PRIVATE)
        return delete_batch(session)

    monkeypatch.setattr(retention, "delete_batch", fails_for_one)
    done = run_here(world.app.state.settings.database_url, "sweep")
    fault, deleted, failed = done.stderr.splitlines()
    assert "AttributeError" in fault
    assert PRIVATE not in fault
    assert deleted == "Deleted 0 stored responses, 1 application, 1 contact."
    assert failed == (
        "afterword: Expired rows are left in 1 account: see the lines above, then run `afterword sweep` again."
    )
    assert done.returncode == 1


@pytest.mark.sqlite
@pytest.mark.parametrize("is_safe", [True, False])
def test_an_unsafe_version_of_sqlite_is_warned_about(
    empty_url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, *, is_safe: bool
) -> None:
    monkeypatch.setattr(terminal, "SQLITE_IS_SAFE", is_safe)
    database = Database(Settings(database_url=empty_url))
    terminal.prepare(database)
    assert database.is_at_head()
    database.dispose()
    assert ["can corrupt the WAL" in record.getMessage() for record in caplog.records] == [True] * (not is_safe)


@pytest.mark.postgresql
@pytest.mark.parametrize("command", ["worker", "serve"])
def test_an_old_schema_of_postgresql_is_not_migrated_but_refused(empty_url: str, command: str) -> None:
    assert "run `afterword migrate`" in run_here(empty_url, command).stderr.splitlines()[-1]
    database = Database(Settings(database_url=empty_url))
    with database.engine.connect() as connection:
        tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
        assert connection.execute(text(tables)).scalar_one() == 0
    database.dispose()
