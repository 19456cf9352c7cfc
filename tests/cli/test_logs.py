"""The log of a process: our own events, other packages, warnings and the server."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import COMMAND, ROOT, assert_one_line, environment, run_here

SECRET = "marker7f3a"
EVENTS = f"""
import asyncio, logging, sys, warnings
from api import logs

logs.configure_logging(*sys.argv[1:])
try:
    raise ValueError("{SECRET} 1")
except ValueError as error:
    fault = error
ours, server = logging.getLogger("afterword.requests"), logging.getLogger("uvicorn.error")
ours.info("request", extra={{"route": "/x", "status": 200, "company": "{SECRET} 2"}})
ours.debug("a debugging event")
ours.error("fault\\n\\r\\x1b[31m\\u2028\\x85\\ud800", exc_info=fault)
server.info("an event of others")
server.warning("Invalid HTTP request received.")
server.error("Cannot start: %s", fault)
server.error(fault)
server.error("%d%d", "{SECRET} 3")
server.error("Traceback (most recent call last):\\n{SECRET} 4")
logging.getLogger("alembic.runtime").warning("Odd revision: %s", "0001")
warnings.warn("{SECRET} 5", UserWarning)

async def forget():
    async def fail():
        raise fault
    asyncio.create_task(fail())
    await asyncio.sleep(0)

asyncio.run(forget())
"""


@cache
def logged(*words: str) -> str:
    """Return the log of a separate process; `words`: the level, and optionally the format."""
    command = [sys.executable, "-c", EVENTS, *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stderr


def test_every_event_is_one_json_line_without_data_of_requests() -> None:
    text = logged("INFO")
    events: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines()]
    assert SECRET not in text
    assert [(event["level"], event["event"]) for event in events] == [
        ("info", "request"),
        ("error", "fault\n\r\x1b[31m\u2028\x85\ud800"),
        ("warning", "Invalid HTTP request received."),
        ("error", "Cannot start: builtins.ValueError"),
        ("error", "builtins.ValueError"),
        ("error", "%d%d"),
        ("error", "Traceback (most recent call last):"),
        ("warning", "Odd revision: 0001"),
        ("warning", "<string>:21: UserWarning"),
        ("error", "Task exception was never retrieved"),
    ]
    assert text.isascii()
    assert events[0].keys() == {"timestamp", "level", "event", "logger", "route", "status"}
    assert events[1]["exception"] == [{"type": "builtins.ValueError", "frames": ["<string>:7 <module>"]}]
    assert events[-1]["exception"][0]["type"] == "builtins.ValueError"


def test_the_console_format_escapes_control_characters() -> None:
    text = logged("INFO", "console")
    assert SECRET not in text
    lines = text.splitlines()
    assert "[info" in lines[0]
    assert "route=/x" in lines[0]
    assert r"fault\n\r\x1b[31m\u2028\x85\ud800" in lines[1]
    assert [line.strip() for line in lines[2:4]] == ["builtins.ValueError", "<string>:7 <module>"]
    assert not any(ord(character) < 32 for line in lines for character in line)


@pytest.mark.parametrize(
    ("level", "ours", "others"),
    [
        pytest.param("DEBUG", 3, {"warning", "error"}, id="debug"),
        pytest.param("INFO", 2, {"warning", "error"}, id="info"),
        pytest.param("WARNING", 1, {"warning", "error"}, id="warning"),
        pytest.param("ERROR", 1, {"error"}, id="error"),
    ],
)
def test_the_log_level_applies_to_our_own_events(level: str, ours: int, others: set[str]) -> None:
    events = [json.loads(line) for line in logged(level).splitlines()]
    assert sum(event["logger"].startswith("afterword") for event in events) == ours
    assert {event["level"] for event in events if not event["logger"].startswith("afterword")} == others


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        pytest.param("LOG_LEVEL", "loud", "log_level: Input should be 'DEBUG'", id="a-level"),
        pytest.param("LOG_FORMAT", "xml", "log_format: Input should be 'json' or 'console'", id="a-format"),
        pytest.param("METRICS_TOKEN", "short", "metrics_token", id="a-token-that-is-too-short"),
    ],
)
def test_an_invalid_setting_is_reported_in_one_line(
    name: str, value: str, remedy: str, tmp_path: Path, taken_port: str
) -> None:
    done = run_here(f"sqlite:///{tmp_path}/x.db", "serve", "--port", taken_port, **{name: value})
    assert_one_line(done, remedy)
    assert value not in done.stderr


@dataclass(frozen=True)
class Served:
    """The log of a server from its start on a new file to its end, with an answer of `/readyz` and the exit code."""

    first: str
    log: str
    ready: dict[str, Any]
    code: int


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """Start a server, send requests with data that must not be logged, and stop it."""
    url = f"sqlite:///{tmp_path_factory.mktemp('served')}/x.db"
    own = {**os.environ, **environment(url, LOG_LEVEL="debug")}
    command = [*COMMAND, "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=own, cwd=ROOT) as server:
        assert server.stderr is not None
        first = next(line for line in server.stderr if "Afterword serves" in line)
        address = json.loads(first)["event"].split()[2]
        for href in (f"/{SECRET}?a={SECRET}", f"/v1/applications/{SECRET}?{SECRET}=1"):
            ask(f"{address}{href}")
        ready = json.loads(ask(f"{address}/readyz"))
        server.terminate()
        log = server.stderr.read()
        return Served(first, log, ready, server.wait(timeout=10))


def test_serve_migrates_a_new_file_answers_and_stops_on_sigterm(served: Served) -> None:
    assert served.ready["schema_at_head"] is True
    assert served.code in (0, -signal.SIGTERM)


def test_the_log_of_a_server_is_json_without_data_of_requests(served: Served) -> None:
    assert "Afterword serves http://localhost:" in json.loads(served.first)["event"]
    events = [json.loads(line) for line in served.log.splitlines()]
    assert [event["status"] for event in events if event["event"] == "request"] == [404, 422, 200]
    assert SECRET not in served.log
    assert "127.0.0.1" not in served.log
    assert "localhost" not in served.log


def ask(url: str) -> str:
    """Send a request with secrets in its headers; return the body of the answer."""
    headers = {"Authorization": f"Bearer {SECRET}", "User-Agent": SECRET, "Cookie": SECRET}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return error.read().decode()
