"""Rows that tests add to the demo account."""

from sqlmodel import insert, select, update

from api.http import examples
from api.models import CalendarFeed, ImportJob, Mail
from api.security import hash_token
from api.services.accounts import password_resets
from api.storage.session import ANY_OWNER, OwnedSession

FINISHED_IMPORT = examples.demo_id(162)


def ask_for_reset(session: OwnedSession) -> None:
    """Add a password reset of the demo account, with the token that the example uses."""
    password_resets.request_reset(session, examples.EMAIL)
    session.flush()
    session.execute(update(Mail).values(hash=hash_token(examples.RESET)))


def show_calendar(session: OwnedSession) -> None:
    """Give the calendar feed of the demo account the secret that the example uses."""
    session.execute(update(CalendarFeed).values(hash=hash_token(examples.CALENDAR)), execution_options=ANY_OWNER)


def add_finished_import(session: OwnedSession) -> None:
    """Add an import of the demo account that has run."""
    draft = session.exec(select(ImportJob), execution_options=ANY_OWNER).one()
    values = {**draft.model_dump(), "id": FINISHED_IMPORT, "state": "finished", "finished_at": session.now}
    session.execute(insert(ImportJob).values(**values))
