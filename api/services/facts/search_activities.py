"""Search activities: what the user did for the search elsewhere, which counts for step 7."""

from api.models import Application, SearchActivity
from api.models.search_activity import SearchActivityCreate, SearchActivityPublic
from api.services.facts.crud import NO_STEPS, FactKind
from api.services.facts.dating import Change
from api.storage.session import OwnedSession


def _validate(session: OwnedSession, row: SearchActivity, _change: Change) -> None:
    row.at = row.at or session.now


SEARCH_ACTIVITY = FactKind(
    table=SearchActivity,
    create=SearchActivityCreate,
    public=SearchActivityPublic,
    affected_steps=NO_STEPS,
    links={"application_id": Application},
    validate=_validate,
    elsewhere=("at", "application_id"),
    affected_applications=lambda *_: [],
)
