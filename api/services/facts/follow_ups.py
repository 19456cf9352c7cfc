"""Follow-ups: contact with the employer after an interview, in both directions."""

from collections.abc import Sequence
from typing import Any

from api.errors import InvalidError
from api.models import Application, Contact, FollowUp
from api.models.follow_up import OUTCOMES, FollowUpCreate, FollowUpPublic
from api.rules.evaluate import steps_affected_by
from api.services.facts.crud import FactKind, by_id
from api.services.facts.dating import Change, check_date_order
from api.services.facts.stage_warnings import closed_warnings
from api.storage.session import OwnedSession


def _validate(session: OwnedSession, row: FollowUp, _change: Change) -> None:
    row.at = row.at or session.now
    if row.outcome not in OUTCOMES[row.direction]:
        allowed = ", ".join(OUTCOMES[row.direction])
        raise InvalidError.at("/outcome", "outcome_of_other_direction", f"Use one of {allowed} for this direction.")
    check_date_order(row)


def _extras(session: OwnedSession, rows: Sequence[FollowUp]) -> list[dict[str, Any]]:
    applications = by_id(session, Application, (row.application_id for row in rows))
    return [
        {"warnings": closed_warnings(applications[row.application_id], row.at) if row.direction == "in" else []}
        for row in rows
    ]


FOLLOW_UP = FactKind(
    table=FollowUp,
    create=FollowUpCreate,
    public=FollowUpPublic,
    affected_steps=steps_affected_by("follow_ups"),
    links={"contact_id": Contact},
    validate=_validate,
    extras=_extras,
)
