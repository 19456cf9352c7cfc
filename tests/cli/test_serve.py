"""`afterword serve`: start, workers, and a stop that finishes running requests."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from tests.cli.running import COMMAND, ROOT, environment, run_here
from tests.conftest import World
from tests.served import PLAIN, free_port, wait_until

LAST_LINE = "Stop with Ctrl+C; this deletes the data.\n"
APPLICATION = {"company": "Acme", "role": "Engineer"}


@contextmanager
def serving(world: World, *words: str, **settings: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Start the command on a world's database; yields the process and its URL."""
    port = free_port()
    own = {**os.environ, **environment(world.app.state.settings.database_url, **settings)}
    command = [*COMMAND, "serve", "--port", str(port), *words]
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=own, cwd=ROOT) as server:
        try:
            wait_for(address)
            yield server, address
        finally:
            server.terminate()
            server.communicate(timeout=30)


def wait_for(address: str) -> None:
    end = time.monotonic() + 60
    with httpx.Client(verify=PLAIN) as client:
        while time.monotonic() < end:
            try:
                if client.get(f"{address}/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
    raise AssertionError("the server did not start")


def write(address: str, headers: dict[str, str]) -> httpx.Response:
    return httpx.post(f"{address}/v1/applications", json=APPLICATION, headers=headers, timeout=20, verify=PLAIN)


def is_refused(address: str) -> bool:
    """Try a new connection; one that still waits to be accepted is reset when the listener closes."""
    try:
        httpx.get(f"{address}/livez", verify=PLAIN)
    except httpx.TransportError:
        return True
    return False


@pytest.mark.sqlite(profile="quick")
def test_a_running_request_is_finished_after_sigterm(world: World) -> None:
    headers = {"Authorization": world.sign_up().headers["Authorization"]}
    with serving(world) as (server, address), ThreadPoolExecutor() as pool:
        with world.database.engine.execution_options(write=True).connect() as lock:
            lock.execute(text("UPDATE user_account SET locale = locale"))
            runs = pool.submit(write, address, headers)
            time.sleep(1)  # until the server has the request, also on a busy machine
            assert not runs.done()
            server.send_signal(signal.SIGTERM)
            wait_until(lambda: is_refused(address))
            assert server.poll() is None
            lock.rollback()
        assert runs.result().status_code == 201
        assert server.wait(timeout=10) in (0, -signal.SIGTERM)
    with world.database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM application")).scalar_one() == 1


def test_two_workers_serve_one_database_and_share_their_metrics(world: World) -> None:
    headers = {"Authorization": world.sign_up().headers["Authorization"]}
    with serving(world, "--workers", "2", METRICS_TOKEN="a" * 16) as (_, address):
        for number in range(20):
            body = {**APPLICATION, "company": f"Acme {number}"}
            with client_of(address, headers) as writer, client_of(address, headers) as reader:
                made = writer.post("/v1/applications", json=body)
                assert made.status_code == 201
                assert reader.get(made.headers["Location"]).json()["company"] == f"Acme {number}"
        with client_of(address, {"Authorization": f"Bearer {'a' * 16}"}) as scraper:
            most = f"afterword_pool_connections_max {2 * world.app.state.settings.pool_size}.0"
            wait_until(lambda: most in scraper.get("/metrics").text.splitlines(), seconds=60)


def client_of(address: str, headers: dict[str, str]) -> httpx.Client:
    return httpx.Client(base_url=address, headers=headers, verify=PLAIN, timeout=20)


@pytest.mark.sqlite
def test_the_demo_logs_no_requests_and_deletes_its_folder_when_its_terminal_is_closed(tmp_path: Path) -> None:
    """SIGHUP raises SIGTERM in the demo, so this is how it ends with either."""
    own = {**os.environ, "TMPDIR": str(tmp_path)}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*COMMAND, "demo", "--port", "0"], stdout=pipe, stderr=pipe, text=True, env=own, cwd=ROOT
    ) as demo:
        assert demo.stdout is not None
        docs, *_ = iter(demo.stdout.readline, LAST_LINE)
        address = docs.split()[1].removesuffix("/docs")
        assert httpx.get(f"{address}/v1/meta", verify=PLAIN).status_code == 200
        assert [path.name.partition("demo-")[0] for path in tmp_path.iterdir()] == ["afterword-"]
        demo.send_signal(signal.SIGHUP)
        _, logged = demo.communicate(timeout=30)
    assert (logged, list(tmp_path.iterdir())) == ("", [])
    assert demo.returncode == 128 + signal.SIGTERM


@pytest.mark.sqlite
def test_a_port_in_use_is_reported_in_one_line(tmp_path: Path, taken_port: str) -> None:
    done = run_here(f"sqlite:///{tmp_path}/a.db", "serve", "--port", taken_port)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("afterword: ")
    assert "--port" in done.stderr.splitlines()[-1]
