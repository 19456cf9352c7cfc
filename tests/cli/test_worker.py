"""`afterword worker` beside servers that only serve, with the example that posts events into a chat room."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from api.clock import wall_clock
from tests.cli.running import COMMAND, ROOT, environment
from tests.conftest import World
from tests.receivers import OK, answering, receiving
from tests.served import free_port, http_client, served, wait_until

pytestmark = pytest.mark.sqlite(profile="quick")

LOCAL = {"WEBHOOK_NETWORKS": "127.0.0.0/8"}


@contextmanager
def started(command: list[str], **own: str) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(command, env={**os.environ, **own}, cwd=ROOT, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=30)


def test_a_worker_sends_what_a_server_only_writes_down_and_the_example_posts_it_into_a_chat(
    make_world: Callable[..., World],
) -> None:
    world = make_world(worker="off", webhook_networks=("127.0.0.0/8",))
    world.app.state.clock = wall_clock  # as the worker has
    headers = {"Authorization": world.sign_up().headers["Authorization"]}
    url, port = world.app.state.settings.database_url, free_port()
    with (
        served(world) as address,
        http_client(address) as client,
        receiving(answering(OK)) as chat,
    ):
        client.headers.update(headers)
        hook = client.post("/v1/webhooks", json={"url": f"http://127.0.0.1:{port}/"}).json()
        example = {"CHAT_URL": chat.url(), "SECRET": hook["secret"], "PORT": str(port)}
        client.post("/v1/applications", json={"company": "Larkfield Press", "role": "Editor"})
        assert client.get("/readyz").json()["tasks"] == []
        time.sleep(1.5)
        assert chat.requests == []
        assert _waiting(client) >= 1
        with started([sys.executable, "examples/chat_webhook.py"], **example):
            wait_until(lambda: _listens(port), seconds=30)  # otherwise the first attempts may fail, and the next waits
            with started([*COMMAND, "worker"], **environment(url, **LOCAL)) as worker:
                wait_until(lambda: bool(chat.requests), seconds=30)
                wait_until(lambda: _waiting(client) == 0)
                worker.send_signal(signal.SIGTERM)
                assert worker.wait(10) == 0
    assert [one.partition(b"\r\n\r\n")[2] for one in chat.requests] == [
        b'{"text": "Larkfield Press: application.created"}'
    ]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _waiting(client: httpx.Client) -> int:
    """Return for how many seconds the oldest delivery has been due."""
    found = client.get("/readyz").json()["waiting"]
    return next(int(one["age_seconds"]) for one in found if one["queue"] == "deliveries")
