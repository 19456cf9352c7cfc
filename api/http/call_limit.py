"""The limit of calls per minute, counted for the account, so that more tokens do not allow more calls.

It is checked before a token is looked up. A token of which this process does not know the account yet is counted for
itself, and once it was found to be valid for its account.
"""

import time
from datetime import timedelta

from fastapi import Request

from api.errors import TooManyRequestsError
from api.http.known_accounts import KnownAccounts
from api.protocol.rate_limit import RateLimiter
from api.security import hash_token, looks_like_token


def count_call(request: Request, secret: str) -> None:
    """Count a call and set the rate limit headers. Raises TooManyRequestsError if none is left.

    This does not authenticate. A token is stored as its hash, so that no secret stays in memory.
    """
    if looks_like_token(secret):
        known: KnownAccounts = request.app.state.known_accounts
        _take(request, known.account_of(secret) or hash_token(secret))


def remember_account(request: Request, secret: str, user_id: str) -> None:
    """Count the next calls with a valid token for its account, and this one if it is the first one."""
    known: KnownAccounts = request.app.state.known_accounts
    if known.account_of(secret) != user_id:
        known.add(secret, user_id)
        _take(request, user_id)


def forget_account(request: Request, secret: str) -> None:
    """Count calls with a token that has ended for the token, so that they do not use up those of the account."""
    known: KnownAccounts = request.app.state.known_accounts
    known.forget(secret)


def _take(request: Request, key: str) -> None:
    limiter: RateLimiter | None = request.app.state.rate_limiter
    if limiter is None:
        return
    allowance = limiter.take(key, time.monotonic())
    request.scope["rate_limit"] = allowance.headers
    if allowance.wait is not None:
        raise TooManyRequestsError(timedelta(seconds=allowance.wait))
