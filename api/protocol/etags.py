"""Entity tags, and the conditions of If-Match and If-None-Match."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from api.errors import FieldError, InvalidError

MAX_LENGTH = 1_000
EPOCH_BYTES = 6
CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
TAG = r'(\*|(W/)?"[!#-~]*")'
IF_MATCH = re.compile(rf"[ \t,]*{TAG}([ \t]*,[ \t,]*{TAG})*[ \t,]*")


def new_epoch() -> str:
    """Return a random epoch, in hexadecimal digits."""
    return secrets.token_hex(EPOCH_BYTES)


def etag(epoch: str, incarnation: int, version: int, derived: Iterable[object] = ()) -> str:
    """Return the entity tag of a row's version; `derived`: values in the response that are not in the row.

    The epoch differs between accounts and after a restored backup, the incarnation between rows that had the same id.
    """
    parts = [repr(value) for value in derived]
    named = f"{epoch}-{incarnation}-{version}"
    if not parts:
        return f'"{named}"'
    return f'"{named}-{hashlib.blake2b("|".join(parts).encode(), digest_size=6).hexdigest()}"'


def hashed_etag(*parts: object) -> str:
    """Return the entity tag of a response that is determined by these values."""
    return f'"{hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()}"'


@dataclass(frozen=True, slots=True)
class Preconditions:
    """If-Match and If-None-Match as they were sent."""

    if_match: str | None = None
    if_none_match: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError for a header that is too long or has control characters, and an If-Match without tags."""
        for name, value in (("If-Match", self.if_match), ("If-None-Match", self.if_none_match)):
            if value and (len(value) > MAX_LENGTH or CONTROL.search(value)):
                detail = f"Send {name} with ETags that you have read, {MAX_LENGTH:,} characters at most."
                raise InvalidError(detail, errors=[FieldError("header", name, "unusable_etag", detail)])
        if self.if_match is not None and not IF_MATCH.fullmatch(self.if_match):
            detail = 'Send If-Match with an ETag as you got it, with its quotes: If-Match: "…".'
            raise InvalidError(detail, errors=[FieldError("header", "If-Match", "unusable_etag", detail)])

    def is_if_match_violated(self, tag: str) -> bool:
        """Tell whether If-Match was sent and does not name this version.

        A weak tag counts as the strong one: we give only strong ones, and proxies that compress responses weaken them.
        """
        return self.if_match is not None and not _names(self.if_match, tag)

    def names_exactly(self, tag: str) -> bool:
        """Tell whether If-None-Match names this version itself; `*` does not, because the object may not exist."""
        return self.is_not_modified(tag) and "*" not in (self.if_none_match or "")

    def is_not_modified(self, tag: str) -> bool:
        """Tell whether If-None-Match names this version."""
        return self.if_none_match is not None and _names(self.if_none_match, tag)


def _names(header: str, tag: str) -> bool:
    named = [part.strip() for part in header.split(",")]
    return "*" in named or tag in (part.removeprefix("W/") for part in named)
