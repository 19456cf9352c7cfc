"""The account that owns a session."""

from api.errors import UnauthorizedError
from api.models import User
from api.storage.session import OwnedSession


def current_user(session: OwnedSession) -> User:
    """Return the session's owner. Raises UnauthorizedError if the account was erased.

    The row is read again only if no caller holds the object any more: the identity map has weak references.
    """
    user = session.get(User, session.user_id)
    if user is None:
        raise UnauthorizedError
    return user
