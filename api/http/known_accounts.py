"""Which account a credential belongs to, as far as this process has seen: to share places, never to authenticate."""

from starlette.types import Scope

from api.security import hash_token

MAX_KNOWN = 10_000  # about three megabytes
COOKIE_NAME = b"__Host-afterword="


class KnownAccounts:
    """The accounts of the tokens that were used last, by the hash of the token."""

    def __init__(self) -> None:
        self._accounts: dict[str, str] = {}

    def add(self, secret: str, user_id: str) -> None:
        """Remember the account of a token that was just checked; with too many, the oldest is forgotten."""
        self._accounts[hash_token(secret)] = user_id
        if len(self._accounts) > MAX_KNOWN:
            del self._accounts[next(iter(self._accounts))]

    def holder(self, scope: Scope) -> str:
        """Return who a request is counted for: its account, or its address while the account is not known.

        Unknown tokens are counted for the address, so that nobody gets more places by inventing tokens.
        """
        known = self._accounts.get(hash_token(secret)) if (secret := _secret(scope)) else None
        return known or (scope["client"][0] if scope.get("client") else "")


def _secret(scope: Scope) -> str | None:
    """Return the bearer token, or the secret of the session cookie, without any check."""
    cookie = None
    for name, value in scope["headers"]:
        if name == b"authorization":
            return str(value.partition(b" ")[2].strip().decode("latin-1"))
        if name == b"cookie" and COOKIE_NAME in value:
            cookie = value.partition(COOKIE_NAME)[2].partition(b";")[0].decode("latin-1")
    return cookie
