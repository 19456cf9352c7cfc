"""Epochs: after a backup was restored, no entity tag from before holds.

The write counter and the versions in a backup are older than tags that clients have read since. They would come back
for other contents. The epoch is random and part of every tag, so a new one ends all of them.
"""

from sqlmodel import bindparam, col, delete, select, update

from api.models import PasswordReset, Token, User
from api.protocol.etags import new_epoch
from api.storage.session import ANY_OWNER, UNSYNCED, OwnedSession

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
    """End the sessions and tokens of all accounts, and the links for a new password; return how many tokens ended."""
    ended = session.exec(select(Token.id), execution_options=ANY_OWNER).all()
    for table in (Token, PasswordReset):
        session.execute(delete(table), execution_options={**ANY_OWNER, **UNSYNCED})
    return len(ended)
