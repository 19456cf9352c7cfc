"""The part of an account that an export restores: the user's name, zone, language and policy."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from api.models import ImportRow, User
from api.models.policy import PolicyOverrides
from api.models.user import UserUpdate
from api.services.current_user import current_user
from api.services.imports.written import Written
from api.services.policies import check_policy, merge_overrides
from api.storage.session import OwnedSession

FIELDS = ("full_name", "time_zone", "locale")


def profile_values(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a line of an export. Raises ValueError."""
    body = {name: document[name] for name in FIELDS if document.get(name) is not None}
    try:
        UserUpdate.model_validate(body)
        policy = merge_overrides({}, PolicyOverrides.model_validate(document.get("policy") or {}))
    except ValidationError as error:
        raise ValueError("the profile does not fit") from error
    return {**body, "policy": policy}


def write_profile(session: OwnedSession, row: ImportRow) -> list[Written]:
    """Set the profile of the account; the steps are judged when the import has run. Raises InvalidError."""
    user = current_user(session)
    values = row.plan["profile"]
    check_policy(values["policy"], {})
    before = {name: getattr(user, name) for name in values}
    for name, value in values.items():
        setattr(user, name, value)
    user.version += 1
    session.flush()
    return [Written(str(User.__tablename__), user.id, "updated", user.version, before)]
