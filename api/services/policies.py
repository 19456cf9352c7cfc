"""Policy: overrides as they are stored, the policy that counts, and each value with its origin."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import String, cast
from sqlmodel import col, select

from api.errors import InvalidError
from api.models import Application, User
from api.models.policy import PolicyOverrides, PolicyPublic
from api.rules.policy import FIELDS, Policy, check, merge, origins
from api.storage.session import OwnedSession


def policy_of(user: Mapping[str, Any], application: Mapping[str, Any]) -> Policy:
    """Return the policy that counts for an application: system, then user, then application, field by field."""
    return merge(_read(user), _read(application))


def _read(stored: Mapping[str, Any]) -> dict[str, object]:
    """Turn stored plain values into those of the rules."""
    values: dict[str, object] = dict(stored)
    for name in ("business_opens", "business_closes"):
        if name in stored:
            values[name] = dt.time.fromisoformat(stored[name])
    for name in ("workdays", "disabled_steps"):
        if name in stored:
            values[name] = frozenset(stored[name])
    if "holidays" in stored:
        values["holidays"] = frozenset(dt.date.fromisoformat(day) for day in stored["holidays"])
    return values


def laid_over(stored: Mapping[str, Any], body: PolicyOverrides) -> dict[str, Any]:
    """Return stored overrides with a merge patch applied: null goes back to the default."""
    given = body.model_dump(mode="json", exclude_unset=True)
    merged = {name: value for name, value in {**stored, **given}.items() if value is not None}
    for name in ("workdays", "disabled_steps", "holidays"):
        if name in merged:
            merged[name] = sorted(set(merged[name]))
    return merged


def checked(user: Mapping[str, Any], application: Mapping[str, Any]) -> None:
    """Raise InvalidError where the figures contradict each other."""
    fault = check(policy_of(user, application))
    if fault:
        raise InvalidError.at("/business_closes", "office_hours_too_short", fault)


def check_all(session: OwnedSession, user: User) -> None:
    """Check a user's policy together with each application's overrides."""
    checked(user.policy, {})
    has_overrides = cast(col(Application.policy), String) != "{}"
    for overrides in session.exec(select(Application.policy).where(has_overrides)).all():
        checked(user.policy, overrides)


def explained(user: Mapping[str, Any], application: Mapping[str, Any]) -> Any:  # noqa: ANN401  # made at run time
    """Return every figure with its origin."""
    policy = policy_of(user, application)
    where = origins(user, application)
    return PolicyPublic.model_validate(
        {name: {"value": _plain(getattr(policy, name)), "origin": where[name]} for name in FIELDS}
    )


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    return f"{value:%H:%M}" if isinstance(value, dt.time) else value


def defaults() -> dict[str, Any]:
    """Return the system's figures as plain values."""
    return {name: _plain(getattr(Policy(), name)) for name in FIELDS}
