"""The tools as programs of others see them: the TypeScript client, the inspector and the protocol's conformance suite.

Most scenarios of the suite call tools of a server that is made for it; these are those that hold for every server, but
for `dns-rebinding-protection`, which is for servers without authentication: a page that was led here has no token. The
suite cannot send a token, so the application adds one. It and the inspector need Node 22, which is a package too.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.agents.protocol import LEGACY, MODERN, agent_token
from tests.conftest import World
from tests.npm import PACKAGES, ROOT, needs, run
from tests.served import served

TYPESCRIPT, CONFORMANCE, INSPECTOR = (
    f"@modelcontextprotocol/{name}" for name in ("client", "conformance", "inspector")
)
SUITE = PACKAGES / CONFORMANCE / "dist" / "index.js"
INSPECT = PACKAGES / INSPECTOR / "clients" / "launcher" / "build" / "index.js"
NODE_22 = PACKAGES / "node" / "bin" / "node"
SCENARIOS = (
    "server-initialize",
    "ping",
    "tools-list",
    "resources-list",
    "prompts-list",
)

pytestmark = [pytest.mark.node, pytest.mark.sqlite]


class WithToken:
    """Middleware that adds a token to each request without one."""

    def __init__(self, app: ASGIApp, *, secret: str) -> None:
        self.app = app
        self.header = (b"authorization", f"Bearer {secret}".encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.header[0] not in dict(scope["headers"]):
            scope = {**scope, "headers": [*scope["headers"], self.header]}
        await self.app(scope, receive, send)


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world(mcp="on", worker="off")


@needs(TYPESCRIPT)
@pytest.mark.parametrize(("mode", "version"), [("auto", MODERN), ("legacy", LEGACY)])
def test_the_typescript_client_uses_the_tools_over_stdio(world: World, mode: str, version: str) -> None:
    secret = agent_token(world.sign_up())
    script = str(Path(__file__).with_name("typescript_client.mjs"))
    with served(world) as (host, port):
        command = (sys.executable, "-m", "api", "mcp", "--url", f"http://{host}:{port}")
        folder = str(PACKAGES / TYPESCRIPT)
        told = run("node", script, folder, mode, *command, AFTERWORD_TOKEN=secret, PYTHONPATH=str(ROOT))
    found = json.loads(told)
    assert found["version"] == version
    assert found["instructions"].startswith("Afterword keeps")
    assert len(found["tools"]) == 15
    assert len(found["prompts"]) == 3
    assert found["resources"] == ["afterword://guide"]
    assert found["due"]["items"] == []
    assert found["wrong"] is True
    assert found["guide"].startswith("## 1. ")


@needs(CONFORMANCE, "node/bin/node")
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_scenarios_of_the_suite_that_hold_for_every_server(world: World, scenario: str, tmp_path: Path) -> None:
    client = world.sign_up()
    secret = agent_token(client)
    world.app.middleware_stack = None  # it was built for the client's requests
    world.app.add_middleware(WithToken, secret=secret)
    with served(world) as (host, port):
        url = f"http://{host}:{port}/mcp"
        told = run(str(NODE_22), str(SUITE), "server", "--url", url, "--scenario", scenario, cwd=tmp_path)
    assert "0 failed" in told, told


@needs(INSPECTOR, "node/bin/node")
def test_the_inspector_lists_and_calls_tools(world: World, tmp_path: Path) -> None:
    sent = f"Authorization: Bearer {agent_token(world.sign_up())}"
    with served(world) as (host, port):
        url = f"http://{host}:{port}/mcp"
        inspect = (str(NODE_22), str(INSPECT), "--cli", url, "--transport", "http", "--header", sent, "--method")
        tools = json.loads(run(*inspect, "tools/list", cwd=tmp_path, HOME=str(tmp_path)))["tools"]
        due = json.loads(run(*inspect, "tools/call", "--tool-name", "due", cwd=tmp_path, HOME=str(tmp_path)))
    assert len(tools) == 15
    assert due["structuredContent"]["items"] == []
