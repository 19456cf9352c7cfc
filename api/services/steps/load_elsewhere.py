"""What was done or arranged apart from an application: the facts of step 7 [31, 32]."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlmodel import col, or_

from api.models import Application, Interview, SearchActivity, StageChange
from api.rules import facts as rules
from api.rules.life import life
from api.storage.codecs import canonical, instant, kept, known_instant
from api.storage.raw_sql import ID, IDS, INSTANT, Plain, Rows, given, picked


def under(table: type[Any], *names: str) -> Plain:
    """Return the statement of the rows under some applications; the application leads the columns."""
    columns = [getattr(table, name) for name in ("application_id", *names)]
    return Plain(picked(*columns).where(table.application_id.in_(IDS)))


STAGES = under(StageChange, "id", "stage", "at", "dated")
_ACTIVITIES = (
    picked(SearchActivity.application_id, SearchActivity.id, SearchActivity.at)
    .join(Application, col(Application.id) == SearchActivity.application_id, isouter=True)
    .where(
        col(SearchActivity.at) <= given("now", INSTANT),
        or_(col(SearchActivity.application_id).is_(None), col(Application.deleted_at).is_(None)),
    )
    .order_by(col(SearchActivity.at).desc(), col(SearchActivity.id).desc())
    .limit(1)
)
_OF_OTHERS = or_(col(SearchActivity.application_id).is_(None), col(SearchActivity.application_id) != given("owner", ID))
ACTIVITY, OTHER_ACTIVITY = Plain(_ACTIVITIES), Plain(_ACTIVITIES.where(_OF_OTHERS))
_LIVE_ROUNDS = (
    picked(
        Interview.application_id,
        Interview.id,
        Interview.effective_end_at,
        Application.closed_at,
    )
    .join(Application, col(Application.id) == Interview.application_id)
    .where(col(Interview.status).in_(["scheduled", "held"]), col(Application.deleted_at).is_(None))
)
_LATEST_ROUND = (
    _LIVE_ROUNDS.where(
        or_(col(Application.closed_at).is_(None), col(Application.closed_at) >= col(Interview.effective_end_at))
    )
    .order_by(col(Interview.effective_end_at).desc(), col(Interview.id).desc())
    .limit(1)
)
ROUND, OTHER_ROUND = (
    Plain(_LATEST_ROUND),
    Plain(_LATEST_ROUND.where(col(Interview.application_id) != given("owner", ID))),
)
ROUNDS = Plain(_LIVE_ROUNDS)


def elsewhere(rows: Rows, now: datetime) -> list[tuple[str | None, rules.Elsewhere]]:
    """Return, with their applications, the facts that can set step 7's deadline of any application.

    The latest of all, and the latest that is not of the same application, are enough: each application leaves out its
    own.
    """
    is_past = now < rows.now
    return [*_activities(rows, now), *(_past_rounds(rows, now) if is_past else _rounds(rows))]


def _activities(rows: Rows, now: datetime) -> list[tuple[str | None, rules.Elsewhere]]:
    """Return the latest activity and the latest of another application; one of a deleted application is a mistake."""
    found = rows.all(ACTIVITY, now=kept(now))
    if found and found[0][0] is not None:
        found += rows.all(OTHER_ACTIVITY, now=kept(now), owner=found[0][0])
    return [
        (owner and canonical(owner), rules.Elsewhere(id=canonical(id_), type="search_activity", at=instant(at)))
        for owner, id_, at in found
    ]


def _rounds(rows: Rows) -> list[tuple[str | None, rules.Elsewhere]]:
    found = rows.all(ROUND)
    if found:
        found += rows.all(OTHER_ROUND, owner=found[0][0])
    return [_round(owner, id_, at, known_instant(closed)) for owner, id_, at, closed in found]


def _past_rounds(rows: Rows, now: datetime) -> list[tuple[str | None, rules.Elsewhere]]:
    """Return all live rounds, with what had closed their applications by then."""
    found = rows.all(ROUNDS)
    lines: dict[str, list[rules.StageChange]] = defaultdict(list)
    for owner, *columns in rows.all(STAGES, ids=sorted({row[0] for row in found})):
        lines[owner].append(stage(*columns))
    closed = {owner: life(mine, now).closed_at for owner, mine in lines.items()}
    return [_round(owner, id_, at, closed.get(owner)) for owner, id_, at, _ in found]


def _round(owner: str, id_: str, at: str, closed_at: datetime | None) -> tuple[str, rules.Elsewhere]:
    return canonical(owner), rules.Elsewhere(id=canonical(id_), type="interview", at=instant(at), closed_at=closed_at)


def stage(id_: str, stage: str, at: str, dated: bool) -> rules.StageChange:  # noqa: FBT001  # a column
    """Return a line of the stage history from its columns."""
    return rules.StageChange(id=canonical(id_), stage=stage, at=instant(at), dated=bool(dated))


def stage_line(row: StageChange) -> rules.StageChange:
    """Return a line of the stage history."""
    return rules.StageChange(id=row.id, stage=row.stage, at=row.at, dated=row.dated)
