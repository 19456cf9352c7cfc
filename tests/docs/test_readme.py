"""The README: short, and what it shows and names is there."""

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.docs.shown import ADDRESS, Demo, assert_shown, bash, blocks, started_demo

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENT: dict[str, Any] = json.loads((ROOT / "openapi" / "openapi.json").read_text(encoding="utf-8"))
FAMILIES = re.findall(r"^\| ([\w-]+) \| `(/v1/[^`]+)` \|", README, re.MULTILINE)
SECRET = re.compile(r"awp_\w+")
QUEUED = re.compile(r"^Queue:.*?(?=\nStop)", re.MULTILINE | re.DOTALL)  # how many are open depends on the hour
DATES = re.compile(r"\d{4}-\d\d-\d\dT[\d:]+Z|\w{3} \d{1,2} \w{3} \d{4} \(E[SD]T\)")


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 150


def test_the_demo_prints_and_answers_what_is_shown() -> None:
    [(_, printed)], [(_, shown)] = blocks(README, "text"), blocks(README, "json")
    with started_demo() as (address, lines):
        command = shlex.split(lines[2].removeprefix("Try:"))
        answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout
    told = SECRET.sub("awp_…", "\n".join(lines)).replace(address, ADDRESS)
    assert QUEUED.sub("<row>", told) == QUEUED.sub("<row>", printed.rstrip("\n"))
    first = json.loads(DATES.sub("<date>", answer))["items"][0]
    assert_shown(json.loads(DATES.sub("<date>", shown)), first, "queue")


def test_the_first_calls_print_the_seven_steps_also_a_second_time(running: Demo) -> None:
    [(_, script)] = blocks(README, "sh")
    assert len(script.splitlines()) <= 20
    for _ in range(2):
        done = bash(script.replace(ADDRESS, running[0]))
        assert (done.returncode, done.stderr) == (0, "")
        lines = done.stdout.splitlines()
        assert [line.split()[0] for line in lines] == ["1", "2", "3", "4", "5", "6", "7"]
        shown = re.search(r"such as `([^`]+)`", README)
        assert shown
        assert shown[1] in lines


@pytest.mark.parametrize("path", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda one: one.name)
def test_blocks_for_the_shell_also_work_in_zsh(path: Path) -> None:
    """In zsh, `echo` replaces `\\n` in JSON, an unquoted `?` is a pattern, and a pasted comment is a command."""
    for _, script in blocks(path.read_text(encoding="utf-8"), "sh"):
        assert 'echo "$' not in script
        assert not re.search(r"^#|\s# ", script, re.MULTILINE)
        assert not re.search(r"(?<=\s)(\$API|https?:)[^\s\"']*[?]", script), script


def test_every_make_command_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"`make ([\w-]+)`", README))
    assert {"demo", "test"} <= named <= set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))


def test_every_family_of_the_document_is_in_the_table_with_an_address_of_its_own() -> None:
    assert sorted(name for name, _ in FAMILIES) == sorted(tag["name"] for tag in DOCUMENT["tags"])
    for name, address in FAMILIES:
        operations = DOCUMENT["paths"][address]
        assert any(name in operation["tags"] for operation in operations.values() if "tags" in operation), address
