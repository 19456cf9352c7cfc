"""The time from the start of the process to its first answer, compared with the bare imports."""

import socket
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from benchmarks.load import database
from benchmarks.report import Report, milliseconds
from benchmarks.servers import Effort, environment
from tests.trials.server_process import ROOT, answers, command

IMPORTS = [sys.executable, "-c", "import fastapi, sqlmodel, alembic, uvicorn"]
AIM = 2.0
PATIENCE = 0.002


def imports() -> float:
    """Return the seconds of a process that only imports the libraries."""
    began = time.perf_counter()
    subprocess.run(IMPORTS, check=True)
    return time.perf_counter() - began


def first_answer(url: str, log: Path) -> float:
    """Return the seconds from the start of `serve` to the first answer of `/livez`."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with log.open("ab") as words:
        began = time.perf_counter()
        process = subprocess.Popen(
            command("serve", "--port", str(port)), env=environment(url), cwd=ROOT, stdout=words, stderr=words
        )
        while not answers(f"http://127.0.0.1:{port}/livez"):
            if process.poll() is not None:
                raise RuntimeError(f"The server ended:\n{log.read_text(encoding='utf-8')[-2_000:]}")
            time.sleep(PATIENCE)
        took = time.perf_counter() - began
        process.terminate()
        process.wait(30)
    return took


def report(to: Report, folder: Path, effort: Effort) -> None:
    """Measure both in turn on a migrated database."""
    url = f"sqlite:///{folder / 'start.db'}"
    with database(url) as target:
        target.migrate()
    pairs = [(first_answer(url, folder / "start.log"), imports()) for _ in range(effort.starts + 1)][1:]
    ours, bare = (median(times) for times in zip(*pairs, strict=True))
    what = "first answer after the start, against the bare imports"
    to.at_most("Start and memory", what, milliseconds(ours), milliseconds(bare), ours / bare, AIM)
