"""The client: authentication, retries, pages and ETags."""

import math
import random
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Generic, ParamSpec, Self, TypedDict, TypeVar

import httpx

from afterword_client.generated import models
from afterword_client.generated.operations import Operations
from afterword_client.problem import ProblemError

T = TypeVar("T")
P = ParamSpec("P")
MOST_CACHED = 100


class Page(TypedDict, Generic[T]):
    """A page of any list."""

    items: list[T]
    next_cursor: str | None


class Afterword(Operations):
    """A method for every operation of the API; each raises ProblemError for a response of 400 or more.

    A request is sent again up to `retries` times after 429, 503 or a network error, where that is safe. A `Retry-After`
    of more than `max_wait` seconds is an error. With `cookie`, `sign_in` uses a cookie instead of a token.
    """

    def __init__(
        self,
        base_url: str,
        token: str | None = None,
        *,
        cookie: bool = False,
        retries: int = 3,
        max_wait: float = 60,
        timeout: float = 30,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.http = httpx.Client(base_url=base_url, timeout=timeout, transport=transport)
        self.retries, self.max_wait, self.cookie = retries, max_wait, cookie
        self._cache: dict[str, httpx.Response] = {}
        self._enter(token, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def sign_in(self, email: str, password: str) -> models.SessionSecret:
        """Open a session, which the following requests use."""
        session = self.create_session({"email": email, "password": password, "cookie": self.cookie})
        self._enter(session["token"], session["csrf_token"])
        return session

    def sign_out(self) -> None:
        """End the session."""
        self.end_current_session()
        self._enter(None, None)

    def _enter(self, token: str | None, csrf_token: str | None) -> None:
        # The cookie is for HTTPS. Like browsers, send it to a server on this machine too, which has only HTTP.
        cookie = "; ".join(f"{one.name}={one.value}" for one in self.http.cookies.jar)
        values = {"Authorization": token and f"Bearer {token}", "X-CSRF-Token": csrf_token, "Cookie": cookie}
        self._credentials = {name: value for name, value in values.items() if value}
        self._cache.clear()
        self.http.cookies.clear()

    def items(self, operation: Callable[P, Page[T]], *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        """Iterate over the items of all pages of a list: `items(api.list_applications, company="Larkfield")`."""
        while True:
            page = operation(*args, **kwargs)
            yield from page["items"]
            if not page["next_cursor"]:
                return
            kwargs["cursor"] = page["next_cursor"]

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int | None] | None = None,
        headers: Mapping[str, str | None] | None = None,
        body: object = None,
    ) -> httpx.Response:
        """Send a request; raise ProblemError for a response of 400 or more. A body of bytes is sent as it is."""
        params = {name: value for name, value in (query or {}).items() if value is not None}
        sent = self._credentials | {name: value for name, value in (headers or {}).items() if value is not None}
        sends = {"content": body} if isinstance(body, bytes) else {"json": body}
        request = self.http.build_request(method, path, params=params, headers=sent, **sends)
        cached = self._cache.get(f"{request.url}") if method == "GET" else None
        if cached:
            request.headers.setdefault("If-None-Match", cached.headers["ETag"])
        response = self._send(request)
        if cached and response.status_code == 304:
            return cached
        if not response.is_success:
            raise ProblemError(response)
        if method == "GET" and "ETag" in response.headers:
            self._cache[f"{request.url}"] = response
            if len(self._cache) > MOST_CACHED:
                del self._cache[next(iter(self._cache))]
        return response

    def _send(self, request: httpx.Request) -> httpx.Response:
        # After 503 or a network error a write may have been stored. Only what then has the same effect is sent again.
        headers, method, attempt = request.headers, request.method, 0
        is_repeatable = "Idempotency-Key" in headers or (method != "POST" and "If-Match" not in headers)
        while True:
            wait = 2.0**attempt * random.uniform(0.2, 0.4)  # noqa: S311  # no secret
            try:
                response = self.http.send(request)
            except httpx.TransportError:
                if attempt >= self.retries or not is_repeatable:
                    raise
            else:
                if response.status_code == 404 and method == "DELETE" and attempt:
                    return httpx.Response(204, request=request)  # An earlier attempt has deleted it.
                if after := response.headers.get("Retry-After"):
                    wait = float(after) if after.isdigit() else math.inf
                is_refused = response.status_code == 429 or (response.status_code == 503 and is_repeatable)
                if not is_refused or attempt >= self.retries or wait > self.max_wait:
                    return response
            time.sleep(wait)
            attempt += 1
