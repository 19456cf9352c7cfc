"""Policy: stored overrides, the effective policy, and the origin of each value."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import String, cast
from sqlmodel import col, select

from api.errors import InvalidError
from api.models import Application, User
from api.models.policy import PolicyOverrides, PolicyPublic
from api.rules.policy import ALWAYS, FIELDS, HELP_FIGURES, Policy, find_contradiction, merge, origins
from api.storage.session import OwnedSession


def policy_of(user: Mapping[str, Any], application: Mapping[str, Any]) -> Policy:
    """Return an application's effective policy: for each field its own value, else the user's, else the default."""
    return merge(_from_json(user), _from_json(application))


def _from_json(stored: Mapping[str, Any]) -> dict[str, object]:
    """Decode stored values into the types of the rules."""
    values: dict[str, object] = dict(stored)
    for name in ("business_opens", "business_closes"):
        if name in stored:
            values[name] = dt.time.fromisoformat(stored[name])
    for name in ("workdays", "disabled_steps"):
        if name in stored:
            values[name] = frozenset(stored[name])
    for name in HELP_FIGURES:
        if stored.get(name) == ALWAYS:
            values[name] = None
    if "holidays" in stored:
        values["holidays"] = frozenset(dt.date.fromisoformat(day) for day in stored["holidays"])
    return values


def merge_overrides(stored: Mapping[str, Any], body: PolicyOverrides) -> dict[str, Any]:
    """Return stored overrides with a merge patch applied; null deletes an override."""
    given = body.model_dump(mode="json", exclude_unset=True)
    merged = {name: value for name, value in {**stored, **given}.items() if value is not None}
    for name in ("workdays", "disabled_steps", "holidays"):
        if name in merged:
            merged[name] = sorted(set(merged[name]))
    return merged


def check_policy(user: Mapping[str, Any], application: Mapping[str, Any]) -> None:
    """Raise InvalidError if values of the effective policy contradict each other."""
    fault = find_contradiction(policy_of(user, application))
    if fault:
        raise InvalidError.at("/business_closes", "office_hours_too_short", fault)


def check_all_policies(session: OwnedSession, user: User) -> None:
    """Check a user's policy together with each application's overrides."""
    check_policy(user.policy, {})
    has_overrides = cast(col(Application.policy), String) != "{}"
    for overrides in session.exec(select(Application.policy).where(has_overrides)).all():
        check_policy(user.policy, overrides)


def policy_with_origins(user: Mapping[str, Any], application: Mapping[str, Any], *, recomputing: bool) -> PolicyPublic:
    """Return every effective value with its origin."""
    policy = policy_of(user, application)
    where = origins(user, application)
    values = {name: {"value": _to_json(getattr(policy, name)), "origin": where[name]} for name in FIELDS}
    return PolicyPublic.model_validate({**values, "recomputing": recomputing})


def _to_json(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    if value is None:
        return ALWAYS
    return f"{value:%H:%M}" if isinstance(value, dt.time) else value


def defaults() -> dict[str, Any]:
    """Return the default values as JSON types."""
    return {name: _to_json(getattr(Policy(), name)) for name in FIELDS}
