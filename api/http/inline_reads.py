"""Run endpoints: in threads, but for short reads on the event loop, which cost less; and serialise their answers once.

The framework would check and write a returned model in a second thread; it is ours, hence right, and is written where
it was made.
"""

import inspect
from collections.abc import Callable, Collection, Mapping
from functools import wraps
from typing import Any, Protocol

from fastapi import Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from api.errors import UnavailableError
from api.storage.keyset import DEFAULT_LIMIT

Endpoint = Callable[..., Any]


class InlineCaller(Protocol):
    """The part of an endpoint's `caller` that is used here; `inline`: the event loop itself reads for it."""

    response: Response
    inline: bool

    @property
    def can_read_inline(self) -> bool:
        """Whether the event loop may read on the request's behalf."""

    def json_response(self, content: bytes, status: int) -> Response:
        """Return a document as an answer, with the headers that were said."""


def run_endpoint(endpoint: Endpoint, status: int | None, *, unless_given: Collection[str] | None) -> Endpoint:
    """Wrap an endpoint: it serialises its own answer, and runs inline or in a thread.

    It may run inline unless `unless_given` is None, or one of the parameters that it names was sent.
    """
    if inspect.iscoroutinefunction(endpoint):
        return endpoint
    defaults = {name: inspect.signature(endpoint).parameters[name].default for name in unless_given or ()}

    @wraps(endpoint)
    def run_and_serialize(**arguments: Any) -> Any:  # noqa: ANN401  # whatever the endpoint takes and returns
        caller: InlineCaller | None = arguments.get("caller")
        found = endpoint(**arguments)
        if caller is None or not isinstance(found, BaseModel):
            return found
        content = found.__pydantic_serializer__.to_json(found)
        return caller.json_response(content, caller.response.status_code or status or 200)

    @wraps(endpoint)
    async def run_inline_or_in_thread(**arguments: Any) -> Any:  # noqa: ANN401  # see above
        caller: InlineCaller = arguments["caller"]
        if caller.can_read_inline and _is_short(arguments, defaults):
            caller.inline = True
            try:
                return run_and_serialize(**arguments)
            except UnavailableError:  # the event loop would have to wait, or to read much: a thread does
                caller.inline = False
        return await run_in_threadpool(run_and_serialize, **arguments)

    return run_and_serialize if unless_given is None else run_inline_or_in_thread


def _is_short(arguments: Mapping[str, Any], defaults: Mapping[str, Any]) -> bool:
    """Tell whether what is asked for is read from a few rows along an index, and nothing is judged for it."""
    page = arguments.get("page")
    is_plain = all(arguments[name] == value for name, value in defaults.items())
    return is_plain and (page is None or page.limit <= DEFAULT_LIMIT)
