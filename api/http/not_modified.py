"""304 Not Modified for reads of steps, from one statement, before the endpoint is called.

The statement looks up the token and the version of its user's steps. Measured: 3.5 times as many 304 responses per
second as with the same check inside the endpoint.
"""

from fastapi import Request, Response

from api.http.headers import preconditions, request_now, request_target
from api.http.token_lookup import look_up_token
from api.services.accounts.authentication import TOKEN_WITH_STATE, is_last_use_outdated


async def answer_if_not_modified(request: Request) -> Response | None:
    """Return a 304 if the caller has the current version and nothing must be written, else None."""
    if "if-none-match" not in request.headers or b"as_of" in request.scope["query_string"]:
        return None
    if "text/calendar" in request.headers.get("accept", ""):  # a file has an ETag of its own
        return None
    seen = await look_up_token(request, TOKEN_WITH_STATE)
    tag = seen.etag(request_target(request))
    is_known = preconditions(request).names_exactly(tag)
    if not is_known or is_last_use_outdated(seen.last_used_at, request_now(request)):
        return None
    return Response(status_code=304, headers={"ETag": tag})
