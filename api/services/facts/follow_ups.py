"""Follow-ups: contact with the employer after an interview, in both directions."""

from api.errors import InvalidError
from api.models import Contact, FollowUp
from api.models.follow_up import OUTCOMES, FollowUpCreate, FollowUpPublic, FollowUpUpdate
from api.services.facts.crud import FactKind
from api.services.facts.dating import Change, check_date_order
from api.storage.session import OwnedSession


def _validate(session: OwnedSession, row: FollowUp, _change: Change) -> None:
    row.at = row.at or session.now
    if row.outcome not in OUTCOMES[row.direction]:
        allowed = ", ".join(OUTCOMES[row.direction])
        raise InvalidError.at("/outcome", "outcome_of_other_direction", f"Use one of {allowed} for this direction.")
    check_date_order(row)


FOLLOW_UP = FactKind(
    table=FollowUp,
    noun="follow-up",
    create=FollowUpCreate,
    update=FollowUpUpdate,
    public=FollowUpPublic,
    links={"contact_id": Contact},
    validate=_validate,
    fact_names=("follow_ups",),
)
