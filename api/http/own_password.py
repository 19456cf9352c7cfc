"""Operations that ask for the caller's password, which is compared outside of any transaction because it takes long."""

from collections.abc import Iterator
from contextlib import contextmanager

from api.errors import InvalidError
from api.http.deps import Caller
from api.models import User
from api.security import verify_password
from api.services.accounts import users
from api.services.current_user import current_user
from api.services.row_etags import row_etag
from api.storage.session import OwnedSession


def check_own_password(caller: Caller, password: str, pointer: str) -> User:
    """Return the caller's account if this is its password. Attempts count towards the limit of sign-ins.

    Raises InvalidError, TooManyRequestsError, and PreconditionFailedError for If-Match.
    """
    with caller.writing(audited=False) as session:
        user = current_user(session)
        caller.check_if_match(users.user_to_public(session, user), row_etag(session, user))
        caller.count_sign_in(session, user.email)
    if not verify_password(password, user.password_hash):
        detail = "This is not your current password: check it and send it again."
        raise InvalidError.at(pointer, "wrong_password", detail)
    return user


@contextmanager
def writing_as_checked(caller: Caller, checked: User, *, audited: bool = True) -> Iterator[OwnedSession]:
    """Open a write transaction of the caller. Raises UnauthorizedError if the password was changed meanwhile."""
    with caller.writing(audited=audited) as session:
        users.check_password_unchanged(session, checked.password_hash)
        user = current_user(session)
        caller.check_if_match(users.user_to_public(session, user), row_etag(session, user))
        yield session
