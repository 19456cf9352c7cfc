"""Follow-ups: contact with the employer after an interview, in both directions."""

from api.errors import InvalidError
from api.models import Contact, FollowUp
from api.models.follow_up import OUTCOMES, FollowUpCreate, FollowUpPublic, FollowUpUpdate
from api.services.facts.crud import Kind
from api.services.facts.dating import Change, in_order
from api.storage.session import OwnedSession


def _settle_follow_up(session: OwnedSession, row: FollowUp, _change: Change) -> None:
    row.at = row.at or session.now
    if row.outcome not in OUTCOMES[row.direction]:
        allowed = ", ".join(OUTCOMES[row.direction])
        raise InvalidError.at("/outcome", "outcome_of_other_direction", f"Use one of {allowed} for this direction.")
    in_order(row)


FOLLOW_UP = Kind(
    table=FollowUp,
    noun="follow-up",
    create=FollowUpCreate,
    update=FollowUpUpdate,
    public=FollowUpPublic,
    links={"contact_id": Contact},
    settle=_settle_follow_up,
    seen_as=("follow_ups",),
)
