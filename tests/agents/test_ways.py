"""Each way to reach the tools gives the same tools, prompts, resources and answers, and the seven steps get done."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mcp.client import Client
from mcp.shared.exceptions import MCPError

from tests.agents.connected import MODES, WAYS
from tests.agents.protocol import LEGACY, MODERN, agent_token, run, running
from tests.agents.story import tell
from tests.conftest import World
from tests.http.api_client import application, items

pytestmark = pytest.mark.sqlite

ALL_WAYS = [pytest.param(way, mode, id=f"{way}-{mode}") for way in WAYS for mode in MODES]


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world(mcp="on", worker="off")


@asynccontextmanager
async def connected_by(way: str, world: World, secret: str, mode: str) -> AsyncIterator[Client]:
    """Connect, and run the application where the way itself starts no server."""
    if way == "stdio":
        async with WAYS[way](world, secret, mode) as client:
            yield client
    else:
        async with running(world), WAYS[way](world, secret, mode) as client:
            yield client


async def look_around(client: Client, application_id: str) -> list[str]:
    """Use each method once; return what it answered."""
    tools = await client.list_tools()
    prompts = await client.list_prompts()
    resources = await client.list_resources()
    templates = await client.list_resource_templates()
    due = await client.call_tool("due", {})
    wrong = await client.call_tool("due", {"limt": 3})
    picture = await client.read_resource(f"afterword://applications/{application_id}")
    prompt = await client.get_prompt("before_the_call", {"application_id": application_id})
    assert due.structured_content is not None
    assert not due.is_error
    assert wrong.is_error
    assert wrong.structured_content is None
    with pytest.raises(MCPError):
        await client.read_resource("afterword://nothing")
    return [
        *(tool.name for tool in tools.tools),
        *(one.name for one in prompts.prompts),
        *(one.uri for one in resources.resources),
        *(one.uri_template for one in templates.resource_templates),
        *(getattr(part, "text", "") for part in (*due.content, *wrong.content)),
        getattr(picture.contents[0], "text", ""),
        getattr(prompt.messages[0].content, "text", ""),
    ]


@pytest.mark.parametrize(("way", "mode"), ALL_WAYS)
def test_each_way_gives_the_same(world: World, way: str, mode: str) -> None:
    client = world.sign_up()
    application_id = application(client, company="Larkfield").rpartition("/")[2]
    secret = agent_token(client)

    async def compare() -> None:
        async with connected_by(way, world, secret, mode) as connected:
            found = await look_around(connected, application_id)
            version = connected.protocol_version
        assert version == (MODERN if mode == "auto" else LEGACY)
        assert len(found) == 15 + 3 + 1 + 5 + 2 + 2
        assert found[0] == "due"
        assert any("⟦Larkfield⟧" in text for text in found)

    run(compare)


@pytest.mark.parametrize(("way", "mode"), ALL_WAYS)
def test_the_seven_steps_are_told_in_ten_calls(world: World, way: str, mode: str) -> None:
    client = world.sign_up()
    secret, names = agent_token(client), []

    async def tell_it() -> dict[str, Any]:
        async with connected_by(way, world, secret, mode) as connected:

            async def call(tool: str, /, **arguments: Any) -> dict[str, Any]:
                names.append(tool)
                result = await connected.call_tool(tool, arguments)
                assert not result.is_error, result.content
                assert result.structured_content is not None
                return dict(result.structured_content)

            return await tell(call)

    picture = run(tell_it)
    assert len(names) == 10
    done = {step["step"] for step in picture["steps"] if step["state"] in ("done", "done_late")}
    assert done == {1, 2, 3, 4, 5, 6}
    (looking,) = [step for step in picture["steps"] if step["step"] == 7]
    assert looking["due"].startswith("the end of Sun 7 Jun 2026")
    activity = items(client, "/v1/me/activity", agent="true")
    assert {line["tool"] for line in activity} == {*names} - {"application"}
