"""Rows that tests add to the demo account."""

from sqlmodel import update

from api.http import examples
from api.models import Mail
from api.security import hash_token
from api.services.accounts import password_resets
from api.storage.session import OwnedSession


def ask_for_reset(session: OwnedSession) -> None:
    """Add a password reset of the demo account, with the token that the example uses."""
    password_resets.request_reset(session, examples.EMAIL)
    session.flush()
    session.execute(update(Mail).values(hash=hash_token(examples.RESET)))
