"""`afterword mcp` and servers: one that refuses the token, ones that are too old or none, and a token that ends."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from mcp.shared.exceptions import MCPError

from tests.agents.connected import over_stdio
from tests.agents.protocol import agent_token, run
from tests.cli.running import assert_one_line
from tests.cli.test_mcp import run_command
from tests.conftest import World
from tests.served import served

pytestmark = pytest.mark.sqlite
POLL_SECONDS = 0.01


@contextmanager
def answering(status: int, body: str, kind: str) -> Iterator[str]:
    """Run a server that gives every request the same answer; yield its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Write nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,)).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_wrong_token_is_one_line(world: World) -> None:
    with served(world) as (host, port):
        done = run_command("--url", f"http://{host}:{port}", token="awp_" + "x" * 43)
    assert_one_line(done, "the server refuses this token")
    assert "xxx" not in done.stderr


@pytest.mark.parametrize(
    ("status", "body", "kind", "told"),
    [
        pytest.param(404, json.dumps({"code": "not_found"}), "application/problem+json", "too old", id="an-old-server"),
        pytest.param(404, "<h1>Not found</h1>", "text/html", "too old", id="another-server"),
        pytest.param(502, "<h1>Bad gateway</h1>", "text/html", "no Afterword server", id="a-proxy-without-a-server"),
        pytest.param(200, "<h1>Hello</h1>", "text/html", "no Afterword server", id="a-page"),
        pytest.param(200, "{}", "application/json", "too old", id="a-document-of-something-else"),
    ],
)
def test_a_server_that_cannot_be_used_is_one_line(status: int, body: str, kind: str, told: str) -> None:
    with answering(status, body, kind) as url:
        assert_one_line(run_command("--url", url), told)


def test_a_token_that_ends_while_the_command_runs_is_told_to_the_assistant(world: World) -> None:
    secret = agent_token(world.sign_up())

    async def call_before_and_after() -> tuple[bool, str]:
        async with over_stdio(world, secret) as connected:
            before = await connected.call_tool("due", {})
            world.clock.now += timedelta(days=31)
            after = await connected.call_tool("due", {})
            with pytest.raises(MCPError, match="not valid any more"):
                await connected.list_tools(cache_mode="bypass")
            assert after.is_error
            return bool(before.is_error), str(getattr(after.content[0], "text", ""))

    failed_before, told = run(call_before_and_after)
    assert not failed_before
    assert told == "The token is not valid any more. The user can make a new one in the app."
