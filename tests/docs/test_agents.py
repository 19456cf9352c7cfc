"""The page on assistants: its tools, presets, configurations and options are those that there are."""

import json
import re
from pathlib import Path

import pytest
import typer.main

from api.commands import mcp
from api.protocol.scopes import PRESETS
from api.settings import Settings
from tests.docs.shown import blocks

pytest.importorskip("mcp", reason='pip install "afterword[mcp]"')

from api.agents import catalogue, prompts  # they need the extra

PAGE = (Path(__file__).parents[2] / "docs" / "agents.md").read_text(encoding="utf-8")


def test_every_tool_and_prompt_is_named_in_the_order_of_the_list() -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \|", PAGE.partition("## What it can do")[2], re.MULTILINE)
    assert rows[: len(catalogue.TOOLS)] == [tool.name for tool in catalogue.TOOLS]
    assert all(f"`{name}`" in PAGE for name in prompts.PROMPTS)


def test_every_preset_is_named_with_the_number_of_its_tools() -> None:
    rows = re.findall(r"^\| `(agent\w*)` \|.*\| (\d+) \|$", PAGE, re.MULTILINE)
    assert {name: int(number) for name, number in rows} == {
        name: len(catalogue.listed(scopes)) for name, scopes in PRESETS.items()
    }


def test_the_configurations_are_json_and_start_the_command_with_options_that_it_has() -> None:
    configurations = [json.loads(block) for _, block in blocks(PAGE, "json")]
    assert len(configurations) == 4
    options = {option for one in typer.main.get_command(mcp.app).params for option in one.opts}
    for configuration in configurations:
        (server,) = (configuration.get("mcpServers") or configuration["servers"]).values()
        if "command" in server:
            assert server["args"][0] == "mcp"
            assert {word for word in server["args"] if word.startswith("--")} <= options
        else:
            assert server["url"].endswith("/mcp")
            assert server["headers"]["Authorization"].startswith("Bearer $")


def test_the_limits_are_the_defaults() -> None:
    fields = Settings.model_fields
    assert f"call {fields['agent_calls_per_minute'].default} tools a minute" in PAGE
    assert f"write {fields['agent_writes_per_day'].default} times a day" in PAGE
