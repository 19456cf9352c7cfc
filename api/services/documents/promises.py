"""What the employer said last about dates, loaded for letters and cards."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlmodel import col, or_, select

from api.models import Application, FollowUp, Interview
from api.rules.promises import Promise, Said, promises_since
from api.rules.steps.rounds import NOT_HELD
from api.storage.session import OwnedSession

MAX_FOLLOW_UPS = 100
ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Told:
    """The newest promise, and the days of earlier ones. `is_next_arranged`: a live round follows the interview."""

    promise: Promise
    would_not_say: bool
    older: tuple[date, ...]
    is_next_arranged: bool = False


def what_they_said(session: OwnedSession, application: Application, interview: Interview | None = None) -> Told:
    """Return the newest promise since the latest live round began; `interview` counts as begun."""
    mine = select(Interview).where(Interview.application_id == application.id)
    rounds = session.exec(mine).all()
    own = interview.id if interview else None
    live = [one for one in rounds if one.status not in NOT_HELD]
    begun = [one for one in live if one.starts_at <= session.now or one.id == own]
    base = max(begun, key=lambda one: (one.starts_at, one.id), default=None)
    since = base.starts_at if base else ALWAYS
    said = [_said_at(one, since if base is one else ALWAYS) for one in rounds]
    said += [Said(one.at, one.id, _promise(one)) for one in _contacts(session, application)]
    told = promises_since(said, since)
    newest = told[0] if told else Said(since, "", Promise())
    older = {day for one in said if one.id != newest.id for moment in one.promise if moment for day in moment.days}
    end = interview.effective_end_at if interview else session.now
    follows = any(one.id != own and one.starts_at >= end for one in live)
    return Told(newest.promise, newest.would_not_say, tuple(sorted(older)), interview is not None and follows)


def _said_at(one: Interview, least: datetime) -> Said:
    learned = one.timing_learned_at or one.starts_at
    return Said(max(learned, least), one.id, _promise(one), one.timing_unknown)


def _promise(one: Interview | FollowUp) -> Promise:
    return Promise(one.contact_from, one.contact_by, one.hear_by)


def _contacts(session: OwnedSession, application: Application) -> list[FollowUp]:
    """Return the newest contacts that named a date."""
    dates = or_(*(col(name).is_not(None) for name in (FollowUp.contact_from, FollowUp.contact_by, FollowUp.hear_by)))
    mine = select(FollowUp).where(FollowUp.application_id == application.id, dates)
    newest = mine.order_by(col(FollowUp.at).desc(), col(FollowUp.id).desc()).limit(MAX_FOLLOW_UPS)
    return list(session.exec(newest).all())


def earlier_starts(interview: Interview, zone: str) -> tuple[date, ...]:
    """Return the dates in a zone on which an interview was to begin before it was moved."""
    return tuple(
        datetime.fromisoformat(str(one["start_local"]))
        .replace(tzinfo=ZoneInfo(str(one["time_zone"])))
        .astimezone(ZoneInfo(zone))
        .date()
        for one in interview.rescheduled_from
    )
