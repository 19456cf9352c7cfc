"""Scopes: the rights that an operation asks for, worked out from its address, so that none can be forgotten."""

from collections.abc import Collection

AREAS = ("applications", "contacts", "steps", "account")
ALL, READ = "all", "read"
READS = tuple(f"{area}:read" for area in AREAS)
WRITES = tuple(f"{area}:write" for area in AREAS)
SCOPES = (ALL, READ, *(f"{area}:{verb}" for area in AREAS for verb in ("read", "write")))
AREA_OF = {
    "applications": "applications",
    "interviews": "applications",
    "stages": "applications",
    "notes": "applications",
    "letters": "applications",
    "letter-templates": "applications",
    "follow-ups": "applications",
    "offers": "applications",
    "contacts": "contacts",
    "references": "contacts",
    "steps": "steps",
    "queue": "steps",
    "search-activities": "steps",
    "me": "account",
    "tokens": "account",
    "sessions": "account",
}
SEVERAL = {
    ("GET", "/v1/me/export"): READS,
    ("DELETE", "/v1/me"): WRITES,
    ("POST", "/v1/interviews/{interview_id}/debrief"): ("applications:write", "contacts:write"),
}


def scopes_of(method: str, path: str) -> tuple[str, ...]:
    """Return the scopes that an operation needs. Raises LookupError for an address that belongs to no area.

    An address belongs to the area of its first noun; what is nested under an application is an application's, links to
    contacts and references too, but for its steps. What touches several areas at once needs each of them.
    """
    first, *rest = [part for part in path.removeprefix("/v1/").split("/") if not part.startswith("{")]
    area = "steps" if "steps" in rest else AREA_OF.get(first)
    if area is None:
        raise LookupError(f"say in api/protocol/scopes.py which area {path} belongs to")
    return SEVERAL.get((method, path)) or (f"{area}:{'read' if method == 'GET' else 'write'}",)


def missing_scopes(needed: Collection[str], granted: Collection[str]) -> list[str]:
    """Return the needed scopes that are not granted: `all` contains everything, `read` all that reads."""
    return [scope for scope in needed if not _is_granted(scope, granted)]


def _is_granted(scope: str, granted: Collection[str]) -> bool:
    if ALL in granted or scope in granted:
        return True
    if scope == READ:
        return not missing_scopes(READS, granted)
    if scope == ALL:
        return not missing_scopes((*READS, *WRITES), granted)
    return READ in granted and scope.endswith(":read")
