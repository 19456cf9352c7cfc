"""The protocol side of the tools: what a client may list, call, read and be asked.

The server keeps nothing between two requests. For each one it is told who asks, and lists and calls only what that
token may use.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import httpx2
import mcp_types as types
from mcp.server.caching import CacheHint
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from api import __version__
from api.agents import catalogue, confirmations, problems, prompts, resources
from api.agents.client import Api, Current
from api.agents.confirmations import NeedsYes
from api.agents.handlers import calls
from api.agents.problems import Problem, Refusal
from api.agents.render import Answer, refused

Context = ServerRequestContext[dict[str, object], object]
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
log = logging.getLogger("afterword.agents")
HOUR_MS = 3_600_000
CONFIRM, YES = "confirm", "yes"
FORM: dict[str, object] = {
    "type": "object",
    "properties": {YES: {"type": "boolean", "title": "Yes, do this"}},
    "required": [YES],
}


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Who sent a request, and how the requests that follow from it reach the REST API.

    `take_call`: count a tool call; returns how many seconds to wait if none is left.
    """

    http: httpx2.AsyncClient
    secret: str
    request_id: str
    current: Current
    take_call: Callable[[], int | None] = lambda: None

    def api(self, tool: str | None = None) -> Api:
        """Return the REST API as this token sees it."""
        return Api(self.http, self.secret, request_id=self.request_id, tool=tool)


FindAsker = Callable[[Context], Awaitable[Asker]]


def build(find_asker: FindAsker) -> Server[dict[str, object]]:
    """Return the server. `find_asker` tells who sent a request, and raises Problem if the token is not valid."""
    endpoints = Endpoints(find_asker)
    server: Server[dict[str, object]] = Server(
        "afterword",
        version=__version__,
        title="Afterword",
        instructions=catalogue.INSTRUCTIONS,
        cache_hints={"server/discover": CacheHint(HOUR_MS, "private")},
        get_tool_input_schema=_SCHEMAS.get,
        on_list_tools=endpoints.list_tools,
        on_call_tool=endpoints.call_tool,
        on_list_prompts=endpoints.list_prompts,
        on_get_prompt=endpoints.get_prompt,
        on_list_resources=endpoints.list_resources,
        on_list_resource_templates=endpoints.list_resource_templates,
        on_read_resource=endpoints.read_resource,
    )
    server.middleware.clear()  # spans would contain the names that clients send
    return server


_TOOLS = {
    tool.name: types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input_schema,
        output_schema=tool.output_schema,
        annotations=types.ToolAnnotations.model_validate(tool.annotations),
    )
    for tool in catalogue.TOOLS
}
_SCHEMAS = {name: tool.input_schema for name, tool in _TOOLS.items()}


class Endpoints:
    """The handlers of the protocol's methods. What they raise never contains input, and no trace leaves the server."""

    def __init__(self, find_asker: FindAsker) -> None:
        self._find_asker = find_asker

    async def _asker(self, context: Context) -> Asker:
        try:
            return await self._find_asker(context)
        except Problem as problem:
            raise MCPError(types.INVALID_REQUEST, problems.sentence(problem)) from problem

    async def list_tools(self, context: Context, _params: object) -> types.ListToolsResult:
        """List the tools whose scopes the token has, in the order of the catalogue."""
        asker = await self._asker(context)
        tools = [_TOOLS[tool.name] for tool in catalogue.listed(asker.current.scopes)]
        return types.ListToolsResult(tools=tools, ttl_ms=HOUR_MS, cache_scope="private")

    async def call_tool(
        self, context: Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        """Call a tool. All that a model can correct is a result with `isError`; an unknown tool is a protocol error."""
        if params.name not in _TOOLS:
            raise MCPError(types.INVALID_PARAMS, "There is no tool of this name: tools/list has the names.")
        try:
            asker = await self._find_asker(context)
        except Problem as problem:
            return _result(refused(problems.sentence(problem)))
        wait = asker.take_call()
        if wait is not None:
            return _result(refused(f"Too many calls in this minute. Wait {wait} seconds."))
        try:
            answer = await calls.call(
                params.name,
                dict(params.arguments or {}),
                asker.api(params.name),
                asker.current,
                agreed=agreed_in(params),
            )
        except NeedsYes as needs:
            if _can_ask(context):
                return _question(needs)
            answer = confirmations.refusal(needs)
        except Exception:  # outermost handler of a call: its message and its trace may contain input
            log.exception("fault", extra={"request_id": asker.request_id})
            return _result(refused(_failed(asker)))
        return _result(answer)

    async def list_prompts(self, context: Context, _params: object) -> types.ListPromptsResult:
        """List the prompts that this token can follow."""
        asker = await self._asker(context)
        return types.ListPromptsResult(
            prompts=prompts.listed(asker.current.scopes), ttl_ms=HOUR_MS, cache_scope="private"
        )

    async def get_prompt(self, context: Context, params: types.GetPromptRequestParams) -> types.GetPromptResult:
        """Return the text of a prompt."""
        asker = await self._asker(context)
        return await _sheltered(asker, prompts.get, params.name, dict(params.arguments or {}), asker.api())

    async def list_resources(self, context: Context, _params: object) -> types.ListResourcesResult:
        """List the resources with a fixed address."""
        await self._asker(context)
        return types.ListResourcesResult(resources=resources.FIXED, ttl_ms=HOUR_MS, cache_scope="private")

    async def list_resource_templates(self, context: Context, _params: object) -> types.ListResourceTemplatesResult:
        """List the addresses of resources that contain an id, as far as the token may read them."""
        asker = await self._asker(context)
        return types.ListResourceTemplatesResult(
            resource_templates=resources.templates(asker.current.scopes), ttl_ms=HOUR_MS, cache_scope="private"
        )

    async def read_resource(
        self, context: Context, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        """Return a resource as text."""
        asker = await self._asker(context)
        return await _sheltered(asker, resources.read, params.uri, asker.api(), asker.current)


async def _sheltered(
    asker: Asker,
    answer: Callable[Parameters, Awaitable[Result]],
    *arguments: Parameters.args,
    **named: Parameters.kwargs,
) -> Result:
    """Return an answer; let failures leave as protocol errors without input and trace."""
    try:
        return await answer(*arguments, **named)
    except MCPError:
        raise
    except Refusal as refusal:
        raise MCPError(types.INVALID_PARAMS, str(refusal)) from None
    except Problem as problem:
        raise MCPError(types.INVALID_PARAMS, problems.sentence(problem)) from None
    except Exception:  # outermost handler of a prompt or a resource
        log.exception("fault", extra={"request_id": asker.request_id})
        raise MCPError(types.INTERNAL_ERROR, _failed(asker)) from None


def _failed(asker: Asker) -> str:
    """Return the sentence for a fault of ours, which the operator finds in the log by the id of the request."""
    return problems.sentence(Problem(500, {"code": "internal", "request_id": asker.request_id}))


def _result(answer: Answer) -> types.CallToolResult:
    """Return an answer as text and as structure; errors have no structure, which their schema would not allow."""
    return types.CallToolResult(
        content=[types.TextContent(text=answer.text)],
        structured_content=None if answer.is_error else answer.structure,
        is_error=answer.is_error,
    )


def _can_ask(context: Context) -> bool:
    """Tell whether the client can show a form and call again with the answer."""
    declared = context.session.client_capabilities
    elicitation = declared.elicitation if declared is not None else None
    if elicitation is None or context.protocol_version not in MODERN_PROTOCOL_VERSIONS:
        return False
    return elicitation.form is not None or elicitation.url is None  # {} means forms, as in 2025-06-18


def _question(needs: NeedsYes) -> types.InputRequiredResult:
    """Return the form with one yes. Nothing is kept: the client calls again with the same arguments."""
    form = types.ElicitRequestFormParams(message=needs.message, requested_schema=FORM)
    return types.InputRequiredResult(input_requests={CONFIRM: types.ElicitRequest(params=form)})


def agreed_in(params: types.CallToolRequestParams) -> bool | None:
    """Return the user's answer to the form, or None if there is none."""
    answer = (params.input_responses or {}).get(CONFIRM)
    if answer is None:
        return None
    if not isinstance(answer, types.ElicitResult):
        return False
    return answer.action == "accept" and (answer.content or {}).get(YES) is True
