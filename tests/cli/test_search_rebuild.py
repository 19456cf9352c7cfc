"""`afterword search rebuild` corrects the index of every account; `--check` only counts what differs."""

from fastapi.testclient import TestClient
from sqlalchemy import text

from tests.cli.running import Done, run_here
from tests.conftest import World
from tests.http.api_client import add, application, items


def rebuild(world: World, *words: str) -> Done:
    return run_here(world.app.state.settings.database_url, "search", "rebuild", *words)


def two_accounts(client: TestClient, stranger: TestClient) -> None:
    """Record an application and a note in each account: four texts."""
    for one in (client, stranger):
        add(one, f"/v1/applications/{application(one)}/notes", kind="general", text="Semaphore")


def found(client: TestClient) -> int:
    return len(items(client, "/v1/search", q="semaphore"))


def test_entries_that_are_missing_are_found_by_a_check_and_written_by_a_rebuild(
    world: World, client: TestClient, stranger: TestClient
) -> None:
    two_accounts(client, stranger)
    world.execute("DELETE FROM search_entry WHERE noun = 'note'")
    checked = rebuild(world, "--check")
    assert (checked.returncode, checked.stderr.splitlines()) == (
        1,
        [
            "4 texts of 2 accounts compared, 2 differences found.",
            "afterword: the index differs from the texts: run `afterword search rebuild`.",
        ],
    )
    assert (found(client), found(stranger)) == (0, 0)
    corrected = rebuild(world)
    assert (corrected.returncode, corrected.stderr) == (
        0,
        "4 texts of 2 accounts compared, 2 differences corrected.\n",
    )
    assert (found(client), found(stranger)) == (1, 1)


def test_an_index_that_is_right_has_no_differences(world: World, client: TestClient) -> None:
    application(client)
    for words in (("--check",), ()):
        done = rebuild(world, *words)
        assert done.returncode == 0
        assert done.stderr.startswith("1 text of 1 account compared, 0 differences ")


def test_without_an_account_nothing_is_compared(world: World) -> None:
    assert rebuild(world, "--check").stderr == "0 texts of 0 accounts compared, 0 differences found.\n"


def test_an_entry_whose_object_is_gone_is_deleted_in_its_own_account_alone(
    world: World, client: TestClient, stranger: TestClient
) -> None:
    two_accounts(client, stranger)
    newest = "(SELECT id FROM note ORDER BY id DESC LIMIT 1)"
    world.execute(f"UPDATE search_entry SET object_id = user_id WHERE noun = 'note' AND object_id = {newest}")
    checked = rebuild(world, "--check")  # of one text the entry is missing, and one entry has no text
    assert checked.stderr.startswith("4 texts of 2 accounts compared, 2 differences found.\n")
    assert rebuild(world).stderr == "4 texts of 2 accounts compared, 2 differences corrected.\n"
    assert rebuild(world, "--check").returncode == 0
    assert (found(client), found(stranger)) == (1, 1)
    with world.database.engine.connect() as connection:
        for table in ("search_entry", *(["search_text"] if world.database.is_sqlite else [])):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 4, table
