"""The tutorial's blocks, run one after the other against the demo: what it shows is what comes, also a second time."""

import json
import re
from pathlib import Path

import pytest

from tests.docs.shown import ADDRESS, Demo, assert_shown, bash, blocks

TUTORIAL = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCKS = blocks(TUTORIAL, "sh", "json", "text")
MARK = "@@@ end of block @@@"


@pytest.mark.parametrize("time", ["the first time", "the second time"])
def test_every_block_shows_what_comes(running: Demo, time: str) -> None:
    commands = [text for kind, text in BLOCKS if kind == "sh"]
    script = f"\necho '{MARK}'\n".join(commands).replace(ADDRESS, running[0])
    done = bash(script)
    assert (done.returncode, done.stderr) == (0, "")
    outputs = iter(done.stdout.split(f"{MARK}\n"))
    answer = ""
    for kind, text in BLOCKS:
        if kind == "sh":
            answer = next(outputs)
        elif kind == "json":
            assert_shown(json.loads(text), json.loads(answer), text[:80])
        else:
            assert answer == text


def test_the_tutorial_takes_all_seven_steps() -> None:
    assert [int(number) for number in re.findall(r"^### (\d) ", TUTORIAL, re.MULTILINE)] == [1, 2, 3, 4, 5, 6, 7]
