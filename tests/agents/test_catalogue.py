"""The fifteen tools: valid schemas that every host takes, small enough, and with the values of the API."""

import json
import re
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types of its own

from api.agents.catalogue import BY_NAME, INSTRUCTIONS, TOOLS, Tool, listed
from api.agents.handlers.calls import HANDLERS
from api.agents.handlers.undo import NOUNS
from api.models.agent_write import WrittenType
from api.models.application import Stage
from api.models.composed_letter import ComposeLetter
from api.models.follow_up import Direction, FollowUpChannel, Outcome
from api.models.interview import InterviewKind, InterviewStatus
from api.models.letter import Channel
from api.models.reference import AlertChannel
from api.models.search_activity import ActivityKind
from api.protocol.scopes import PRESETS, SCOPES

pytestmark = pytest.mark.sqlite

READERS = ["due", "application", "find", "explain_step"]
RECORDERS = [
    *READERS,
    "save_application",
    "record_interview",
    "record_debrief",
    "save_contact",
    "log_contact_made",
    "draft_letter",
    "mark_letter_sent",
    "brief_reference",
]
ALL = [*RECORDERS, "act_on_step", "log_search", "undo"]
UNWANTED = {"$ref", "$defs", "anyOf", "oneOf", "allOf", "not", "if", "format", "pattern"}
FOUR_HINTS = {"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"}
OVERWRITING = {"save_application", "record_interview", "save_contact", "draft_letter", "mark_letter_sent", "undo"}


def nodes(schema: Any) -> list[Any]:
    """Return a schema with all schemas in it."""
    inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else []
    return [schema, *(node for one in inner for node in nodes(one))]


def as_listed(tool: Tool, *, whole: bool) -> dict[str, Any]:
    """Return a tool as `tools/list` has it; a model sees only a part of it."""
    seen = {"name": tool.name, "description": tool.description, "inputSchema": tool.input_schema}
    rest = {"title": tool.title, "annotations": dict(tool.annotations), "outputSchema": tool.output_schema}
    return {**seen, **rest} if whole else seen


def size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def test_there_are_fifteen_tools_in_this_order() -> None:
    assert [tool.name for tool in TOOLS] == ALL
    assert list(HANDLERS) == ALL
    assert all(re.fullmatch("[a-z_]{2,32}", name) for name in ALL)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_schemas_are_valid_and_flat(tool: Tool) -> None:
    for schema in (tool.input_schema, tool.output_schema):
        Draft202012Validator.check_schema(schema)
        found = [node for node in nodes(schema) if isinstance(node, dict)]
        assert [node for node in found if UNWANTED & {key for key in node if key != "not"}] == []
        assert "null" not in json.dumps(schema)
        for node in found:
            properties = node.get("properties")
            if isinstance(properties, dict):
                assert all("type" in one for one in properties.values())
    assert [node for node in nodes(tool.input_schema) if isinstance(node, dict) and "properties" in node] == [
        node
        for node in nodes(tool.input_schema)
        if isinstance(node, dict) and "properties" in node and node.get("additionalProperties") is False
    ]


def test_the_catalogue_keeps_its_budget() -> None:
    assert sum(size(as_listed(tool, whole=False)) for tool in TOOLS) <= 14_000
    assert sum(size(as_listed(tool, whole=True)) for tool in TOOLS) <= 20_500
    readers = [tool for tool in TOOLS if tool.name in READERS]
    assert sum(size(as_listed(tool, whole=False)) for tool in readers) <= 2_500
    assert all(len(tool.description) <= 230 for tool in TOOLS)
    assert len(INSTRUCTIONS) <= 1_100


def test_each_preset_lists_what_it_may_call() -> None:
    names = {preset: [tool.name for tool in listed(scopes)] for preset, scopes in PRESETS.items()}
    assert names == {"agent_reader": READERS, "agent_recorder": [*RECORDERS, "undo"], "agent": ALL}
    assert listed(()) == []
    assert [tool.name for tool in listed(["steps:write"])] == ["due", "act_on_step", "log_search", "undo"]
    assert all(set(tool.scopes) <= set(SCOPES) for tool in TOOLS)


def test_annotations_are_true() -> None:
    for tool in TOOLS:
        hints = dict(tool.annotations)
        assert hints["openWorldHint"] is False
        assert hints["readOnlyHint"] is (tool.name in READERS)
        if tool.name not in READERS:
            assert set(hints) == FOUR_HINTS
            assert hints["destructiveHint"] is (tool.name in OVERWRITING)
            assert hints["idempotentHint"] is (tool.name in ("act_on_step", "undo"))


def test_whoever_overwrites_says_so_and_every_write_can_be_tried() -> None:
    for tool in TOOLS:
        properties = tool.input_schema["properties"]
        assert isinstance(properties, dict)
        assert ("dry_run" in properties) is (tool.name not in READERS)
        assert ("replace" in properties) is (tool.name in OVERWRITING - {"undo"})
    needing = {tool.name for tool in TOOLS if "confirm" in str(tool.input_schema)}
    assert needing == {"save_application", "record_interview", "save_contact", "undo"}


def enum_of(tool: str, *place: str) -> list[str]:
    schema: Any = BY_NAME[tool].input_schema
    for part in place:
        schema = schema["properties"][part]
    return list(schema["enum"])


def test_enums_are_those_of_the_api() -> None:
    compose = ComposeLetter.model_json_schema()
    purposes = compose["properties"]["kind"]["enum"]
    tones = compose["properties"]["tone"]["enum"]
    assert enum_of("save_application", "stage") == [one.value for one in Stage]
    assert enum_of("record_interview", "kind") == [one.value for one in InterviewKind]
    assert enum_of("record_interview", "status") == [one.value for one in InterviewStatus]
    assert enum_of("log_contact_made", "direction") == [one.value for one in Direction]
    assert enum_of("log_contact_made", "channel") == [one.value for one in FollowUpChannel]
    assert enum_of("log_contact_made", "outcome") == [one.value for one in Outcome]
    assert enum_of("draft_letter", "kind") == purposes
    assert enum_of("draft_letter", "tone") == tones
    assert enum_of("mark_letter_sent", "channel") == [one.value for one in Channel]
    assert enum_of("brief_reference", "channel") == [one.value for one in AlertChannel]
    assert enum_of("log_search", "kind") == [one.value for one in ActivityKind]
    assert enum_of("act_on_step", "action") == ["complete", "skip", "reopen", "snooze", "unsnooze"]


def test_no_poetry() -> None:
    words = json.dumps([as_listed(tool, whole=True) for tool in TOOLS], ensure_ascii=False) + INSTRUCTIONS
    assert not re.search(r"\b(ring|rang|rung)\b", words, re.IGNORECASE)


def test_every_row_that_a_write_can_change_has_a_word() -> None:
    assert set(NOUNS) == set(get_args(WrittenType))
