"""Versions of objects as entity tags, and what If-Match and If-None-Match ask of them."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass


def etag(version: int, derived: Iterable[object] = ()) -> str:
    """Return the entity tag of a version; `derived` is what the answer shows beyond the row."""
    parts = [repr(value) for value in derived]
    if not parts:
        return f'"{version}"'
    return f'"{version}-{hashlib.blake2b("|".join(parts).encode(), digest_size=6).hexdigest()}"'


def hashed(*parts: object) -> str:
    """Return the entity tag of an answer made of several things."""
    return f'"{hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()}"'


@dataclass(frozen=True, slots=True)
class Conditions:
    """The two headers as they were sent."""

    if_match: str | None = None
    if_none_match: str | None = None

    def refused(self, tag: str) -> bool:
        """Tell whether a change must not be made: If-Match names other versions only."""
        return self.if_match is not None and not _names(self.if_match, tag, weak=False)

    def unchanged(self, tag: str) -> bool:
        """Tell whether the caller has this version already."""
        return self.if_none_match is not None and _names(self.if_none_match, tag, weak=True)


def _names(header: str, tag: str, *, weak: bool) -> bool:
    named = [part.strip() for part in header.split(",")]
    if "*" in named:
        return True
    return tag in (part.removeprefix("W/") if weak else part for part in named)
