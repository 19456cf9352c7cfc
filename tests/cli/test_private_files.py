"""The database, its WAL and backups are for their owner alone, whatever the umask; wider ones are told at the start."""

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from api.settings import Settings
from api.storage.backup import back_up
from api.storage.database import Database
from api.storage.private_files import warnings
from tests.cli.running import run_here

pytestmark = [
    pytest.mark.sqlite,
    pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions"),
]


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}


@pytest.mark.parametrize("mask", [0, 0o022, 0o777])
def test_files_are_created_for_their_owner_alone_whatever_the_umask(mask: int, tmp_path: Path) -> None:
    folder = tmp_path / "some" / "data"
    (tmp_path / "some").mkdir()
    with umask(mask):
        database = Database(Settings(database_url=f"sqlite:///{folder}/a.db"))
        database.migrate()
        with database.engine.execution_options(write=True).begin() as connection:
            connection.execute(text("DELETE FROM throttle"))
        back_up(database, folder / "copy.db", lambda _done, _pages: None)
        found = modes(folder)
        database.dispose()
    assert found == {"data": 0o700, "a.db": 0o600, "a.db-wal": 0o600, "a.db-shm": 0o600, "copy.db": 0o600}


def test_what_others_may_read_is_told_at_the_start_in_one_line(tmp_path: Path, taken_port: str) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    assert told(url, taken_port) == []
    tmp_path.chmod(0o755)
    (tmp_path / "a.db").chmod(0o644)
    (line,) = told(url, taken_port)
    assert f"{tmp_path} (0755), {tmp_path}/a.db (0644)" in line
    assert f"run chmod 700 {tmp_path} && chmod 600 {tmp_path}/a.db" in line
    assert modes(tmp_path)["a.db"] == 0o644


@pytest.mark.parametrize(
    ("folder", "file", "told_of"),
    [(0o700, 0o600, []), (0o700, 0o640, ["a.db"]), (0o700, 0o602, ["a.db"]), (0o710, 0o600, ["data"])],
)
def test_any_right_of_the_group_and_of_others_counts(
    folder: int, file: int, told_of: list[str], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "a.db").touch()
    (data / "a.db").chmod(file)
    data.chmod(folder)
    lines = warnings(f"sqlite:///{data}/a.db")
    assert [name for name in ("data", "a.db") if any(f"{name} (0" in line for line in lines)] == told_of


def told(url: str, taken_port: str) -> list[str]:
    lines = run_here(url, "serve", "--port", taken_port).stderr.splitlines()
    events = [json.loads(line)["event"] for line in lines if line.startswith("{")]
    return [event for event in events if "may read" in event]
