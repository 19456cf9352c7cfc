"""What the tools for assistants cost: bytes of their descriptions and answers, the way round, start and memory.

`python -m benchmarks.agents [--tokenizer FOLDER]`. Without a tokenizer, tokens are not counted: bytes are what the
tests limit. FOLDER is that of the npm package gpt-tokenizer, which counts as o200k does; it needs Node.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

import httpx2
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from api import demo
from api.agents import catalogue
from api.clock import wall_clock
from api.main import create_app
from api.settings import Settings

CALLS = 200
STARTS = 3
COUNT = "const { encode } = await import(process.argv[1] + '/esm/encoding/o200k_base.js');"
COUNT += "let text = ''; for await (const part of process.stdin) text += part;"
COUNT += "console.log(JSON.stringify(JSON.parse(text).map((one) => encode(one).length)));"
MEASURED = "import sys, time; began = time.perf_counter(); {code}; took = time.perf_counter() - began; "
MEASURED += "peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1]; "
MEASURED += "print(took, int(peak) / 1024, len(sys.modules))"
PROCESSES = {
    "server without tools": ("import api.main; api.main.create_app()", "off"),
    "server with tools": ("import api.main; api.main.create_app()", "on"),
    "afterword mcp": ("import api.commands.mcp, api.agents.stdio", "off"),
}


def compact(value: object) -> str:
    """Return JSON as it is sent."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def tools_as_seen(scopes: list[str]) -> str:
    """Return the tools as a model sees them: names, descriptions and the schemas of their arguments."""
    return compact(
        [
            {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}
            for tool in catalogue.listed(scopes)
        ]
    )


def tokens(texts: list[str], tokenizer: str | None) -> list[str]:
    """Return the number of tokens of each text, or a dash."""
    if tokenizer is None:
        return ["–"] * len(texts)
    command = ["node", "--input-type=module", "-e", COUNT, str(Path(tokenizer).resolve())]
    told = subprocess.run(command, input=compact(texts), capture_output=True, text=True, check=True).stdout
    return [str(number) for number in json.loads(told)]


async def answers(client: Client) -> dict[str, str]:
    """Return typical answers as text and as structure."""
    found: dict[str, str] = {}

    async def call(name: str, **arguments: object) -> dict[str, object]:
        result = await client.call_tool(name, arguments)
        structure = result.structured_content or {}
        found[f"{name}, text"] = "\n".join(getattr(part, "text", "") for part in result.content)
        found[f"{name}, structure"] = compact(structure)
        return structure

    listed = await client.list_tools(cache_mode="bypass")
    found["tools/list, whole"] = compact(
        [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in listed.tools]
    )
    due = await call("due")
    first = next(item for item in due["items"] if item.get("application_id"))  # type: ignore[attr-defined]  # JSON
    await call("application", application_id=first["application_id"])
    await call("explain_step", step_id=first["step_id"])
    await call("find", words="Larkfield")
    return found


async def timed(what: Callable[[], Awaitable[object]]) -> float:
    """Return the median of the milliseconds of many calls."""
    times = []
    for _ in range(CALLS):
        began = time.perf_counter()
        await what()
        times.append((time.perf_counter() - began) * 1000)
    return median(times)


async def measure(folder: str) -> tuple[dict[str, str], dict[str, float]]:
    """Serve the demo account in this process; return answers and milliseconds."""
    app = create_app(
        Settings(database_url=f"sqlite:///{folder}/demo.db", mcp="on", worker="off", agent_calls_per_minute=0)
    )
    app.state.database.migrate()
    secret = demo.build(app.state.database, wall_clock().replace(microsecond=0))
    headers = {"Authorization": f"Bearer {secret}"}
    transport = httpx2.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as http,
    ):
        took = {"GET /v1/queue": await timed(lambda: http.get("/v1/queue?state=overdue,open&limit=10"))}
        for mode in ("auto", "legacy"):
            async with Client(streamable_http_client("http://localhost/mcp", http_client=http), mode=mode) as client:
                took[f"due, {client.protocol_version}"] = await timed(lambda: client.call_tool("due", {}))
                found = await answers(client)
    return found, took


def process(code: str, mcp: str) -> tuple[float, float, float]:
    """Return seconds, MiB and modules of a process that only imports and builds."""
    command = [sys.executable, "-c", MEASURED.format(code=code)]
    environment = {**os.environ, "AFTERWORD_MCP": mcp, "AFTERWORD_DATABASE_URL": "sqlite:////none"}
    runs = [subprocess.run(command, capture_output=True, text=True, check=True, env=environment) for _ in range(STARTS)]
    seconds, size, modules = zip(*(map(float, run.stdout.split()) for run in runs), strict=True)
    return median(seconds), median(size), median(modules)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokenizer", help="the folder of the npm package gpt-tokenizer")
    tokenizer = parser.parse_args().tokenizer
    with tempfile.TemporaryDirectory() as folder:
        found, took = asyncio.run(measure(folder))
    texts = {
        "15 tools as a model sees them": tools_as_seen(["all"]),
        "tools of a token that reads": tools_as_seen(["applications:read", "contacts:read", "steps:read"]),
        "instructions": catalogue.INSTRUCTIONS,
        **found,
    }
    print(f"{'what':36}{'bytes':>8}{'tokens':>8}")
    for (name, text), number in zip(texts.items(), tokens(list(texts.values()), tokenizer), strict=True):
        print(f"{name:36}{len(text.encode()):>8,}{number:>8}")
    print()
    for name, milliseconds in took.items():
        print(f"{name:36}{milliseconds:>8.2f} ms")
    print()
    for name, (code, mcp) in PROCESSES.items():
        seconds, size, modules = process(code, mcp)
        print(f"{name:36}{seconds:>8.2f} s{size:>8.0f} MiB{modules:>8.0f} modules")


if __name__ == "__main__":
    main()
