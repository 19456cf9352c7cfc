"""`afterword serve` from its start to its end: what runs when it is told to stop is finished first."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from tests.conftest import World

ROOT = Path(__file__).parents[2]
APPLICATION = {"company": "Acme", "role": "Engineer"}


@contextmanager
def serving(world: World, *words: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Start the command on a world's database; yields the process and its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "AFTERWORD_DATABASE_URL": world.app.state.settings.database_url}
    command = [sys.executable, "-W", "error", "-m", "api", "serve", "--port", str(port), *words]
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT) as server:
        try:
            wait_for(address)
            yield server, address
        finally:
            server.terminate()
            server.communicate(timeout=30)


def wait_for(address: str) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            if httpx.get(f"{address}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the server did not start")


def test_a_request_that_runs_when_the_server_is_told_to_stop_is_finished(world: World) -> None:
    headers = {"Authorization": world.sign_up().headers["Authorization"]}
    with serving(world) as (server, address), ThreadPoolExecutor() as pool:
        with world.database.engine.execution_options(write=True).connect() as lock:
            lock.execute(text("UPDATE user_account SET locale = locale"))
            runs = pool.submit(httpx.post, f"{address}/v1/applications", json=APPLICATION, headers=headers, timeout=20)
            time.sleep(0.5)
            assert not runs.done()
            server.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            assert server.poll() is None
            with pytest.raises(httpx.ConnectError):
                httpx.get(f"{address}/livez")
            lock.rollback()
        assert runs.result().status_code == 201
        assert server.wait(timeout=10) in (0, -signal.SIGTERM)
    with world.database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM application")).scalar_one() == 1


def test_two_processes_serve_one_database(world: World) -> None:
    headers = {"Authorization": world.sign_up().headers["Authorization"]}
    with serving(world, "--workers", "2") as (_, address):
        for number in range(20):
            body = {**APPLICATION, "company": f"Acme {number}"}
            with httpx.Client(base_url=address, headers=headers) as writer, httpx.Client(base_url=address) as reader:
                made = writer.post("/v1/applications", json=body)
                assert made.status_code == 201
                assert reader.get(made.headers["Location"], headers=headers).json()["company"] == f"Acme {number}"
