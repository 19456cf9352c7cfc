"""`afterword backup FILE`: a copy taken under load is a consistent database."""

import threading
import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.errors import ConflictError, ProblemError
from api.services.steps.recheck import check_steps
from api.settings import Settings
from api.storage import backup
from api.storage.backup import back_up
from api.storage.database import Database
from api.storage.engine import SQLITE
from tests.cli.running import assert_one_line, run_here
from tests.conftest import World
from tests.services.full_record import record_everything

Seen = list[tuple[int, int]]


def nothing(_done: int, _pages: int) -> None:
    """Ignore progress."""


class Writers:
    """Two threads that write notes inside the block and keep the ids of acknowledged ones."""

    def __init__(self, client: TestClient, application: str) -> None:
        self.client, self.address = client, f"/v1/applications/{application}/notes"
        self.acknowledged: list[str] = []
        self.enough = threading.Event()
        self.threads = [threading.Thread(target=self.write) for _ in range(2)]

    def write(self) -> None:
        while not self.enough.is_set():
            answer = self.client.post(self.address, json={"kind": "general", "text": "x" * 5_000})
            assert answer.status_code == 201
            self.acknowledged.append(answer.json()["id"])

    def go_on(self) -> None:
        """Wait until ten more notes have been acknowledged."""
        wanted, end = len(self.acknowledged) + 10, time.monotonic() + 20
        while len(self.acknowledged) < wanted:
            assert time.monotonic() < end, "no write was acknowledged within 20 s"
            self.enough.wait(0.01)

    def __enter__(self) -> "Writers":
        for thread in self.threads:
            thread.start()
        self.go_on()
        return self

    def __exit__(self, *_: object) -> None:
        self.enough.set()
        for thread in self.threads:
            thread.join()


@pytest.mark.sqlite
def test_a_copy_taken_under_load_is_consistent_and_has_all_earlier_writes(
    world: World, client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "PAGES_AT_ONCE", 5)
    ids = record_everything(client, world.clock.now)
    progress: Seen = []
    with Writers(client, ids["application"]) as writers:
        before = list(writers.acknowledged)

        def see(done: int, pages: int) -> None:
            progress.append((done, pages))
            if len(progress) == 5:
                writers.go_on()

        back_up(world.database, tmp_path / "copy.db", see)
    assert len(progress) > 10
    assert progress[-1][0] == progress[-1][1]

    restored = Database(Settings(database_url=f"sqlite:///{tmp_path / 'copy.db'}"))
    with restored.engine.connect() as connection:
        kept = {str(row[0]) for row in connection.execute(text("SELECT id FROM note"))}
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
        assert not connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    assert {id_.replace("-", "") for id_ in before} <= kept
    me = client.get("/v1/me").json()["id"]
    rows, different = check_steps(restored, me, world.clock, repair=False)
    assert rows > 0
    assert different == 0
    restored.dispose()


@pytest.mark.sqlite
def test_an_existing_file_is_not_overwritten(world: World, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("precious", encoding="utf-8")
    with pytest.raises(ConflictError, match="name another"):
        back_up(world.database, tmp_path / "copy.db", nothing)
    assert (tmp_path / "copy.db").read_text(encoding="utf-8") == "precious"


@pytest.mark.sqlite
def test_a_failed_copy_leaves_no_file(world: World, tmp_path: Path) -> None:
    def fail(_done: int, _pages: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises((KeyboardInterrupt, SQLITE.Error)):
        back_up(world.database, tmp_path / "copy.db", fail)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.sqlite
def test_a_copy_into_a_folder_that_does_not_exist_is_refused_in_one_line(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "none"
    done = run_here(world.app.state.settings.database_url, "backup", str(folder / "copy.db"))
    assert_one_line(done, "No such file or directory: check the name, its folder")
    assert str(folder) in done.stderr


@pytest.mark.sqlite
def test_a_damaged_copy_is_refused_and_deleted(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "_is_whole", lambda _connection: False)
    with pytest.raises(ProblemError, match="check the disk"):
        back_up(world.database, tmp_path / "copy.db", nothing)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.postgresql
def test_on_postgresql_the_error_names_pg_dump(world: World, tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match="pg_dump"):
        back_up(world.database, tmp_path / "copy.dump", nothing)
