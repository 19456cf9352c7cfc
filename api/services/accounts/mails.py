"""The outbox of mails: queued in the transaction of their reason, claimed and sent by a worker, links used once.

A mail is claimed by compare-and-set on `tries`, and its next attempt is written down before this one is made, so that
no two processes send it and a crash loses nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Update
from sqlmodel import col, func, select, update

from api.models import Mail
from api.models.base import new_id
from api.models.mail import MailKind, MailOutcome
from api.security import CONFIRM_PREFIX, RESET_PREFIX, hash_token, looks_like_token, new_token
from api.services.steps import judge
from api.storage.database import Database
from api.storage.session import ANY_OWNER, UNSYNCED, OwnedSession

RETENTION = timedelta(days=90)
DAY = timedelta(days=1)
MAX_TRIES = 5
FIRST_WAIT = timedelta(minutes=1)
MAX_AT_ONCE = 20
# How long a mail is of use: its link works as long, and a mail that could not be sent by then is not sent at all.
USABLE_FOR: Mapping[str, timedelta] = {MailKind.RESET: timedelta(hours=1)}
LINKS: Mapping[str, str] = {
    MailKind.RESET: RESET_PREFIX,
    MailKind.CONFIRM: CONFIRM_PREFIX,
    MailKind.EMAIL_CHANGE: CONFIRM_PREFIX,
}


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A mail that is to be sent now. `attempt` counts from 1; `secret` is that of its link."""

    id: str
    kind: str
    address: str
    attempt: int = 1
    secret: str | None = None


def queue_mail(session: OwnedSession, kind: MailKind, address: str, *, key: str | None = None) -> None:
    """Queue a mail of the session's owner; by default it is one of its own, otherwise one for each kind and key."""
    id_ = new_id()
    session.add(
        Mail(
            user_id=session.user_id,
            id=id_,
            kind=kind.value,
            key=key or id_,
            created_at=session.now,
            address=address,
            due_at=session.now,
        )
    )


def count_since(session: OwnedSession, kind: MailKind, since: datetime) -> int:
    """Return how many mails of a kind were queued for the session's owner after an instant."""
    counted = select(func.count()).select_from(Mail).where(Mail.kind == kind.value, col(Mail.created_at) > since)
    return int(session.exec(counted).one())


def due_mails(database: Database, now: datetime) -> list[Mail]:
    """Return the mails that are due, the oldest first; at most MAX_AT_ONCE."""
    with database.read(now) as session:
        wanted = select(Mail).where(col(Mail.due_at) <= now).order_by(col(Mail.due_at), col(Mail.id)).limit(MAX_AT_ONCE)
        return list(session.exec(wanted, execution_options=ANY_OWNER).all())


def has_expired(mail: Mail, now: datetime) -> bool:
    """Tell whether a mail is of no use any more."""
    return mail.created_at + USABLE_FOR.get(mail.kind, DAY) <= now


def claim_mail(database: Database, mail: Mail, now: datetime) -> OutgoingMail | None:
    """Take a due mail for this process; return None if another one has it, or if it is gone."""
    prefix = LINKS.get(mail.kind)
    secret = new_token(prefix) if prefix else None
    values: dict[str, object] = {
        "tries": mail.tries + 1,
        "due_at": now + FIRST_WAIT * 2**mail.tries,
        "hash": hash_token(secret) if secret else None,
    }
    with database.write(now) as session:
        session.owner = mail.user_id
        mine = (col(Mail.id) == mail.id, col(Mail.tries) == mail.tries, col(Mail.due_at).is_not(None))
        taken = session.execute(update(Mail).where(*mine).values(**values), execution_options=UNSYNCED)
    if taken.rowcount == 0 or mail.address is None:  # type: ignore[attr-defined]  # an UPDATE
        return None
    return OutgoingMail(mail.id, mail.kind, mail.address, mail.tries + 1, secret)


def record_outcome(database: Database, mail: Mail, outcome: MailOutcome, now: datetime) -> None:
    """Record what became of a mail; its address is not kept any longer."""
    values: dict[str, object] = {"outcome": outcome.value, "due_at": None, "address": None}
    values |= {"sent_at": now} if outcome is MailOutcome.SENT else {"hash": None}
    with database.write(now) as session:
        session.owner = mail.user_id
        mine = (col(Mail.id) == mail.id, col(Mail.outcome).is_(None))
        session.execute(update(Mail).where(*mine).values(**values), execution_options=UNSYNCED)


def find_link(session: OwnedSession, secret: str, *kinds: MailKind, lock: bool = False) -> Mail | None:
    """Return the mail whose link works, and make its user the owner of the session; None if no such link works.

    `lock`: lock the user and look again, because of two that use a link at the same time only one may succeed.
    """
    if not looks_like_token(secret):
        return None
    wanted = select(Mail).where(Mail.hash == hash_token(secret), col(Mail.kind).in_([kind.value for kind in kinds]))
    mail = session.exec(wanted, execution_options=ANY_OWNER).one_or_none()
    if mail is None or has_expired(mail, session.now):
        return None
    session.owner = mail.user_id
    if lock:
        judge.lock_user(session)
        if session.exec(wanted).one_or_none() is None:
            return None
    return mail


def use_link(session: OwnedSession, mail: Mail) -> None:
    """Mark the link of a mail as used: it works once."""
    mail.hash, mail.used_at = None, session.now
    session.add(mail)
    session.flush()


def void_mails(session: OwnedSession, *kinds: MailKind) -> None:
    """End all links of some kinds, and send none of their mails that are still waiting.

    The rows stay, because they count how many were sent.
    """
    session.flush()
    for statement in _voiding([kind.value for kind in kinds]):
        session.execute(statement, execution_options=UNSYNCED)


def void_all_links(session: OwnedSession) -> None:
    """End the links of all accounts, and send none of their mails that are still waiting."""
    for statement in _voiding(LINKS):
        session.execute(statement, execution_options={**ANY_OWNER, **UNSYNCED})


def _voiding(kinds: Iterable[str]) -> tuple[Update, Update]:
    ours = col(Mail.kind).in_(list(kinds))
    waiting = update(Mail).where(ours, col(Mail.outcome).is_(None)).values(outcome=MailOutcome.EXPIRED.value)
    return waiting, update(Mail).where(ours).values(hash=None, due_at=None, address=None)
