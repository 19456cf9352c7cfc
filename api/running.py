"""How endpoints run: in threads, but for short readings that cost less than a thread; and how answers are written.

The framework would check and write a returned model in a second thread; it is ours, hence right, and is written where
it was made.
"""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol

from fastapi import Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from api.errors import UnavailableError
from api.pagination import DEFAULT_LIMIT

Endpoint = Callable[..., Any]


class Answering(Protocol):
    """What is known of a request whose answer is to be written."""

    response: Response
    aside: bool

    @property
    def may_step_aside(self) -> bool:
        """Whether the event loop may read on the request's behalf."""

    def sent(self, content: bytes, status: int) -> Response:
        """Return a document as an answer, with the headers that were said."""


def run(endpoint: Endpoint, status: int | None, *, is_glanced: bool) -> Endpoint:
    """Return an endpoint that answers with what is sent, and runs where it should."""
    if inspect.iscoroutinefunction(endpoint):
        return endpoint

    @wraps(endpoint)
    def answered(**given: Any) -> Any:  # noqa: ANN401  # whatever the endpoint takes and returns
        found, caller = endpoint(**given), given.get("caller")
        if caller is None or not isinstance(found, BaseModel):
            return found
        content = found.__pydantic_serializer__.to_json(found)
        return caller.sent(content, caller.response.status_code or status or 200)

    @wraps(endpoint)
    async def glanced(**given: Any) -> Any:  # noqa: ANN401  # see above
        caller: Answering = given["caller"]
        if caller.may_step_aside and _is_short(given):
            caller.aside = True
            try:
                return answered(**given)
            except UnavailableError:  # in the rare moment in which the event loop would have to wait, a thread does
                caller.aside = False
        return await run_in_threadpool(answered, **given)

    return glanced if is_glanced else answered


def _is_short(given: dict[str, Any]) -> bool:
    """Tell whether what is asked for is read from a few rows, and nothing is judged for it."""
    page = given.get("page")
    asked = given.get("as_of") is not None or given.get("explain", False)
    return not asked and (page is None or page.limit <= DEFAULT_LIMIT)
