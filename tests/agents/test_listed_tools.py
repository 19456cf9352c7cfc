"""Rights at `/mcp`: which tool is listed for which preset, and what is said when another one is called anyway."""

from collections.abc import Callable
from typing import Any

import pytest

from api.agents import catalogue
from tests.agents.protocol import agent_token, headers, http_of, message, run, running
from tests.conftest import World

pytestmark = pytest.mark.sqlite

READS = ("due", "application", "find", "explain_step")
STEPS = ("act_on_step", "log_search")
EVERY = tuple(tool.name for tool in catalogue.TOOLS)
LISTED = {
    "agent_reader": READS,
    "agent_recorder": tuple(name for name in EVERY if name not in STEPS),
    "agent": EVERY,
}


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world(mcp="on", worker="off", agent_calls_per_minute=0)


@pytest.mark.parametrize("preset", LISTED)
def test_each_tool_for_each_preset(world: World, preset: str) -> None:
    secret = agent_token(world.sign_up(), preset)

    async def ask() -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        async with running(world), http_of(world, secret) as http:
            listed = await http.post("/mcp", json=message("tools/list"), headers=headers("tools/list"))
            called = {}
            for name in EVERY:
                body = message("tools/call", name=name, arguments={})
                answer = await http.post("/mcp", json=body, headers=headers("tools/call", name))
                assert answer.status_code == 200
                called[name] = answer.json()["result"]
            return listed.json()["result"], called

    found, called = run(ask)
    assert tuple(tool["name"] for tool in found["tools"]) == LISTED[preset]
    assert (found["ttlMs"], found["cacheScope"]) == (3_600_000, "private")
    hints = [tool["annotations"]["readOnlyHint"] for tool in found["tools"]]
    assert all(hints) == (preset == "agent_reader")
    for name, result in called.items():
        text = result["content"][0]["text"]
        assert text.startswith("This token may not do that (") == (name not in LISTED[preset]), (name, text)
        if name not in LISTED[preset]:
            assert result["isError"] is True
            assert "with the preset `agent" in text
