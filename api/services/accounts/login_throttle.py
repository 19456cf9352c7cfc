"""Limits per hour or day: sign-ins, sign-ups, password resets, exports and writes of assistants.

They are counted by account, by IP address, or both. A count lapses an hour after `began_at`, so that of a longer period
begins in the future.
"""

import hashlib
from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, delete, select, update

from api.errors import TooManyRequestsError
from api.models import LoginThrottle
from api.protocol.email_address import account_address
from api.storage.session import ANY_OWNER, OwnedSession

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PEOPLE_BEHIND_AN_ADDRESS = 3
IPV6_SITE = 64


def count_attempt(session: OwnedSession, what: str, *, email: str, address: str, most: int) -> None:
    """Count an attempt for an e-mail address, with or without an account, and for an IP address; 0 counts nothing.

    Raises TooManyRequestsError beyond `most` an hour for the e-mail address, or three times as many for the IP address,
    which several people may share. All forms of an address count as one, because all of them find its account.
    """
    if most:
        _count(session, f"{what}|account|{account_address(email)}", most)
        _count(session, f"{what}|address|{_site(address)}", most * PEOPLE_BEHIND_AN_ADDRESS)


def count_address(session: OwnedSession, what: str, *, address: str, most: int) -> None:
    """Count an attempt for an IP address; 0 counts nothing. Raises TooManyRequestsError beyond `most` an hour."""
    if most:
        _count(session, f"{what}|address|{_site(address)}", most)


def count_account(session: OwnedSession, what: str, *, most: int, period: timedelta = HOUR) -> None:
    """Count an operation of the session's owner. Raises TooManyRequestsError beyond `most` in a period."""
    _count(session, f"{what}|account|{session.user_id}", most, period)


def is_within(session: OwnedSession, what: str, email: str, *, most: int) -> bool:
    """Count something done to an address, and tell whether it is within `most` an hour."""
    try:
        _count(session, f"{what}|account|{email}", most)
    except TooManyRequestsError:
        return False
    return True


def delete_expired(session: OwnedSession) -> None:
    """Delete counts that began at least an hour ago."""
    session.change(delete(LoginThrottle).where(_over(session)), any_owner=True)


def _over(session: OwnedSession) -> Any:  # noqa: ANN401  # a condition
    return col(LoginThrottle.began_at) <= session.now - HOUR


def _site(address: str) -> str:
    """Return the address; of IPv6 only the first 64 bits, because one machine can use all addresses with these bits."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(int(parsed) >> IPV6_SITE)
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def _count(session: OwnedSession, subject: str, most: int, period: timedelta = HOUR) -> None:
    """Count and compare in one UPDATE, so that simultaneous attempts cannot exceed the limit."""
    first_at = session.now + period - HOUR
    key = hashlib.sha256(subject.encode()).hexdigest()
    mine, attempts = col(LoginThrottle.key) == key, col(LoginThrottle.attempts)
    counted = update(LoginThrottle).where(mine, ~_over(session), attempts < most).values(attempts=attempts + 1)
    begun = update(LoginThrottle).where(mine, _over(session)).values(attempts=1, began_at=first_at)
    if session.change(counted, any_owner=True) or session.change(begun, any_owner=True):
        return
    wanted = select(LoginThrottle.began_at).where(mine)
    began_at = session.exec(wanted, execution_options=ANY_OWNER).one_or_none()
    if began_at is not None:
        raise TooManyRequestsError(began_at + HOUR - session.now)
    try:
        with session.begin_nested():
            session.add(LoginThrottle(key=key, began_at=first_at, attempts=1))
    except IntegrityError:  # another process inserted the row at the same time
        _count(session, subject, most, period)
