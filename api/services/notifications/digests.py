"""The digest: what it says at an instant, and the accounts for which one is due, in a constant number of queries."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, func, select

from api.models import Application, Interview, Notification, User
from api.models.mail import MailKind
from api.models.notification import Digest as Period
from api.protocol.app_links import app_link
from api.rules.answers import Answer
from api.rules.calendar import day_end, local_date
from api.services.accounts import mails
from api.services.accounts.wanted_mails import plan_digest, timetable, wanted_mails
from api.services.calendar.entries import meetings_of
from api.services.current_user import current_user
from api.services.notifications.preferences import preferences, shows_all, why_unavailable
from api.services.steps import judge, queue
from api.services.steps.queue import QueueFilter
from api.services.steps.recompute import is_recomputing
from api.settings import Settings
from api.storage.codecs import from_db_id, to_db_instant
from api.storage.raw_sql import (
    INSTANT,
    ROW_LIMIT,
    CompiledStatement,
    RawConnection,
    param,
    select_as_text,
)
from api.storage.session import ANY_OWNER, OwnedSession
from api.words.calendar_entries import Meeting
from api.words.calendar_sentences import meeting_lines
from api.words.digest import (
    Digest,
    DigestApplication,
    DigestInterview,
    DigestInterviews,
    DigestStep,
    DigestSteps,
    IdleApplication,
    IdleApplications,
)

MAX_LINES = 10
SEARCH = 7
SECOND = timedelta(seconds=1)
USERS_AT_ONCE = 200
NOW, UNTIL = param("now", INSTANT), param("until", INSTANT)
OF_ITS_APPLICATION = col(Application.id) == Interview.application_id
AHEAD = (
    col(Interview.starts_at) >= NOW,
    col(Interview.starts_at) < UNTIL,
    col(Interview.status).in_(["scheduled", "held"]),
    col(Application.deleted_at).is_(None),
)
INTERVIEWS = CompiledStatement(
    select_as_text(Interview.id)
    .join(Application, OF_ITS_APPLICATION)
    .where(*AHEAD)
    .order_by(col(Interview.starts_at), col(Interview.id))
    .limit(ROW_LIMIT)
)
INTERVIEW_COUNT = CompiledStatement(
    select(func.count()).select_from(
        select(Interview.id).join(Application, OF_ITS_APPLICATION).where(*AHEAD).limit(ROW_LIMIT).subquery()
    )
)


def load_digest(session: OwnedSession, wanted: Notification, at: datetime, app_url: str) -> Digest:
    """Return what a digest at an instant says."""
    user, raw = current_user(session), RawConnection.of(session)
    times = timetable(user, wanted)
    today = local_date(at, user.time_zone)
    until = times.next_after(at, today) or day_end(today, user.time_zone)
    pages = _Lines(app_url, is_full=shows_all(wanted))
    search = _search_step(raw, at, until)
    is_weekly = wanted.digest == Period.WEEKLY
    return Digest(
        at=at,
        on=today,
        until=until,
        time_zone=user.time_zone,
        period=wanted.digest,
        details=wanted.digest_details,
        recomputing=is_recomputing(session),
        overdue=pages.steps(raw, QueueFilter(("overdue",), stale="exclude", but_step=SEARCH), at, search),
        due=pages.steps(raw, QueueFilter(("open", "upcoming"), due_before=until + SECOND, but_step=SEARCH), at, search),
        interviews=pages.interviews(raw, at, until),
        nothing_scheduled=pages.idle(queue.nothing_scheduled(session, at) if is_weekly else ()),
        stale=queue.count_items(raw, QueueFilter(("overdue",), stale="only"), now=at),
    )


def _search_step(raw: RawConnection, at: datetime, until: datetime) -> Answer | None:
    """Return step 7 of the application for which it is due first, because it is one thing for all of them."""
    wanted = QueueFilter(("overdue", "open", "upcoming"), SEARCH, due_before=until + SECOND)
    return next(iter(queue.first_items(raw, wanted, sort="due_at", now=at, limit=1)), None)


class _Lines:
    """Makes the lines of a digest, with company, role and people only if `is_full`."""

    def __init__(self, app_url: str, *, is_full: bool) -> None:
        self.app_url = app_url
        self.is_full = is_full

    def steps(self, raw: RawConnection, wanted: QueueFilter, at: datetime, search: Answer | None) -> DigestSteps:
        """Return the steps of a filter, newest deadline first if they are overdue; step 7 is one of them."""
        is_overdue = wanted.states == ("overdue",)
        sort = "-due_at" if is_overdue else "due_at"
        found = queue.first_items(raw, wanted, sort=sort, now=at, limit=MAX_LINES)
        total = queue.count_items(raw, wanted, now=at)
        if search is not None and (search["state"] == "overdue") == is_overdue:
            found, total = sorted([*found, search], key=lambda one: one["due_at"], reverse=is_overdue), total + 1
        lines = [self._step(one) for one in found[:MAX_LINES]]
        return DigestSteps(lines, total - len(lines))

    def _step(self, one: Answer) -> DigestStep:
        is_search = one["number"] == SEARCH
        return DigestStep(
            step_id=one["id"],
            number=one["number"],
            step=one["step"],
            title=one["title"],
            application=None if is_search else self._application(**one["application"]),
            due_at=datetime.fromisoformat(one["due_at"]),
            due_text=one["due_text"],
            why=_without_deadline(one["reason"]["text"], one["due_text"]),
            app_url=None if is_search else app_link(self.app_url, "step", one["id"]),
        )

    def interviews(self, raw: RawConnection, at: datetime, until: datetime) -> DigestInterviews:
        """Return the interviews that begin from one instant up to another."""
        values = {"now": to_db_instant(at), "until": to_db_instant(until)}
        rows = raw.all(INTERVIEWS, limit=MAX_LINES, **values)
        counted = raw.first(INTERVIEW_COUNT, limit=queue.CAP, **values)
        meetings = meetings_of(raw, [from_db_id(row[0]) for row in rows], self.app_url)
        lines = [self._interview(one) for one in sorted(meetings, key=lambda one: (one.starts_at, one.id))]
        return DigestInterviews(lines, (counted[0] if counted else 0) - len(lines))

    def _interview(self, one: Meeting) -> DigestInterview:
        return DigestInterview(
            interview_id=one.id,
            application=self._application(one.application_id, one.application.company, one.application.role),
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            time_zone=one.zone,
            lines=meeting_lines(one, is_full=self.is_full),
            app_url=one.url,
        )

    def idle(self, found: Sequence[Any]) -> IdleApplications:
        """Return the first of some applications."""
        lines = [
            IdleApplication(
                self._application(one.id, one.company, one.role), app_link(self.app_url, "application", one.id)
            )
            for one in found[:MAX_LINES]
        ]
        return IdleApplications(lines, len(found) - len(lines))

    def _application(self, id: str, company: str, role: str) -> DigestApplication | None:  # noqa: A002  # of an answer
        return DigestApplication(id, company, role) if self.is_full else None


def _without_deadline(reason: str, due_text: str) -> str:
    """Return a reason without its last sentence, because the line says the deadline itself."""
    for verb in ("had", "have"):
        reason = reason.removesuffix(f" You {verb} until {due_text}.")
    return reason


def due_users(session: OwnedSession) -> Sequence[str]:
    """Return accounts whose digest is due, of all users: for the background task only.

    An account that is recomputing waits, because its dates may change.
    """
    wanted = (
        select(Notification.user_id)
        .join(User, col(User.id) == Notification.user_id)
        .where(
            col(Notification.next_digest_at) <= session.now,
            col(User.recompute_after).is_(None),
            col(User.erased_at).is_(None),
        )
        .order_by(col(Notification.next_digest_at))
        .limit(USERS_AT_ONCE)
    )
    return session.exec(wanted, execution_options=ANY_OWNER).all()


def queue_due_digest(session: OwnedSession, settings: Settings) -> bool:
    """Queue the digest of the session's owner if it is due, and plan the next one; return whether it is queued.

    It is queued once for a local date. What was due on an earlier date, or more than 6 hours ago, is left out.
    """
    judge.lock_user(session)
    user, wanted = current_user(session), wanted_mails(session)
    if wanted is None or wanted.next_digest_at is None or wanted.next_digest_at > session.now:
        return False
    if is_recomputing(session):
        return False
    times, is_queued = timetable(user, wanted), False
    today = local_date(session.now, user.time_zone)
    is_new = wanted.last_digest_on is None or wanted.last_digest_on < today
    can_be_mailed = user.disabled_at is None and why_unavailable(settings, user, wanted) is None
    if is_new and can_be_mailed and times.is_in_time(today, session.now):
        expires_at = times.expiry(today)
        is_queued = mails.queue_once(session, MailKind.DIGEST, user.email, key=today.isoformat(), expires_at=expires_at)
        wanted.last_digest_on = today
    wanted.next_digest_at = None
    plan_digest(session, user, wanted)
    session.flush()
    return is_queued


def digest_now(session: OwnedSession, at: datetime, app_url: str) -> Digest:
    """Return the digest of the session's owner as it would be at an instant."""
    return load_digest(session, preferences(session), at, app_url)
