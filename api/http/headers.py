"""Headers, target and instant of a request."""

import re
from datetime import datetime

from fastapi import Request

from api.errors import FieldError, InvalidError
from api.protocol.etags import Preconditions

TOOL_HEADER = "X-Afterword-Tool"
TOOL = re.compile("[a-z_]{1,40}")


def request_target(request: Request) -> str:
    """Return the path and the query of a request, as they were sent."""
    return f"{request.scope['path']}?{request.scope['query_string'].decode('latin-1')}"


def request_now(request: Request) -> datetime:
    """Return the instant of a request in whole seconds: the first call reads the clock, later calls return the same."""
    now: datetime | None = request.scope.get("now")
    if now is None:
        now = request.scope["now"] = request.app.state.clock().replace(microsecond=0)
    return now


def preconditions(request: Request) -> Preconditions:
    """Return If-Match and If-None-Match; several lines of a header are joined into one list."""
    return Preconditions(_joined_lines(request, "if-match"), _joined_lines(request, "if-none-match"))


def _joined_lines(request: Request, name: str) -> str | None:
    lines = request.headers.getlist(name)
    return ", ".join(lines) if lines else None


def single_header(request: Request, name: str) -> str | None:
    """Return a header that may be sent once. Raises InvalidError for two, because a proxy might read the other one."""
    values = request.headers.getlist(name)
    if len(values) > 1:
        detail = "Send this header once."
        raise InvalidError(detail, errors=[FieldError("header", name, "repeated", detail)])
    return values[0] if values else None


def agent_tool(request: Request) -> str | None:
    """Return with which of its tools an assistant makes a request, as it says. Raises InvalidError."""
    tool = single_header(request, TOOL_HEADER)
    if tool is not None and not TOOL.fullmatch(tool):
        detail = "Send the name of the tool: up to 40 characters of a–z and _, or leave the header out."
        raise InvalidError(detail, errors=[FieldError("header", TOOL_HEADER, "not_a_tool", detail)])
    return tool
