"""The address `/mcp` of the server: one POST for each message, answered at once, without sessions.

A request waits here for the requests that its tools send to this same application. It takes no place of the admission
gate, because those requests need the places; the limits of its body are those of all requests.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import mcp_types as types
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from api.agents.client import Current
from api.agents.server import Asker, Context, build
from api.errors import ForbiddenError, UnavailableError
from api.http.admission import ASSISTANTS, BUSY, replay
from api.http.credentials import bearer_token, is_foreign_origin
from api.http.known_accounts import KnownAccounts
from api.http.problems import MEDIA_TYPE
from api.http.strict_route import StrictRequest
from api.protocol.rate_limit import RateLimiter
from api.security import hash_token
from api.settings import Settings

ASKER = "asker"  # the key in the scope, where the handlers find who asks
CURRENT_TOKEN = "/v1/tokens/current"  # noqa: S105  # an address
INNER_ID_LENGTH = 120  # the requests that follow continue the id with .0, .1; the longest id has 128
METHOD = re.compile(r"[A-Za-z_]{1,32}(/[A-Za-z_]{1,32}){0,3}")  # the SDK repeats unknown ones in its error
PASSED_ON = ("www-authenticate", "retry-after", "ratelimit", "ratelimit-policy")


class AgentRoute(Route):
    """The route of `/mcp`. It has no scopes of its own, but needs a token like the operations that have some."""

    scopes = ("any",)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match, and name the route, as the routes of the API do: for logs, and for the limit of bodies."""
        match, about = super().matches(scope)
        return match, {**about, "route": self} if match != Match.NONE else about


class AgentEndpoint:
    """The ASGI application behind `/mcp`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        most = settings.agent_calls_per_minute
        self._limiter = RateLimiter(most) if most else None
        self._manager: StreamableHTTPSessionManager | None = None
        self._lookup = asyncio.Lock()

    @property
    def route(self) -> Route:
        """The route for the application."""
        return AgentRoute(ASSISTANTS, self, methods=["POST"])

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve until the block ends; a manager of the SDK can be run only once."""
        manager = StreamableHTTPSessionManager(
            build(_asker_of),
            json_response=True,
            stateless=True,
            max_request_body_size=self._settings.max_body_bytes,
        )
        async with manager.run():
            self._manager = manager
            yield
            self._manager = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one message. Raises ForbiddenError by origin, and UnauthorizedError without a bearer token."""
        if self._manager is None:
            raise UnavailableError
        request = StrictRequest(scope, receive)
        if is_foreign_origin(request):
            raise ForbiddenError(
                "Pages of this origin may not use the tools: ask the operator to add the origin to "
                "AFTERWORD_CORS_ORIGINS, or send no Origin.",
                code="origin_not_allowed",
            )
        secret = bearer_token(request)
        async with _inner_client(scope) as http:
            found = await self._current_token(http, scope, secret)
            if found.status_code != httpx2.codes.OK:
                await _passed_on(scope, found)(scope, receive, send)
                return
            fault = await _fault(request)
            if fault is not None:
                await fault(scope, receive, send)
                return
            scope[ASKER] = Asker(
                http=http,
                secret=secret,
                request_id=_request_id(scope),
                current=Current.of(found.json()),
                take_call=lambda: self._take_call(request, secret),
            )
            await self._manager.handle_request(scope, replay(await request.body(), receive), send)

    async def _current_token(self, http: httpx2.AsyncClient, scope: Scope, secret: str) -> httpx2.Response:
        """Ask the API which token it is.

        The gate has only few places for tokens that this process has not seen yet. So those are looked up one at a
        time; then the calls that a client sends at once with a new token are all served.
        """
        headers = {"Authorization": f"Bearer {secret}", "X-Request-ID": f"{_request_id(scope)}.0"}
        known: KnownAccounts = scope["app"].state.known_accounts
        if known.account_of(secret) is not None:
            return await http.get(CURRENT_TOKEN, headers=headers)
        try:
            async with asyncio.timeout(self._settings.request_timeout_seconds):
                await self._lookup.acquire()
        except TimeoutError as error:
            raise UnavailableError(BUSY) from error
        try:
            return await http.get(CURRENT_TOKEN, headers=headers)
        finally:
            self._lookup.release()

    def _take_call(self, request: Request, secret: str) -> int | None:
        """Count a tool call for the account, in this process; return how many seconds to wait if none is left."""
        if self._limiter is None:
            return None
        known: KnownAccounts = request.app.state.known_accounts
        return self._limiter.take(known.account_of(secret) or hash_token(secret), time.monotonic()).wait


async def _asker_of(context: Context) -> Asker:
    request = context.request
    if not isinstance(request, Request):
        raise TypeError("The transport did not pass on the request.")
    asker: Asker = request.scope[ASKER]
    return asker


def _inner_client(scope: Scope) -> httpx2.AsyncClient:
    """Return a client of this same application for the address from which the request came.

    It is made for each request, so that no cookie and no address of one client is used for another one.
    """
    address, port = scope.get("client") or ("", 0)
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(scope["app"], raise_app_exceptions=False, client=(address, port)),
        base_url="http://localhost",
        headers={"Accept-Encoding": "identity"},
        trust_env=False,
        timeout=None,  # the application answers every request in time
    )


def _request_id(scope: Scope) -> str:
    """Return the id of the request, as far as the requests that follow from it can continue it."""
    request_id: str = scope["request_id"]
    return request_id[:INNER_ID_LENGTH]


def _passed_on(scope: Scope, refused: httpx2.Response) -> Response:
    """Return a problem of the API as the problem of this request."""
    document = {**refused.json(), "instance": ASSISTANTS, "request_id": scope["request_id"]}
    scope["problem"] = document.get("code")
    headers = {name: refused.headers[name] for name in PASSED_ON if name in refused.headers}
    return Response(json.dumps(document), refused.status_code, headers, MEDIA_TYPE)


async def _fault(request: StrictRequest) -> Response | None:
    """Return the error of a body that is no message, in words of ours: the SDK's repeat the input."""
    try:
        document = await request.json()
    except json.JSONDecodeError as error:
        return _error(types.PARSE_ERROR, f"Parse error: {error.msg}")
    try:
        if isinstance(document, dict) and "id" in document:
            types.JSONRPCRequest.model_validate(document)
        else:
            types.JSONRPCNotification.model_validate(document)
    except ValidationError:
        return _error(types.INVALID_REQUEST, "Send one JSON-RPC request or notification, as one JSON object.")
    if not METHOD.fullmatch(document["method"]):
        return _error(types.INVALID_REQUEST, "There is no such method.")
    return None


def _error(code: int, message: str) -> Response:
    error = {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": message}}
    return Response(json.dumps(error), 400, media_type="application/json")
