"""Which account a credential belongs to, as far as this process has seen: for shares and limits, never as proof."""

from typing import NamedTuple

from starlette.types import Scope

from api.security import COOKIE, hash_token

MAX_KNOWN = 10_000  # about three megabytes
COOKIE_NAME = f"{COOKIE}=".encode()


class Holder(NamedTuple):
    """Who a request is counted for: an account, or the address of a client whose account is not known."""

    name: str
    is_known: bool


class KnownAccounts:
    """The accounts of the tokens that were used last, by the hash of the token."""

    def __init__(self) -> None:
        self._accounts: dict[str, str] = {}

    def add(self, secret: str, user_id: str) -> None:
        """Remember the account of a token that was just checked; with too many, the oldest is forgotten."""
        self._accounts[hash_token(secret)] = user_id
        if len(self._accounts) > MAX_KNOWN:
            del self._accounts[next(iter(self._accounts))]

    def forget(self, secret: str) -> None:
        """Forget a token that is not valid any more."""
        self._accounts.pop(hash_token(secret), None)

    def account_of(self, secret: str) -> str | None:
        """Return the account of a token, if this process has seen it."""
        return self._accounts.get(hash_token(secret))

    def holder(self, scope: Scope) -> Holder:
        """Return who a request is counted for.

        Unknown tokens are counted for the address, so that nobody gets more places by inventing tokens.
        """
        known = self.account_of(secret) if (secret := _secret(scope)) else None
        if known is not None:
            return Holder(known, is_known=True)
        return Holder(scope["client"][0] if scope.get("client") else "", is_known=False)


def _secret(scope: Scope) -> str | None:
    """Return the bearer token, or the secret of the session cookie, without any check."""
    cookie = None
    for name, value in scope["headers"]:
        if name == b"authorization":
            return str(value.partition(b" ")[2].strip().decode("latin-1"))
        if name == b"cookie" and COOKIE_NAME in value:
            cookie = value.partition(COOKIE_NAME)[2].partition(b";")[0].decode("latin-1")
    return cookie
