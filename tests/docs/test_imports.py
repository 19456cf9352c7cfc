"""The page about imports: its blocks run against the demo, and its recording of the terminal is what comes."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

from tests.cli.running import environment, run_here
from tests.docs.shown import ADDRESS, Demo, assert_shown, bash, blocks

PAGE = (Path(__file__).parents[2] / "docs" / "imports.md").read_text(encoding="utf-8")
MARK = "@@@ end of block @@@"
TABLE = "Firma;Stelle;Status;Beworben am\nWeidenverlag;Lektorin;Absage;2026-02-03\nKupferkessel;Texter;Probearbeiten;\n"
TYPED = re.compile(r"^(Number: |Import this\? \[y/N\]: )(.+)$", re.MULTILINE)


def test_every_block_shows_what_comes(tmp_path: Path, running: Demo) -> None:
    shown = blocks(PAGE, "sh", "json", "text")
    script = f"\necho '{MARK}'\n".join(text for kind, text in shown if kind == "sh").replace(ADDRESS, running[0])
    done = bash(script, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    outputs = iter(done.stdout.split(f"{MARK}\n"))
    answer = ""
    for kind, text in shown:
        if kind == "sh":
            answer = next(outputs)
        elif kind == "json":
            assert_shown(json.loads(text), json.loads(answer), text[:80])
        else:
            assert answer == text


def test_the_recording_of_the_terminal_is_what_comes(tmp_path: Path) -> None:
    ((_, recorded),) = blocks(PAGE, "console")
    first, _, wanted = recorded.partition("\n")
    url = f"sqlite:///{tmp_path / 'a.db'}"
    (tmp_path / "applications.csv").write_text(TABLE, encoding="utf-8")
    assert run_here(url, "migrate").returncode == 0
    assert run_here(url, "user", "add", "alex@example.com", stdin="tall grey horse\n").returncode == 0
    command = [sys.executable, "-m", "api", *first.removeprefix("$ afterword ").split()]
    command[-1] = str(tmp_path / command[-1])
    ours, theirs = pty.openpty()
    os.write(ours, "".join(f"{typed}\n" for _, typed in TYPED.findall(wanted)).encode())
    own = {**os.environ, **environment(url)}
    done = subprocess.run(command, stdin=theirs, capture_output=True, text=True, env=own, timeout=60, check=True)
    os.close(ours)
    os.close(theirs)
    assert "".join(done.stderr.split()) == "".join(TYPED.sub(r"\1", wanted).split())
