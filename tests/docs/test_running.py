"""The page on running Afterword names every command and every setting, and no others."""

import re
from pathlib import Path

from api.cli import COMMANDS, command_named
from api.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "running.md").read_text(encoding="utf-8")


def commands() -> set[str]:
    found: set[str] = set()
    for name in COMMANDS:
        inner = getattr(command_named(name), "commands", None)
        found |= {f"afterword {name} {one}" for one in inner} if inner else {f"afterword {name}"}
    return found


def test_every_command_is_named() -> None:
    named = {
        re.sub(r" [A-Z]+.*| \[.*", "", text) for text in re.findall(r"^\| `(afterword [^`]*)`", PAGE, re.MULTILINE)
    }
    assert named == commands()


def test_every_setting_is_named() -> None:
    named = set(re.findall(r"^\| `(AFTERWORD_\w+)`", PAGE, re.MULTILINE))
    assert named == {f"AFTERWORD_{name.upper()}" for name in Settings.model_fields}
