"""Run the command in this process, or in a separate process where the test needs one."""

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from api.cli import main
from tests.served import unchanged_logging

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-W", "error", "-m", "api"]
Done = subprocess.CompletedProcess[str]


class Terminal(StringIO):
    """Standard input of a person who types these lines."""

    def isatty(self) -> bool:
        return True


def run_here(database_url: str, *words: str, stdin: str | StringIO = "", **settings: str) -> Done:
    """Run the command in this process with these settings, and restore the environment, streams and logging."""
    out, err = StringIO(), StringIO()
    streams = {"stdin": StringIO(stdin) if isinstance(stdin, str) else stdin, "stdout": out, "stderr": err}
    with pytest.MonkeyPatch.context() as patch, unchanged_logging():
        for name, value in environment(database_url, **settings).items():
            patch.setenv(name, value)
        for name, stream in streams.items():
            patch.setattr(sys, name, stream)
        patch.setattr(sys, "argv", ["afterword", *words])
        patch.setattr(sys, "excepthook", sys.excepthook)  # typer replaces it
        with pytest.raises(SystemExit) as ended:
            main()
    assert ended.value.code is None or isinstance(ended.value.code, int)
    return Done(["afterword", *words], ended.value.code or 0, out.getvalue(), err.getvalue())


def run_apart(database_url: str, folder: Path, *words: str, **settings: str) -> Done:
    """Run the command in a separate process, in a folder outside of the project."""
    own = {**os.environ, **environment(database_url, **settings), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [*COMMAND, *words], capture_output=True, text=True, env=own, timeout=60, cwd=folder, check=False
    )


def environment(database_url: str, **settings: str) -> dict[str, str]:
    """Return the environment variables of settings."""
    return {"AFTERWORD_DATABASE_URL": database_url, **{f"AFTERWORD_{name}": value for name, value in settings.items()}}


def assert_one_line(done: Done, words: str, code: int = 1) -> None:
    """Check that a command failed with one line on stderr that contains these words."""
    assert done.returncode == code, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("afterword: ")
    assert words in done.stderr
