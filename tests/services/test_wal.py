"""Truncating the WAL after an erasure does not keep writers waiting, even if a reader prevents it."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import make_url, text

from tests.conftest import World
from tests.http.api_client import application

LONGEST_WRITE = 1.0  # seconds; the busy timeout, for which a write once waited, is 5


@pytest.mark.sqlite
def test_writers_go_on_while_a_reader_prevents_the_truncation(world: World, client: TestClient) -> None:
    log = Path(f"{make_url(world.app.state.settings.database_url).database}-wal")
    with ThreadPoolExecutor(1) as thread, world.database.engine.connect() as reader:
        reader.execute(text("SELECT count(*) FROM application")).all()
        application(client)
        truncated = thread.submit(world.database.truncate_wal)
        took = []
        while not truncated.done():
            began = time.monotonic()
            application(client)
            took.append(time.monotonic() - began)
        assert truncated.result() is False
    assert max(took) < LONGEST_WRITE
    assert log.stat().st_size > 0
    assert world.database.truncate_wal() is True
    assert log.stat().st_size == 0
