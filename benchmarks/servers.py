"""The compared servers, each in its own process, and their load by wrk."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.load import NOTICE
from tests.trials.server_process import ROOT, UNLIMITED, Server, answers, command, wait_until

SCRIPT = Path(__file__).with_name("wrk.lua")
BARE = ["-m", "uvicorn", "--factory", "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--port"]


def environment(url: str) -> dict[str, str]:
    return {**os.environ, **UNLIMITED, "AFTERWORD_DATABASE_URL": url, "AFTERWORD_LOG_LEVEL": "WARNING"}


@contextmanager
def ours(url: str, folder: Path, workers: int = 1) -> Iterator[Server]:
    """Run our service by its command."""
    server = Server({**environment(url), "AFTERWORD_LOG_LEVEL": "INFO"}, folder / f"afterword-{workers}.log", workers)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def bare(name: str, url: str) -> Iterator[str]:
    """Run the floor or the usual way; yields its URL."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    words = [sys.executable, *BARE, str(port), "--log-level", "warning", f"benchmarks.{name}:create_app"]
    process = subprocess.Popen(words, env=environment(url), cwd=ROOT)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: answers(f"{address}/livez"), f"{name} starts")
        yield address
    finally:
        process.terminate()
        process.wait(10)


@dataclass(frozen=True)
class Servers:
    """The URLs of our service, the floor and the usual way, and the process of ours."""

    addresses: dict[str, str]
    ours: Server


@contextmanager
def all_three(url: str, folder: Path) -> Iterator[Servers]:
    """Run our service, the floor and the usual way at the same time."""
    with ExitStack() as stack:
        server = stack.enter_context(ours(url, folder))
        found = {name: stack.enter_context(bare(name, url)) for name in ("floor", "usual")}
        yield Servers({"ours": server.url, **found}, server)


def ask(address: str, path: str, token: str, *, method: str = "GET", body: object = None, **headers: str) -> Any:
    """Send a request; return the headers and the JSON of the answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address + path, data, method=method)
    for name, value in {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **headers}.items():
        request.add_header(name.replace("_", "-"), value)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.headers, json.loads(answer.read())


def wire(method: str, path: str, token: str, body: object = None, *more: str) -> str:
    """Return the text of an HTTP request."""
    content = "" if body is None else json.dumps(body)
    kind = [f"Content-Type: application/json\r\nContent-Length: {len(content)}"] if body is not None else []
    head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {token}", *kind, *more]
    return "\r\n".join([*head, "", ""]) + content


@dataclass(frozen=True)
class Effort:
    """The numbers of wrk rounds and their seconds, of single requests, and of server starts."""

    rounds: int
    seconds: int
    calls: int
    starts: int


QUICK = Effort(rounds=1, seconds=1, calls=2, starts=2)
WHOLE = Effort(rounds=5, seconds=3, calls=30, starts=9)


@dataclass(frozen=True)
class Load:
    """The requests that wrk sends to one server in turn."""

    name: str
    address: str
    requests: Sequence[str]


@dataclass
class Seen:
    """Seconds of latency with one connection, requests a second with eight, and numbers of failed and all requests."""

    latencies: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    failed: int = 0
    count: int = 0

    @property
    def latency(self) -> float:
        return median(self.latencies)

    @property
    def rate(self) -> float:
        return median(self.rates)


@dataclass(frozen=True)
class Done:
    """A finished `afterword` command: exit code, output and seconds."""

    returncode: int
    words: str
    seconds: float


def run(environment: Mapping[str, str], *words: str) -> Done:
    """Run an `afterword` command to its end."""
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        process = subprocess.Popen(command(*words), env=environment, cwd=ROOT, stdout=said, stderr=said)
        returncode = process.wait()
        took = time.perf_counter() - began
        said.seek(0)
        return Done(returncode, said.read().decode(), took)


def needed() -> None:
    """Exit with one line if wrk is missing."""
    if shutil.which("wrk") is None:
        NOTICE.print("wrk is missing: install it (apt-get install wrk), then run this again.")
        sys.exit(1)


def side_by_side(
    loads: Sequence[Load], folder: Path, effort: Effort, *, connections: Sequence[int] = (1, 8)
) -> dict[str, Seen]:
    """Load servers in alternating rounds, so that other work on the machine affects all of them."""
    files = {load.name: folder / f"{time.time_ns()}-{number}.requests" for number, load in enumerate(loads)}
    for load in loads:
        files[load.name].write_text("\n%%\n".join(load.requests), encoding="utf-8", newline="")
    seen = {load.name: Seen() for load in loads}
    for width in connections:
        for number in range(effort.rounds + 1):
            for load in loads:
                duration = 1 if number == 0 else effort.seconds  # the first round warms caches and pools
                requests, took, failed, half = _wrk(load.address, files[load.name], width, duration)
                seen[load.name].failed += failed
                seen[load.name].count += requests
                if number and width == 1:
                    seen[load.name].latencies.append(half)
                elif number:
                    seen[load.name].rates.append(requests / took)
    return seen


def _wrk(address: str, requests: Path, connections: int, seconds: int) -> tuple[int, float, int, float]:
    words = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        "--timeout",
        "20s",
        "-s",
        str(SCRIPT),
        address,
        "--",
        str(requests),
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("seen "))
    count, duration, statuses, broken, half, _ = map(int, line.split()[1:])
    return count, duration / 1e6, statuses + broken, half / 1e6
