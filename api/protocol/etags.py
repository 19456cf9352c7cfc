"""Versions of objects as entity tags, and what If-Match and If-None-Match ask of them."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from api.errors import FieldError, InvalidError

MAX_LENGTH = 1_000
CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f]")


def etag(version: int, derived: Iterable[object] = ()) -> str:
    """Return the entity tag of a version; `derived` is what the answer shows beyond the row."""
    parts = [repr(value) for value in derived]
    if not parts:
        return f'"{version}"'
    return f'"{version}-{hashlib.blake2b("|".join(parts).encode(), digest_size=6).hexdigest()}"'


def hashed_etag(*parts: object) -> str:
    """Return the entity tag of an answer made of several things."""
    return f'"{hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()}"'


@dataclass(frozen=True, slots=True)
class Preconditions:
    """The two headers as they were sent."""

    if_match: str | None = None
    if_none_match: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidError for a header that is longer than any list of versions, or does not print."""
        for name, value in (("If-Match", self.if_match), ("If-None-Match", self.if_none_match)):
            if value and (len(value) > MAX_LENGTH or CONTROL.search(value)):
                detail = f"Send {name} with ETags that you have read, {MAX_LENGTH:,} characters at most."
                raise InvalidError(detail, errors=[FieldError("header", name, "unusable_etag", detail)])

    def is_if_match_violated(self, tag: str) -> bool:
        """Tell whether a change must not be made: If-Match names other versions only."""
        return self.if_match is not None and not _names(self.if_match, tag, weak=False)

    def names_exactly(self, tag: str) -> bool:
        """Tell whether the caller names this very version as one that it has: `*` names what may not even be there."""
        return self.is_not_modified(tag) and "*" not in (self.if_none_match or "")

    def is_not_modified(self, tag: str) -> bool:
        """Tell whether the caller has this version already."""
        return self.if_none_match is not None and _names(self.if_none_match, tag, weak=True)


def _names(header: str, tag: str, *, weak: bool) -> bool:
    named = [part.strip() for part in header.split(",")]
    if "*" in named:
        return True
    return tag in (part.removeprefix("W/") if weak else part for part in named)
