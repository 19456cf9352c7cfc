"""`afterword restore FILE` and `afterword restored`: a backup comes back whole, and no entity tag from before holds."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from api.settings import Settings
from api.storage.backup import back_up
from api.storage.database import Database
from api.storage.engine import SQLITE
from tests.cli.running import Done, assert_one_line, run_here
from tests.conftest import Clock, World
from tests.http.api_client import Answer, add, alter, application, read

Opener = Callable[[], World]


@pytest.fixture
def live(tmp_path: Path) -> Path:
    return tmp_path / "live.db"


@pytest.fixture
def opened(live: Path) -> Iterator[Opener]:
    """Return a function that opens the application on the live file, as a server does at its start."""
    worlds: list[World] = []

    def opener() -> World:
        worlds.append(World(create_app(Settings(database_url=url(live)), clock=Clock()), Clock()))
        worlds[-1].database.migrate()
        worlds[-1].database.open_inline_connection()
        return worlds[-1]

    yield opener
    for world in worlds:
        world.database.dispose()


def url(file: Path) -> str:
    return f"sqlite:///{file}"


def restore(live: Path, *words: str) -> Done:
    return run_here(url(live), "restore", *words)


def note_in_backup(world: World, copy: Path) -> tuple[TestClient, Answer, Answer]:
    """Write a note, back the database up, and change the note; return a client and both versions."""
    client = world.sign_up()
    saved = add(client, f"/v1/applications/{application(client)}/notes", kind="general", text="In the backup.")
    back_up(world.database, copy, lambda _done, _pages: None)
    later = alter(client, f"/v1/notes/{saved['id']}", text="After the backup.")
    world.database.dispose()
    return client, saved, later


def texts(file: Path) -> list[str]:
    connection = SQLITE.connect(file)
    try:
        return [row[0] for row in connection.execute("SELECT text FROM note")]
    finally:
        connection.close()


@pytest.mark.sqlite
def test_a_backup_comes_back_and_no_tag_from_before_holds(opened: Opener, live: Path, tmp_path: Path) -> None:
    client, saved, later = note_in_backup(opened(), tmp_path / "copy.db")
    done = restore(live, str(tmp_path / "copy.db"))
    assert done.returncode == 0, done.stderr
    assert "Restored 1 account" in done.stderr
    (kept,) = tmp_path.glob("live.db.replaced-*")
    assert (texts(kept), texts(live)) == (["After the backup."], ["In the backup."])

    again = opened().anonymous()
    again.headers["Authorization"] = client.headers["Authorization"]
    href = f"/v1/notes/{saved['id']}"
    assert read(again, href) == {**saved, "etag": read(again, href)["etag"]}
    other = alter(again, href, text="Changed after the restore.")
    assert other["version"] == later["version"]
    for tag in (saved["etag"], later["etag"]):
        answer = again.get(href, headers={"If-None-Match": tag})
        assert (answer.status_code, answer.json()["text"]) == (200, other["text"])
        assert again.patch(href, json={"text": "Lost."}, headers={"If-Match": tag}).status_code == 412


@pytest.mark.sqlite
def test_credentials_in_the_backup_can_be_ended(opened: Opener, live: Path, tmp_path: Path) -> None:
    client, *_ = note_in_backup(opened(), tmp_path / "copy.db")
    done = restore(live, str(tmp_path / "copy.db"), "--end-credentials")
    assert "1 session or token ended" in done.stderr
    again = opened().anonymous()
    assert again.get("/v1/me", headers={"Authorization": client.headers["Authorization"]}).status_code == 401


@pytest.mark.sqlite
def test_a_database_that_a_server_uses_is_not_replaced(opened: Opener, live: Path, tmp_path: Path) -> None:
    note_in_backup(opened(), tmp_path / "copy.db")
    opened()
    assert_one_line(restore(live, str(tmp_path / "copy.db")), "stop the server")
    assert texts(live) == ["After the backup."]


def damage(file: Path) -> None:
    whole = bytearray(file.read_bytes())
    for page in range(2, len(whole) // 4_096):
        whole[page * 4_096 : page * 4_096 + 100] = b"x" * 100
    file.write_bytes(whole)


def without_schema(file: Path) -> None:
    file.unlink()
    connection = SQLITE.connect(file)
    connection.execute("CREATE TABLE note (text)")
    connection.close()


def with_rows_that_point_at_nothing(file: Path) -> None:
    connection = SQLITE.connect(file, isolation_level=None)
    connection.execute("UPDATE note SET application_id = id")
    connection.close()


def of_a_newer_version(file: Path) -> None:
    connection = SQLITE.connect(file, isolation_level=None)
    connection.execute("UPDATE alembic_version SET version_num = '9998'")
    connection.close()


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("spoil", "remedy"),
    [
        pytest.param(Path.unlink, "check the name", id="missing"),
        pytest.param(lambda file: file.write_text("x" * 9_000, encoding="utf-8"), "another backup", id="no-database"),
        pytest.param(damage, "another backup", id="damaged"),
        pytest.param(with_rows_that_point_at_nothing, "another backup", id="rows-that-point-at-nothing"),
        pytest.param(without_schema, "afterword backup", id="not-ours"),
        pytest.param(of_a_newer_version, "install the version that migrated it", id="newer"),
    ],
)
def test_a_file_that_cannot_be_used_replaces_nothing(
    opened: Opener, live: Path, tmp_path: Path, spoil: Callable[[Path], object], remedy: str
) -> None:
    note_in_backup(opened(), tmp_path / "copy.db")
    spoil(tmp_path / "copy.db")
    assert_one_line(restore(live, str(tmp_path / "copy.db")), remedy)
    assert texts(live) == ["After the backup."]
    assert {path.name for path in tmp_path.iterdir()} - {"live.db", "copy.db"} == set()


@pytest.mark.sqlite
def test_an_older_backup_is_migrated_and_a_damaged_database_replaced(
    opened: Opener, live: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    note_in_backup(opened(), copy)
    older = Database(Settings(database_url=url(copy)))
    older.migrate("0009")
    older.dispose()
    live.write_bytes(b"no database any more")
    live.with_name("live.db-wal").write_bytes(b"its log")
    done = restore(live, str(copy))
    assert done.returncode == 0, done.stderr
    assert texts(live) == ["In the backup."]
    kept = {path.name.partition("Z")[2]: path.read_bytes() for path in tmp_path.glob("live.db.replaced-*")}
    assert (kept[""], kept["-wal"]) == (b"no database any more", b"its log")
    assert opened().database.is_at_head()


@pytest.mark.sqlite
def test_a_backup_is_restored_to_where_no_database_is(opened: Opener, live: Path, tmp_path: Path) -> None:
    copy, moved = tmp_path / "copy.db", tmp_path / "other machine" / "data" / "live.db"
    note_in_backup(opened(), copy)
    done = restore(moved, str(copy))
    assert done.returncode == 0, done.stderr
    assert "Restored 1 account" in done.stderr
    assert "replaced" not in done.stderr
    assert [path.name for path in moved.parent.iterdir()] == ["live.db"]
    assert texts(moved) == ["In the backup."]
    assert [path.stat().st_mode & 0o777 for path in (moved.parent, moved)] == [0o700, 0o600]


@pytest.mark.sqlite
def test_the_database_itself_is_no_backup(opened: Opener, live: Path, tmp_path: Path) -> None:
    note_in_backup(opened(), tmp_path / "copy.db")
    assert_one_line(restore(live, str(live)), "name the backup")


@pytest.mark.postgresql
def test_on_postgresql_the_error_names_pg_restore(world: World) -> None:
    here = world.app.state.settings.database_url
    assert_one_line(run_here(here, "restore", "copy.db"), "afterword restored")


def test_restored_ends_all_tags_and_on_request_all_credentials(world: World, client: TestClient) -> None:
    here = world.app.state.settings.database_url
    tag = read(client, "/v1/me")["etag"]
    assert run_here(here, "restored").returncode == 0
    assert client.get("/v1/me", headers={"If-None-Match": tag}).status_code == 200
    assert "1 session or token ended" in run_here(here, "restored", "--end-credentials").stderr
    assert client.get("/v1/me").status_code == 401
