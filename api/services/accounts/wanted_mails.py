"""The mails that an account wants, as far as the account itself changes them: times of digests, refused addresses."""

from datetime import date, time

from sqlmodel import select

from api.models import Notification, User
from api.models.notification import Digest
from api.rules.calendar import local_date
from api.rules.digests import Timetable
from api.services.policies import policy_of
from api.storage.session import OwnedSession

MAX_REFUSALS = 3  # on as many days in a row, then the address counts as refused


def wanted_mails(session: OwnedSession) -> Notification | None:
    """Return what the session's owner wants; None: the defaults."""
    return session.exec(select(Notification)).one_or_none()


def timetable(user: User, wanted: Notification) -> Timetable:
    """Return when digests of an account are due; also for one that has none, for which they would be daily."""
    is_weekly = wanted.digest == Digest.WEEKLY
    office = policy_of(user.policy, {}).office(user.time_zone)
    return Timetable(
        zone=user.time_zone,
        at=time.fromisoformat(wanted.digest_at),
        weekday=wanted.digest_weekday if is_weekly else None,
        workdays=office if wanted.digest_workdays_only and not is_weekly else None,
    )


def plan_digest(session: OwnedSession, user: User, wanted: Notification) -> None:
    """Set when the next digest is due.

    A digest that is due already stays due, because the background task has not come to it yet.
    """
    if wanted.digest == Digest.OFF:
        wanted.next_digest_at = None
    elif wanted.next_digest_at is None or wanted.next_digest_at > session.now:
        wanted.next_digest_at = timetable(user, wanted).next_after(session.now, wanted.last_digest_on)


def plan_digest_again(session: OwnedSession, user: User) -> None:
    """Set when the next digest is due after the zone or the policy of an account changed."""
    wanted = wanted_mails(session)
    if wanted is not None:
        plan_digest(session, user, wanted)
        session.flush()


def is_refused(wanted: Notification | None) -> bool:
    """Tell whether the mail server refused the address so often that nothing is mailed to it any more."""
    return wanted is not None and wanted.refusals >= MAX_REFUSALS


def accept_address(session: OwnedSession) -> None:
    """Forget refusals: a link that was mailed to the address of the account has shown that it works."""
    wanted = wanted_mails(session)
    if wanted is not None and wanted.refusals:
        wanted.refusals, wanted.refused_on = 0, None
        session.flush()


def count_refusal(session: OwnedSession, user: User) -> bool:
    """Count that the mail server refused the address for good, once for a date; return whether it did so too often."""
    wanted = wanted_mails(session)
    if wanted is None:
        return False
    today: date = local_date(session.now, user.time_zone)
    if wanted.refused_on != today:
        wanted.refusals, wanted.refused_on = wanted.refusals + 1, today
    return is_refused(wanted)
