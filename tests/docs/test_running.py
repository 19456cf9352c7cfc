"""The page on running Afterword names every command and every setting, and no others."""

import re
from pathlib import Path

import typer.main
from click import Group

from api.cli import app
from api.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "running.md").read_text(encoding="utf-8")


def commands(group: Group, prefix: str = "afterword") -> set[str]:
    found: set[str] = set()
    for name, command in group.commands.items():
        inner = getattr(command, "commands", None)
        found |= commands(command, f"{prefix} {name}") if inner else {f"{prefix} {name}"}  # type: ignore[arg-type]
    return found


def test_every_command_is_named() -> None:
    named = {
        re.sub(r" [A-Z]+.*| \[.*", "", text) for text in re.findall(r"^\| `(afterword [^`]*)`", PAGE, re.MULTILINE)
    }
    assert named == commands(typer.main.get_command(app))  # type: ignore[arg-type]


def test_every_setting_is_named() -> None:
    named = set(re.findall(r"^\| `(AFTERWORD_\w+)`", PAGE, re.MULTILINE))
    assert named == {f"AFTERWORD_{name.upper()}" for name in Settings.model_fields}
