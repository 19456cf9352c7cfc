"""A tool is refused, and nothing is asked of the API, without all of its scopes."""

import pytest
from fastapi.testclient import TestClient

from api.agents.catalogue import TOOLS, listed
from api.protocol.scopes import PRESETS, WRITES
from tests.agents.account import interviewed_by
from tests.agents.assistant import Assistant
from tests.agents.rows import everything
from tests.agents.writes import account
from tests.conftest import World
from tests.http.api_client import UNKNOWN

pytestmark = pytest.mark.sqlite

READING = {
    "due": {},
    "application": {"application_id": UNKNOWN},
    "find": {"words": "larkfield"},
    "explain_step": {"step_id": UNKNOWN},
    "undo": {},
}


@pytest.mark.parametrize("preset", PRESETS)
def test_what_a_preset_does_not_list_is_refused_when_called_anyway(
    world: World, client: TestClient, preset: str
) -> None:
    calls = {call.tool: call.arguments for call in account(Assistant.of(world, client)).values()} | READING
    token = Assistant.of(world, client, preset)
    names = {tool.name for tool in listed(PRESETS[preset])}
    token.data("due")
    before = everything(world)
    for tool in TOOLS:
        if tool.name not in names:
            said = token.refusal(tool.name, **calls[tool.name])
            assert said.startswith("This token may not do that (")
            assert "preset `agent" in said
    assert everything(world) == before


@pytest.mark.parametrize("scope", [*WRITES, "steps:read", "applications:read", "contacts:read"])
def test_one_scope_is_enough_only_for_tools_that_need_no_other(world: World, client: TestClient, scope: str) -> None:
    calls = {call.tool: call.arguments for call in account(Assistant.of(world, client)).values()} | READING
    token = Assistant.with_scopes(world, client, scope)
    names = {tool.name for tool in listed([scope])}
    for tool in TOOLS:
        answer = token.call(tool.name, agreed=True, **calls[tool.name])
        assert ("may not do that" in answer.text) is (tool.name not in names), tool.name


def test_the_refusal_names_the_scope_and_the_preset(world: World, client: TestClient) -> None:
    recorder = Assistant.of(world, client, "agent_recorder")
    assert recorder.refusal("log_search", kind="event") == (
        "This token may not do that (steps:write). The user can make one with the preset `agent`."
    )


def test_a_tool_that_is_none(assistant: Assistant) -> None:
    interviewed_by(assistant.client)
    assert assistant.refusal("delete_everything").startswith("There is no such tool; use due, application, find")
