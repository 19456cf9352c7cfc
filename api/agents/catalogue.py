"""The fifteen tools with their schemas, and the instructions that a client gives to its model."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from api.protocol.scopes import ALL, WRITES, missing_scopes

Schema = dict[str, object]
UNDO = "undo"


@dataclass(frozen=True)
class Tool:
    """A tool: its words, the scopes that it needs, and the schemas of its arguments and of its structured answer."""

    name: str
    title: str
    description: str
    scopes: tuple[str, ...]
    input_schema: Schema
    output_schema: Schema
    annotations: Mapping[str, bool]


def _read() -> tuple[str, tuple[Tool, ...]]:
    document = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
    tools = (Tool(**{**one, "scopes": tuple(one["scopes"])}) for one in document["tools"])
    return str(document["instructions"]), tuple(tools)


INSTRUCTIONS, TOOLS = _read()
BY_NAME: Mapping[str, Tool] = {tool.name: tool for tool in TOOLS}


def lacking(tool: Tool, scopes: Collection[str]) -> list[str]:
    """Return the scopes that a token lacks for a tool. `undo` needs any scope that writes."""
    if tool.name != UNDO:
        return missing_scopes(tool.scopes, scopes)
    return [] if {ALL, *WRITES} & set(scopes) else list(tool.scopes)


def listed(scopes: Collection[str]) -> list[Tool]:
    """Return the tools whose scopes a token has, in the order of the catalogue."""
    return [tool for tool in TOOLS if not lacking(tool, scopes)]
