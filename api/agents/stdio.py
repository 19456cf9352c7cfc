"""The tools on standard input and output, for clients that start a program: each call goes to a server by HTTP."""

from uuid import uuid4

import anyio
import httpx2
from mcp.server.stdio import stdio_server

from api import __version__
from api.agents import problems
from api.agents.client import Api, Current
from api.agents.problems import Problem
from api.agents.server import Asker, Context, FindAsker, build

SECONDS = 30.0
TOO_OLD = "the server at this address is too old for this command: update it, or use the version that it has."
NOT_REACHED = "no Afterword server answers there: start one with `afterword serve`, or name its address with --url."


class NotServedError(Exception):
    """The tools cannot be served; the message says what to do."""


def serve(url: str, secret: str) -> None:
    """Serve until standard input ends. Raises NotServedError if the server does not answer or refuses the token."""
    anyio.run(_serve, url, secret)


async def _serve(url: str, secret: str) -> None:
    timeout = httpx2.Timeout(SECONDS)
    headers = {"User-Agent": f"afterword-mcp/{__version__}"}
    async with httpx2.AsyncClient(base_url=url, timeout=timeout, headers=headers) as http:
        await _check(http, secret)
        server = build(_asker_of(http, secret))
        async with stdio_server() as (read_stream, write_stream):
            await server.run(read_stream, write_stream, server.create_initialization_options())


async def _check(http: httpx2.AsyncClient, secret: str) -> None:
    """Raise NotServedError if the server cannot be used, before a client shows tools that all fail."""
    try:
        await _current(http, secret, _new_id())
    except Problem as problem:
        raise NotServedError(_remedy(problem)) from problem
    except (KeyError, TypeError, ValueError) as error:  # the answer has other fields
        raise NotServedError(TOO_OLD) from error


def _remedy(problem: Problem) -> str:
    match problem.status:
        case 404:
            return TOO_OLD
        case 401:
            return "the server refuses this token: make a new one with `afterword token issue` or in the app."
    is_ours = "type" in problem.document
    return problems.sentence(problem) if is_ours else NOT_REACHED


def _asker_of(http: httpx2.AsyncClient, secret: str) -> FindAsker:
    async def find(_context: Context) -> Asker:
        request_id = _new_id()
        return Asker(http=http, secret=secret, request_id=request_id, current=await _current(http, secret, request_id))

    return find


async def _current(http: httpx2.AsyncClient, secret: str, request_id: str) -> Current:
    return await Api(http, secret, request_id=f"{request_id}.0").current()


def _new_id() -> str:
    return str(uuid4())
