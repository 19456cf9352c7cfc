"""The examples for other programs, run one after the other against the demo: what is shown is what comes."""

import json
import subprocess
from pathlib import Path

from api.protocol.scopes import SCOPES
from tests.docs.shown import ADDRESS, assert_shown, blocks, running_demo

PAGE = (Path(__file__).parents[2] / "docs" / "clients.md").read_text(encoding="utf-8")
MARK = "@@@ end of block @@@"


def test_every_block_shows_what_comes() -> None:
    shown = blocks(PAGE, "sh", "json", "text")
    script = f"\necho '{MARK}'\n".join(text for kind, text in shown if kind == "sh")
    with running_demo() as (address, lines):
        token = lines[1].removeprefix("Token:").strip()
        own = script.replace(ADDRESS, address).replace("TOKEN=awp_…", f"TOKEN={token}")
        done = subprocess.run(["bash", "-eu"], input=own, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    outputs = iter(done.stdout.split(f"{MARK}\n"))
    answer = ""
    for kind, text in shown:
        if kind == "sh":
            answer = next(outputs)
        elif kind == "json":
            assert_shown(json.loads(text), json.loads(answer), text)
        else:
            assert answer.replace("\r", "") == text


def test_every_scope_that_is_named_exists() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]
    named = {word.strip("`") for line in rows for word in line.split("|")[2].replace(",", " ").split() if "`" in word}
    assert {"steps:read", "contacts:read"} <= named <= set(SCOPES)
