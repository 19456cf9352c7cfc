"""Headers and the target of a request, read strictly."""

from fastapi import Request

from api.errors import FieldError, InvalidError
from api.protocol.etags import Conditions


def place(request: Request) -> str:
    """Return what an answer is about: the address with its query, as they were sent."""
    return f"{request.scope['path']}?{request.scope['query_string'].decode('latin-1')}"


def conditions(request: Request) -> Conditions:
    """Return the two headers about versions; over several lines they are the same lists."""
    return Conditions(_listed(request, "if-match"), _listed(request, "if-none-match"))


def _listed(request: Request, name: str) -> str | None:
    lines = request.headers.getlist(name)
    return ", ".join(lines) if lines else None


def only_header(request: Request, name: str) -> str | None:
    """Return a header that may stand once. Raises InvalidError for two: who reads the other one would be tricked."""
    values = request.headers.getlist(name)
    if len(values) > 1:
        detail = "Send this header once."
        raise InvalidError(detail, errors=[FieldError("header", name, "repeated", detail)])
    return values[0] if values else None
