"""Epochs: after a backup was restored, no entity tag from before holds.

The write counter and the versions in a backup are older than tags that clients have read since. They would come back
for other contents. The epoch is random and part of every tag, so a new one ends all of them.
"""

from sqlmodel import bindparam, col, delete, select, update

from api.models import Token, User
from api.protocol.etags import new_epoch
from api.services.accounts import mails
from api.storage.session import ANY_OWNER, OwnedSession

ROWS_AT_ONCE = 500


def start_epoch(session: OwnedSession) -> int:
    """Give every account a new epoch; return the number of accounts."""
    ids = session.exec(select(User.id), execution_options=ANY_OWNER).all()
    changed = update(User).where(col(User.id) == bindparam("user")).values(epoch=bindparam("random"))
    for at in range(0, len(ids), ROWS_AT_ONCE):
        epochs = [{"user": id_, "random": new_epoch()} for id_ in ids[at : at + ROWS_AT_ONCE]]
        session.connection().execute(changed, epochs)
    return len(ids)


def end_credentials(session: OwnedSession) -> int:
    """End the sessions and tokens of all accounts, and the links in mails; return how many tokens ended."""
    ended = session.exec(select(Token.id), execution_options=ANY_OWNER).all()
    session.change(delete(Token), any_owner=True)
    mails.void_all_links(session)
    return len(ended)
