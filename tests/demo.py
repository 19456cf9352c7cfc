"""What tests add to the demo account."""

from sqlmodel import update

from api.http.openapi import examples
from api.models import PasswordReset
from api.security import hash_token
from api.services.accounts import password_resets
from api.storage.session import OwnedSession


def ask_for_reset(session: OwnedSession) -> None:
    """Let the demo account have asked for a new password, and have been sent the link of the example."""
    password_resets.request_reset(session, examples.EMAIL)
    session.flush()
    session.execute(update(PasswordReset).values(hash=hash_token(examples.RESET)))
