"""Load the report of a job search: dated facts of a period, nothing that was only planned, and no private texts.

Notes, letters, salaries and summaries of contacts are not read. Dates are those of the user's zone. The number of
statements does not depend on the number of rows, except that applications are looked up in groups of 500.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import and_, col, exists, func, or_

from api.errors import InvalidError
from api.models import Application, Contact, FollowUp, Interview, InterviewInterviewer, SearchActivity, StageChange
from api.rules.calendar import day_end, day_start, local_date
from api.services.current_user import current_user
from api.services.reports.cells import StageLine, columns_of
from api.storage.session import OwnedSession
from api.words.catalogue import catalogue
from api.words.job_search import KINDS, Entry, Report, Standing, outcome

MAX_ROWS, MAX_DAYS, DEFAULT_DAYS = 5_000, 400, 30
AT_ONCE, MAX_PEOPLE = 500, 50_000
INCLUDES = dict(zip(("applications", "interviews", "follow_ups", "search_activities"), KINDS, strict=True))
HELD = ("scheduled", "held")  # a scheduled interview counts as held after its end
ABOUT = (
    *(Application.id, Application.company, Application.role, Application.location, Application.posting_url),
    *(Application.source, Application.stage, Application.applied_on, Application.time_zone),
)
IS_LIVE = col(Application.deleted_at).is_(None)
IS_THERE = (col(Contact.deleted_at).is_(None), col(Contact.erased_at).is_(None), col(Contact.full_name).is_not(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """What a report shows. `first` and `last` are local dates, both included; None is the default."""

    first: date | None = None
    last: date | None = None
    include: Sequence[str] = tuple(INCLUDES)
    contacts: bool = False
    history: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """A period of local dates, with the instants at which it begins and ends (not included)."""

    first: date
    last: date
    zone: str

    @property
    def begins_at(self) -> datetime:
        """The first instant."""
        return day_start(self.first, self.zone)

    @property
    def ends_at(self) -> datetime:
        """The instant after the last."""
        return day_end(self.last, self.zone)

    def has(self, column: Any) -> Any:  # noqa: ANN401  # an instant's column, a condition
        """Return the condition that an instant lies in the period."""
        return and_(column >= self.begins_at, column < self.ends_at)


def period_of(options: ReportOptions, today: date, zone: str) -> Period:
    """Return the period, by default the 31 days up to today. Raises InvalidError."""
    last = options.last or max(today, options.first or today)
    first = options.first or last - timedelta(days=DEFAULT_DAYS)
    if last < first:
        raise InvalidError.parameter("to", "before_from", "Send a day that is not before `from`.")
    if (last - first).days >= MAX_DAYS:
        raise InvalidError.parameter("to", "period_too_long", f"Send a period of at most {MAX_DAYS} days.")
    return Period(first, last, zone)


@dataclass(frozen=True, slots=True)
class Scope:
    """What the readers of entries need."""

    session: OwnedSession
    options: ReportOptions
    period: Period

    def day(self, instant: datetime) -> date:
        """Return the local date of an instant."""
        return local_date(instant, self.period.zone)

    def rows(self, statement: Any) -> Sequence[Any]:  # noqa: ANN401  # a statement, its rows
        """Return the rows of a statement, at most one more than a report may have."""
        return self.session.execute(statement.limit(MAX_ROWS + 1)).all()


def job_search(session: OwnedSession, options: ReportOptions) -> Report:
    """Return the report. Raises InvalidError for a period that is too long or has more than 5,000 rows."""
    user = current_user(session)
    today = local_date(session.now, user.time_zone)
    scope = Scope(session, options, period_of(options, today, user.time_zone))
    entries = [entry for name in INCLUDES if name in options.include for entry in READERS[name](scope)]
    undated = list(_undated(scope)) if "applications" in options.include else []
    if len(entries) + len(undated) > MAX_ROWS:
        detail = f"The report would have more than {MAX_ROWS:,} rows: ask for a shorter period, or for fewer kinds."
        raise InvalidError.parameter("to", "too_many_rows", detail)
    entries.sort(key=lambda entry: (entry.day or date.max, KINDS.index(entry.kind)))
    known = _standings(scope, {entry.application_id for entry in (*entries, *undated) if entry.application_id})
    return Report(
        full_name=user.full_name,
        email=user.email,
        first=scope.period.first,
        last=scope.period.last,
        zone=scope.period.zone,
        made_on=today,
        kinds=[INCLUDES[name] for name in INCLUDES if name in options.include],
        entries=[_completed(entry, known, scope) for entry in entries],
        undated=[_completed(entry, known, scope) for entry in undated],
        words=catalogue("formal"),
    )


def _entry(about: Any, **values: Any) -> Entry:  # noqa: ANN401  # a row, fields
    """Return an entry about an application, or about none if the row of it is empty."""
    if about.id is None:
        return Entry(**values)
    return Entry(
        **{
            "employer": about.company,
            "position": about.role,
            "place": about.location,
            "posting_url": about.posting_url,
            "application_id": about.id,
            **values,
        }
    )


def _its(table: Any) -> tuple[Any, Any]:  # noqa: ANN401  # a table, conditions
    """Return the conditions that rows of a table belong to an application."""
    return (col(table.application_id) == col(Application.id), col(table.user_id) == col(Application.user_id))


def _applied_line() -> Any:  # noqa: ANN401  # a condition
    """Return the condition for a dated entry `applied` in the stage history of an application."""
    return and_(*_its(StageChange), col(StageChange.stage) == "applied", col(StageChange.dated))


def _applications(scope: Scope) -> Iterator[Entry]:
    """Yield what was applied for: by `applied_on`, else by the first dated entry `applied` of the stage history."""
    period = scope.period
    within = col(Application.applied_on).between(period.first, period.last)
    for row in scope.rows(columns_of(*ABOUT).where(IS_LIVE, within).order_by(col(Application.id))):
        yield _entry(row, day=row.applied_on, kind="application", code="applied", how=row.source)
    first_at = func.min(StageChange.at).label("first_at")
    by_stage = columns_of(*ABOUT, first_at).join(StageChange, _applied_line())
    by_stage = by_stage.where(IS_LIVE, col(Application.applied_on).is_(None)).group_by(*ABOUT)
    for row in scope.rows(by_stage.having(period.has(first_at)).order_by(col(Application.id))):
        yield _entry(row, day=scope.day(row.first_at), kind="application", code="applied", how=row.source)


def _undated(scope: Scope) -> Iterator[Entry]:
    """Yield what was applied for on a day that is not known, if it was recorded in the period."""
    wanted = columns_of(*ABOUT).where(
        IS_LIVE,
        col(Application.applied_on).is_(None),
        scope.period.has(col(Application.created_at)),
        exists().where(*_its(StageChange), col(StageChange.stage) != "saved"),
        ~exists().where(_applied_line()),
        ~exists().where(*_its(SearchActivity), col(SearchActivity.kind) == "applied"),
    )
    for row in scope.rows(wanted.order_by(col(Application.id))):
        yield _entry(row, day=None, kind="application", code="applied", how=row.source)


def _interviews(scope: Scope) -> Iterator[Entry]:
    """Yield the interviews that took place: neither cancelled nor missed, and over."""
    one, now = Interview, scope.session.now
    held = (scope.period.has(col(one.starts_at)), col(one.status).in_(HELD), col(one.effective_end_at) <= now, IS_LIVE)
    rows = columns_of(
        col(one.id).label("interview_id"), one.starts_at, one.kind, col(one.location).label("room"), *ABOUT
    )
    rows = rows.join(Application, col(Application.id) == col(one.application_id)).where(*held)
    people = _interviewers(scope, held) if scope.options.contacts else {}
    for row in scope.rows(rows.order_by(col(one.starts_at), col(one.id))):
        with_whom = tuple(people.get(row.interview_id, ())) if scope.options.contacts else None
        day, place = scope.day(row.starts_at), row.room or row.location
        yield _entry(row, day=day, kind="interview", code=row.kind, place=place, people=with_whom)


def _interviewers(scope: Scope, held: Sequence[Any]) -> dict[str, list[str]]:
    """Return the names of interviewers by interview, without people who were deleted or erased."""
    link = InterviewInterviewer
    names = columns_of(link.interview_id, Contact.full_name).join(Contact, col(Contact.id) == col(link.contact_id))
    names = names.join(Interview, col(Interview.id) == col(link.interview_id))
    names = names.join(Application, col(Application.id) == col(Interview.application_id)).where(*held, *IS_THERE)
    found: dict[str, list[str]] = defaultdict(list)
    for interview_id, name in scope.session.execute(names.order_by(col(Contact.full_name)).limit(MAX_PEOPLE)).all():
        found[interview_id].append(name)
    return found


def _follow_ups(scope: Scope) -> Iterator[Entry]:
    """Yield how the person contacted employers."""
    one = FollowUp
    rows = columns_of(one.at, one.channel, one.outcome, Contact.full_name, *ABOUT)
    rows = rows.join(Application, col(Application.id) == col(one.application_id))
    rows = rows.outerjoin(Contact, and_(col(Contact.id) == col(one.contact_id), *IS_THERE))
    rows = rows.where(scope.period.has(col(one.at)), col(one.direction) == "out", IS_LIVE)
    for row in scope.rows(rows.order_by(col(one.at), col(one.id))):
        code = f"phone {row.outcome}" if row.channel == "phone" else row.channel
        with_whom = tuple(filter(None, [row.full_name])) if scope.options.contacts else None
        yield _entry(row, day=scope.day(row.at), kind="follow_up", code=code, people=with_whom)


def _activities(scope: Scope) -> Iterator[Entry]:
    """Yield other activities; one that repeats the date of an application or an interview is left out.

    `applied` of an application that has no date elsewhere is the date of that application.
    """
    one = SearchActivity
    of = col(Application.id) == col(one.application_id)
    has_line = exists().where(_applied_line(), col(StageChange.user_id) == scope.session.user_id).label("has_line")
    rows = columns_of(one.at, one.kind, has_line, *ABOUT).outerjoin(Application, of)
    rows = rows.where(scope.period.has(col(one.at)), or_(col(one.application_id).is_(None), IS_LIVE))
    for row in scope.rows(rows.order_by(col(one.at), col(one.id))):
        if row.kind == "applied" and row.id is not None and (row.applied_on is not None or row.has_line):
            continue
        kind = "application" if row.kind == "applied" and row.id is not None else "search_activity"
        yield _entry(row, day=scope.day(row.at), kind=kind, code=row.kind)


READERS: dict[str, Callable[[Scope], Iterator[Entry]]] = {
    "applications": _applications,
    "interviews": _interviews,
    "follow_ups": _follow_ups,
    "search_activities": _activities,
}


@dataclass(slots=True)
class Known:
    """What is recorded of an application up to now."""

    standing: Standing
    stages: tuple[tuple[str, date | None], ...]


def _standings(scope: Scope, ids: Collection[str]) -> dict[str, Known]:
    """Return where applications stand, by id."""
    found: dict[str, Known] = {}
    for some in _in_groups(sorted(ids)):
        rows = scope.session.execute(columns_of(*ABOUT).where(col(Application.id).in_(some))).all()
        lines, answered, interviews = _stage_lines(scope, some), _answers(scope, some), _last_interviews(scope, some)
        for row in rows:
            zones = (row.applied_on, row.time_zone, scope.period.zone)
            stages = tuple((line.stage, line.day(*zones)) for line in lines[row.id])
            stage, day = stages[-1] if stages else (row.stage, None)
            held_at, is_invited = interviews.get(row.id, (None, False))
            standing = Standing(
                stage=stage,
                stage_day=day,
                interviewed=held_at and scope.day(held_at),
                is_invited=is_invited,
                answered=scope.day(answered[row.id]) if row.id in answered else None,
            )
            found[row.id] = Known(standing, stages)
    return found


def _in_groups(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    yield from (ids[at : at + AT_ONCE] for at in range(0, len(ids), AT_ONCE))


def _stage_lines(scope: Scope, ids: Sequence[str]) -> dict[str, list[StageLine]]:
    line = StageChange
    rows = columns_of(line.application_id, line.stage, line.dated, line.at).where(col(line.application_id).in_(ids))
    rows = rows.order_by(col(line.application_id), col(line.dated), col(line.at), col(line.id))
    found: dict[str, list[StageLine]] = defaultdict(list)
    for id_, stage, dated, at in scope.session.execute(rows).all():
        found[id_].append(StageLine(stage, at if dated else None))
    return found


def _answers(scope: Scope, ids: Sequence[str]) -> dict[str, datetime]:
    """Return when each employer made contact for the last time."""
    of, at = col(FollowUp.application_id), func.max(FollowUp.at)
    rows = columns_of(of, at).where(of.in_(ids), col(FollowUp.direction) == "in").group_by(of)
    return {row[0]: row[1] for row in scope.session.execute(rows).all()}


def _last_interviews(scope: Scope, ids: Sequence[str]) -> dict[str, tuple[datetime | None, bool]]:
    """Return when the last interview that took place began, and whether there is any, by application."""
    of, one = col(Interview.application_id), Interview
    is_over = col(one.effective_end_at) <= scope.session.now
    rows = columns_of(of, func.max(one.starts_at).filter(is_over), func.count())
    rows = rows.where(of.in_(ids), col(one.status).in_(HELD)).group_by(of)
    return {id_: (held_at, count > 0) for id_, held_at, count in scope.session.execute(rows).all()}


def _completed(entry: Entry, known: Mapping[str, Known], scope: Scope) -> Entry:
    """Return an entry with the result of its application, and its history if it is wanted."""
    about = known.get(entry.application_id or "")
    if about is None:
        return entry
    stages = about.stages if scope.options.history else None
    return replace(entry, result=outcome(about.standing), stages=stages)
