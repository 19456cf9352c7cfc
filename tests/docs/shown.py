"""What a document shows, compared with what comes."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ADDRESS = "http://localhost:8000"
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LAST_LINE = "Stop with"
Demo = tuple[str, str]  # its address, and the token that it prints


@contextmanager
def started_demo() -> Iterator[tuple[str, list[str]]]:
    """Start the demo as `make demo` does, on a free port; yields its address, and the lines that it prints."""
    command = [sys.executable, "-m", "api", "demo", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        lines: list[str] = []
        while not lines or not lines[-1].startswith(LAST_LINE):
            lines.append(demo.stdout.readline().rstrip("\n"))
            assert lines[-1], "the demo ended"
        yield lines[0].removeprefix("Docs:").strip().removesuffix("/docs"), lines
        demo.send_signal(signal.SIGINT)  # like Ctrl+C, which deletes the data as well


def bash(script: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run commands until one fails. Their `python3` is the one of the tests: to find another one can take long."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command, own = ["bash", "-eu"], {**os.environ, "PATH": path}
    return subprocess.run(
        command, input=script, capture_output=True, text=True, timeout=120, check=False, cwd=folder, env=own
    )


def blocks(page: str, *kinds: str) -> list[tuple[str, str]]:
    """Return the fenced blocks of the given kinds in their order: (kind, text)."""
    return re.findall(rf"^```({'|'.join(kinds)})\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


def assert_shown(shown: Any, answer: Any, where: str) -> None:
    """Fail unless each key that is shown is in the answer with this value; lists are shown whole, ids may differ."""
    if isinstance(shown, dict):
        assert isinstance(answer, dict), where
        for name, value in shown.items():
            assert_shown(value, answer[name], f"{where}/{name}")
    elif isinstance(shown, list):
        assert isinstance(answer, list), where
        assert len(shown) == len(answer), where
        for index, (one, other) in enumerate(zip(shown, answer, strict=True)):
            assert_shown(one, other, f"{where}/{index}")
    elif isinstance(shown, str):
        assert ID.sub("<id>", shown) == ID.sub("<id>", answer), where
    else:
        assert shown == answer, where
