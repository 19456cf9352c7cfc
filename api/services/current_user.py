"""The account on whose behalf a session works."""

from api.errors import UnauthorizedError
from api.models import User
from api.storage.session import OwnedSession


def current_user(session: OwnedSession) -> User:
    """Return the session's owner: read once a transaction, however often it is asked for."""
    user = session.get(User, session.user_id)
    if user is None:
        raise UnauthorizedError
    return user
