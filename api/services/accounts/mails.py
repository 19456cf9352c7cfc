"""The outbox of mails: queued in the transaction of their reason, claimed and sent by a worker, links used once.

A mail is claimed by compare-and-set on `tries`, and its next attempt is written down before this one is made, so that
no two processes send it and a crash loses nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Update
from sqlmodel import col, func, select, update

from api.errors import UnauthorizedError
from api.models import Mail
from api.models.base import new_id
from api.models.mail import MailKind, MailOutcome
from api.security import (
    CONFIRM_PREFIX,
    RESET_PREFIX,
    UNSUBSCRIBE_PREFIX,
    hash_token,
    looks_like_token,
    new_token,
)
from api.services.steps import judge
from api.storage.database import Database
from api.storage.session import ANY_OWNER, OwnedSession

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
# What people want: each of these mails can be unsubscribed from. They have their contents when they are sent.
WANTED = (MailKind.DIGEST, MailKind.AFTER_INTERVIEW, MailKind.LETTER_DUE)
LATER = (*WANTED, MailKind.WEBHOOK_DISABLED)  # sent after the mails for which somebody waits


class NothingToSendError(Exception):
    """A mail has no contents any more: what it was to say is done, or nobody wants it."""


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A mail that is to be sent now. `attempt` counts from 1; `secret` is that of its link.

    `user_id`, `key` and `created_at` are those of its row: a mail whose contents are made when it is sent speaks of the
    instant at which it was queued.
    """

    id: str
    kind: str
    address: str
    attempt: int = 1
    secret: str | None = None
    user_id: str = ""
    key: str = ""
    created_at: datetime | None = None


def queue_mail(
    session: OwnedSession,
    kind: MailKind,
    address: str,
    *,
    key: str | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Queue a mail of the session's owner; by default it is one of its own, otherwise one for each kind and key."""
    id_ = new_id()
    secret = new_token(UNSUBSCRIBE_PREFIX) if kind in WANTED else None
    session.add(
        Mail(
            user_id=session.user_id,
            id=id_,
            kind=kind.value,
            key=key or id_,
            created_at=session.now,
            address=address,
            hash=hash_token(secret) if secret else None,
            secret=secret,
            due_at=session.now,
            expires_at=expires_at,
        )
    )


def queue_once(
    session: OwnedSession, kind: MailKind, address: str, *, key: str, expires_at: datetime | None = None
) -> bool:
    """Queue a mail unless there was one with this key; return whether it is queued. The session has the user's lock."""
    known = select(Mail.id).where(Mail.kind == kind.value, Mail.key == key)
    if session.exec(known).first() is not None:
        return False
    queue_mail(session, kind, address, key=key, expires_at=expires_at)
    session.flush()
    return True


def count_since(session: OwnedSession, kind: MailKind, since: datetime) -> int:
    """Return how many mails of a kind were queued for the session's owner after an instant."""
    counted = select(func.count()).select_from(Mail).where(Mail.kind == kind.value, col(Mail.created_at) > since)
    return int(session.exec(counted).one())


def due_mails(database: Database, now: datetime) -> list[Mail]:
    """Return the mails that are due, at most MAX_AT_ONCE: those for which somebody waits, then others, oldest first."""
    is_later, found = col(Mail.kind).in_([kind.value for kind in LATER]), list[Mail]()
    with database.read(now) as session:
        for condition in (~is_later, is_later):
            due = select(Mail).where(col(Mail.due_at) <= now, condition).order_by(col(Mail.due_at), col(Mail.id))
            due = due.limit(MAX_AT_ONCE - len(found))
            found += session.exec(due, execution_options=ANY_OWNER).all()
    return found


def has_expired(mail: Mail, now: datetime) -> bool:
    """Tell whether a mail is of no use any more."""
    return (mail.expires_at or mail.created_at + USABLE_FOR.get(mail.kind, DAY)) <= now


def put_off(database: Database, mail: Mail, now: datetime) -> None:
    """Leave a mail for a minute, which costs it no attempt."""
    with database.write(now) as session:
        session.owner = mail.user_id
        mine = (col(Mail.id) == mail.id, col(Mail.tries) == mail.tries, col(Mail.due_at).is_not(None))
        session.change(update(Mail).where(*mine).values(due_at=now + FIRST_WAIT))


def claim_mail(database: Database, mail: Mail, now: datetime) -> OutgoingMail | None:
    """Take a due mail for this process; return None if another one has it, or if it is gone."""
    values: dict[str, object] = {"tries": mail.tries + 1, "due_at": now + FIRST_WAIT * 2**mail.tries}
    secret, prefix = mail.secret, LINKS.get(mail.kind)
    if prefix:  # each attempt has a link of its own
        secret = new_token(prefix)
        values["hash"] = hash_token(secret)
    with database.write(now) as session:
        session.owner = mail.user_id
        mine = (col(Mail.id) == mail.id, col(Mail.tries) == mail.tries, col(Mail.due_at).is_not(None))
        taken = session.change(update(Mail).where(*mine).values(**values))
    if not taken or mail.address is None:
        return None
    return OutgoingMail(
        mail.id, mail.kind, mail.address, mail.tries + 1, secret, mail.user_id, mail.key, mail.created_at
    )


def record_outcome(
    database: Database,
    mail: Mail,
    outcome: MailOutcome,
    now: datetime,
    *,
    also: Callable[[OwnedSession], None] | None = None,
    lock: bool = False,
) -> None:
    """Record what became of a mail; its address and its secret are not kept any longer.

    The hash stays where the mail may have arrived, so that its link to unsubscribe works until the row is deleted.
    `also`: what else follows in the same transaction, if this process is the one that records it; `lock`: under the
    user's lock.
    """
    values: dict[str, object] = {"outcome": outcome.value, "due_at": None, "address": None, "secret": None}
    if outcome is MailOutcome.SENT:
        values["sent_at"] = now
    elif mail.kind not in WANTED:
        values["hash"] = None
    with suppress(UnauthorizedError), database.write(now) as session:
        session.owner = mail.user_id
        if lock:
            judge.lock_user(session)  # before the row of the mail, as everywhere else; an erased account has none
        mine = (col(Mail.id) == mail.id, col(Mail.outcome).is_(None))
        done = session.change(update(Mail).where(*mine).values(**values))
        if also is not None and done:
            also(session)


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


def find_unsubscribe(session: OwnedSession, secret: str) -> Mail | None:
    """Return the mail of a secret to unsubscribe, and make its user the owner of the session; None if there is none.

    It works as long as the row of the mail is kept, as often as it is used.
    """
    if not (secret.startswith(UNSUBSCRIBE_PREFIX) and looks_like_token(secret)):
        return None
    mail = session.exec(select(Mail).where(Mail.hash == hash_token(secret)), execution_options=ANY_OWNER).one_or_none()
    if mail is not None:
        session.owner = mail.user_id
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
        session.change(statement)


def void_all_links(session: OwnedSession) -> None:
    """End the links of all accounts, and send none of their mails that are still waiting."""
    for statement in _voiding(LINKS):
        session.change(statement, any_owner=True)


def _voiding(kinds: Iterable[str]) -> tuple[Update, Update]:
    ours = col(Mail.kind).in_(list(kinds))
    waiting = update(Mail).where(ours, col(Mail.outcome).is_(None)).values(outcome=MailOutcome.EXPIRED.value)
    return waiting, update(Mail).where(ours).values(hash=None, secret=None, due_at=None, address=None)
