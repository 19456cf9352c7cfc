"""Who is told about an account."""

from api.storage.session import OwnedSession


def refresh(session: OwnedSession) -> None:
    """Find out anew who is told about the session's account."""
