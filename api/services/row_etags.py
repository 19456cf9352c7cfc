"""Entity tags of rows, as the API shows them."""

from collections.abc import Iterable

from api.models.base import Versioned
from api.protocol.etags import etag
from api.services.current_user import current_user
from api.storage.session import OwnedSession


def row_etag(session: OwnedSession, row: Versioned, derived: Iterable[object] = ()) -> str:
    """Return the entity tag of a row of the session's owner; `derived`: values in the response that are not in it."""
    if session.epoch is None:
        session.epoch = current_user(session).epoch
    return etag(session.epoch, row.incarnation, row.version, derived)
