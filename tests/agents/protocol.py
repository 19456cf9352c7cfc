"""Messages of the protocol as a client sends them, and an application that serves `/mcp` in this process."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx2
from fastapi.testclient import TestClient
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from tests.conftest import World

Found = TypeVar("Found")
MODERN, LEGACY = "2026-07-28", "2025-11-25"
META = "io.modelcontextprotocol/"
ACCEPT = {"Accept": "application/json, text/event-stream"}
URL = "http://localhost/mcp"


def message(method: str, *, version: str = MODERN, **params: Any) -> dict[str, Any]:
    """Return the body of a request. `arguments` and others are the method's own parameters."""
    meta = {
        f"{META}protocolVersion": version,
        f"{META}clientInfo": {"name": "tests", "version": "1"},
        f"{META}clientCapabilities": {},
    }
    own = {**params, "_meta": meta} if version >= MODERN else params
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": own}


def headers(method: str, name: str | None = None, *, version: str = MODERN) -> dict[str, str]:
    """Return the headers that belong to a request."""
    routing = {"Mcp-Method": method, **({"Mcp-Name": name} if name else {})} if version >= MODERN else {}
    return {**ACCEPT, "MCP-Protocol-Version": version, **routing}


def secret_of(client: TestClient) -> str:
    """Return the token of a test's client."""
    return str(client.headers["Authorization"]).removeprefix("Bearer ")


def agent_token(client: TestClient, preset: str = "agent") -> str:
    """Return a new token for assistants of a client's account."""
    answer = client.post("/v1/tokens", json={"name": preset, "preset": preset})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


def run(function: Callable[[], Awaitable[Found]]) -> Found:
    """Run a coroutine function on the event loop of all clients."""
    assert TestClient.portal is not None
    return TestClient.portal.call(function)


@asynccontextmanager
async def running(world: World) -> AsyncIterator[None]:
    """Run an application in this process as its server does, from its start to its end."""
    async with world.app.router.lifespan_context(world.app):
        yield


@asynccontextmanager
async def http_of(world: World, secret: str) -> AsyncIterator[httpx2.AsyncClient]:
    """Open a client of an application in this process."""
    transport = httpx2.ASGITransport(world.app, raise_app_exceptions=False)
    authorization = {"Authorization": f"Bearer {secret}"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost", headers=authorization) as http:
        yield http


@asynccontextmanager
async def over_http(world: World, secret: str, mode: str = "auto", **options: Any) -> AsyncIterator[Client]:
    """Connect the SDK's client to `/mcp`. `mode`: `auto` for this generation of the protocol, `legacy` for the last."""
    async with (
        http_of(world, secret) as http,
        Client(streamable_http_client(URL, http_client=http), mode=mode, **options) as client,
    ):
        yield client
