"""The log as an operator gets it: from our own events, other packages, warnings and the server itself."""

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SECRET = "marker7f3a"
EVENTS = f"""
import asyncio, logging, sys, warnings
from api import logs

logs.install(*sys.argv[1:])
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


def logged(*words: str) -> str:
    command = [sys.executable, "-c", EVENTS, *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stderr


def test_everything_is_a_line_of_json_and_says_nothing_of_what_was_sent() -> None:
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


def test_a_terminal_gets_words_that_no_control_character_breaks() -> None:
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
def test_the_level_is_that_of_our_own_events(level: str, ours: int, others: set[str]) -> None:
    events = [json.loads(line) for line in logged(level).splitlines()]
    assert sum(event["logger"].startswith("afterword") for event in events) == ours
    assert {event["level"] for event in events if not event["logger"].startswith("afterword")} == others


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        pytest.param("LOG_LEVEL", "loud", "log_level: Input should be 'DEBUG'", id="a-level"),
        pytest.param("LOG_FORMAT", "xml", "log_format: Input should be 'json' or 'console'", id="a-format"),
        pytest.param("METRICS_TOKEN", "short", "metrics_token", id="a-token-that-can-be-guessed"),
    ],
)
def test_a_wrong_setting_is_one_line_at_the_start(name: str, value: str, remedy: str, tmp_path: Path) -> None:
    environment = {**os.environ, "AFTERWORD_DATABASE_URL": f"sqlite:///{tmp_path}/x.db", f"AFTERWORD_{name}": value}
    command = [sys.executable, "-m", "api", "serve", "--port", "0"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert remedy in done.stderr
    assert value not in done.stderr


def test_all_that_a_server_writes_is_json_without_what_was_sent(tmp_path: Path) -> None:
    environment = {**os.environ, "AFTERWORD_DATABASE_URL": f"sqlite:///{tmp_path}/x.db", "AFTERWORD_LOG_LEVEL": "debug"}
    command = [sys.executable, "-m", "api", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT) as server:
        assert server.stderr is not None
        first = next(line for line in server.stderr if "Afterword serves" in line)
        if found := re.search(r"http://[\d.:]+", first):
            for href in (f"/{SECRET}?a={SECRET}", f"/v1/applications/{SECRET}?{SECRET}=1", "/readyz"):
                ask(f"{found.group()}{href}")
        server.terminate()
        text = server.stderr.read()
    assert "Afterword serves http://127.0.0.1:" in json.loads(first)["event"]
    events = [json.loads(line) for line in text.splitlines()]
    assert [event["status"] for event in events if event["event"] == "request"] == [404, 422, 200]
    assert SECRET not in text
    assert "127.0.0.1" not in text


def ask(url: str) -> None:
    headers = {"Authorization": f"Bearer {SECRET}", "User-Agent": SECRET, "Cookie": SECRET}
    try:
        urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10).close()
    except urllib.error.HTTPError as error:
        error.close()
