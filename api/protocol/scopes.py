"""Scopes: the rights of a token by area, and which scope contains which. Each operation declares those it needs."""

from collections.abc import Collection

AREAS = ("applications", "contacts", "steps", "account")
ALL, READ = "all", "read"
READS = tuple(f"{area}:read" for area in AREAS)
WRITES = tuple(f"{area}:write" for area in AREAS)
SCOPES = (ALL, READ, *(f"{area}:{verb}" for area in AREAS for verb in ("read", "write")))


def missing_scopes(needed: Collection[str], granted: Collection[str]) -> list[str]:
    """Return the needed scopes that are not granted: `all` contains every scope, `read` every scope in `:read`."""
    return [scope for scope in needed if not _is_granted(scope, granted)]


def _is_granted(scope: str, granted: Collection[str]) -> bool:
    if ALL in granted or scope in granted:
        return True
    if scope == READ:
        return not missing_scopes(READS, granted)
    if scope == ALL:
        return not missing_scopes((*READS, *WRITES), granted)
    return READ in granted and scope.endswith(":read")
