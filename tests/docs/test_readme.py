"""The README's blocks, run one after the other against the demo: what stands there is what comes."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8000"
MARK = "@@@ end of block @@@"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of the demo, started the way `make demo` starts it."""
    command = [sys.executable, "-m", "api", "demo", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        yield demo.stdout.readline().removeprefix("Docs:").strip().removesuffix("/docs")
        demo.terminate()


def blocks() -> list[tuple[str, str]]:
    return re.findall(r"```(sh|json)\n(.*?)```", README, re.DOTALL)


def assert_shown(shown: Any, answer: Any, where: str) -> None:
    """Every key that is shown stands in the answer with this very value; lists are shown whole."""
    if isinstance(shown, dict):
        assert isinstance(answer, dict), where
        for name, value in shown.items():
            assert_shown(value, answer[name], f"{where}/{name}")
    elif isinstance(shown, list):
        assert isinstance(answer, list), where
        assert len(shown) == len(answer), where
        for index, (one, other) in enumerate(zip(shown, answer, strict=True)):
            assert_shown(one, other, f"{where}/{index}")
    else:
        assert shown == answer, where


def test_the_story_is_told_as_it_comes(address: str) -> None:
    commands = [text for kind, text in blocks() if kind == "sh"]
    script = f"\necho; echo '{MARK}'\n".join(commands).replace(ADDRESS, address)
    done = subprocess.run(["bash", "-eu"], input=script, capture_output=True, text=True, timeout=120, check=True)
    outputs = iter(done.stdout.split(MARK))
    answer = ""
    for kind, text in blocks():
        if kind == "sh":
            answer = next(outputs)
        else:
            last = [line for line in answer.replace("}{", "}\n{").splitlines() if line.strip()][-1]
            assert_shown(json.loads(text), json.loads(last), text[:80])


def test_the_story_tells_all_seven_steps() -> None:
    assert [int(number) for number in re.findall(r"^\*\*(\d) ", README, re.MULTILINE)] == [1, 2, 3, 4, 5, 6, 7]
