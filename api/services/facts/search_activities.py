"""Search activities: what was done elsewhere, which covers step 7."""

from api.models import Application, SearchActivity
from api.models.search_activity import SearchActivityCreate, SearchActivityPublic, SearchActivityUpdate
from api.services.facts.crud import Kind
from api.services.facts.dating import Change
from api.storage.session import OwnedSession


def _settle_activity(session: OwnedSession, row: SearchActivity, _change: Change) -> None:
    row.at = row.at or session.now


SEARCH_ACTIVITY = Kind(
    table=SearchActivity,
    noun="search activity",
    create=SearchActivityCreate,
    update=SearchActivityUpdate,
    public=SearchActivityPublic,
    links={"application_id": Application},
    settle=_settle_activity,
    elsewhere=("at", "application_id"),
    touches=lambda *_: [],
)
