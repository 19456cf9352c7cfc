"""Scopes: the rights of a token by area, and which scope contains which. Each operation declares those it needs.

`write` of an area contains `read` of it, because every write returns the object that it changed.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

AREAS = ("applications", "contacts", "steps", "account")
ALL, READ = "all", "read"
READS = tuple(f"{area}:read" for area in AREAS)
WRITES = tuple(f"{area}:write" for area in AREAS)
SCOPES = (ALL, READ, *(f"{area}:{verb}" for area in AREAS for verb in ("read", "write")))
# The scopes of the tokens of assistants, by preset. None has a scope of the account.
PRESETS: Mapping[str, tuple[str, ...]] = {
    "agent_reader": ("applications:read", "contacts:read", "steps:read"),
    "agent_recorder": ("applications:write", "contacts:write", "steps:read"),
    "agent": ("applications:write", "contacts:write", "steps:write"),
}

PRESET_NAMES = tuple(PRESETS)


@dataclass(frozen=True, slots=True)
class Access:
    """What an operation asks of a token: scopes, and whether the token of an assistant may be used at all.

    Without scopes, every valid token may be used.
    """

    scopes: tuple[str, ...] = ()
    for_agents: bool = True

    @classmethod
    def of(cls, scopes: tuple[str, ...], *, agents: bool) -> "Access":
        """Return the access of an operation. Operations that need a scope of the account are never for assistants."""
        return cls(scopes, for_agents=agents and not any(scope.startswith("account:") for scope in scopes))


def missing_scopes(needed: Collection[str], granted: Collection[str]) -> list[str]:
    """Return the needed scopes that are not granted.

    `all` contains every scope, `read` every scope in `:read`, and `…:write` the `…:read` of the same area.
    """
    return [scope for scope in needed if not _is_granted(scope, granted)]


def _is_granted(scope: str, granted: Collection[str]) -> bool:
    if ALL in granted or scope in granted:
        return True
    if scope == READ:
        return not missing_scopes(READS, granted)
    if scope == ALL:
        return not missing_scopes((*READS, *WRITES), granted)
    area, _, verb = scope.partition(":")
    return verb == "read" and (READ in granted or f"{area}:write" in granted)


def effective_scopes(granted: Collection[str]) -> list[str]:
    """Return the granted scopes with the `…:read` that each `…:write` contains, in the order of SCOPES.

    `all` and `read` stay as they are: what they contain is in their names.
    """
    contained = {scope for scope in READS if f"{scope.removesuffix('read')}write" in granted}
    return [scope for scope in SCOPES if scope in contained or scope in granted]
