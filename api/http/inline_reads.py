"""How endpoints run: in threads, but for short readings that cost less than a thread; and how answers are written.

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


class Answering(Protocol):
    """What an endpoint's `caller` is to the code here; `aside` says whether the event loop itself reads for it."""

    response: Response
    aside: bool

    @property
    def may_step_aside(self) -> bool:
        """Whether the event loop may read on the request's behalf."""

    def sent(self, content: bytes, status: int) -> Response:
        """Return a document as an answer, with the headers that were said."""


def run(endpoint: Endpoint, status: int | None, *, alone: Collection[str] | None) -> Endpoint:
    """Return an endpoint that answers with what is sent, and runs where it should.

    The event loop may read for it unless `alone` is None, or one of the parameters that `alone` names was given.
    """
    if inspect.iscoroutinefunction(endpoint):
        return endpoint
    defaults = {name: inspect.signature(endpoint).parameters[name].default for name in alone or ()}

    @wraps(endpoint)
    def answered(**given: Any) -> Any:  # noqa: ANN401  # whatever the endpoint takes and returns
        caller: Answering | None = given.get("caller")
        found = endpoint(**given)
        if caller is None or not isinstance(found, BaseModel):
            return found
        content = found.__pydantic_serializer__.to_json(found)
        return caller.sent(content, caller.response.status_code or status or 200)

    @wraps(endpoint)
    async def glanced(**given: Any) -> Any:  # noqa: ANN401  # see above
        caller: Answering = given["caller"]
        if caller.may_step_aside and _is_short(given, defaults):
            caller.aside = True
            try:
                return answered(**given)
            except UnavailableError:  # the event loop would have to wait, or to read much: a thread does
                caller.aside = False
        return await run_in_threadpool(answered, **given)

    return answered if alone is None else glanced


def _is_short(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> bool:
    """Tell whether what is asked for is read from a few rows along an index, and nothing is judged for it."""
    page = given.get("page")
    is_plain = all(given[name] == value for name, value in defaults.items())
    return is_plain and (page is None or page.limit <= DEFAULT_LIMIT)
