"""Six ways to reach the tools: three transports, each with this generation of the protocol and with the last one."""

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from mcp.client import Client
from mcp.client.stdio import StdioServerParameters

from api.agents.client import Api
from api.agents.server import Asker, Context, build
from tests.agents.protocol import http_of, over_http
from tests.conftest import World
from tests.npm import ROOT
from tests.served import served

Way = Callable[..., AbstractAsyncContextManager[Client]]


@asynccontextmanager
async def in_memory(world: World, secret: str, mode: str = "auto", **options: Any) -> AsyncIterator[Client]:
    """Connect a client to the server's handlers without any transport."""
    async with http_of(world, secret) as http:

        async def find(_context: Context) -> Asker:
            current = await Api(http, secret, request_id="tests.0").current()
            return Asker(http=http, secret=secret, request_id="tests", current=current)

        async with Client(build(find), mode=mode, **options) as client:
            yield client


@asynccontextmanager
async def over_stdio(world: World, secret: str, mode: str = "auto", **options: Any) -> AsyncIterator[Client]:
    """Start `afterword mcp` and connect to it; it uses a real server of the world."""
    with served(world) as (host, port):
        command = StdioServerParameters(
            command=sys.executable,
            args=["-W", "error", "-m", "api", "mcp", "--url", f"http://{host}:{port}"],
            env={"AFTERWORD_TOKEN": secret, "PYTHONPATH": str(ROOT)},
            cwd=str(ROOT),
        )
        async with Client(command, mode=mode, **options) as client:
            yield client


WAYS: dict[str, Way] = {"memory": in_memory, "http": over_http, "stdio": over_stdio}
MODES = ("auto", "legacy")
