"""Load search activities and interviews of other applications: the facts of step 7 [31, 32]."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlmodel import col, or_

from api.models import Application, Interview, SearchActivity, StageChange
from api.rules import facts as rules
from api.rules.life import life
from api.storage.codecs import from_db_id, from_db_instant, from_db_instant_or_none, to_db_instant
from api.storage.raw_sql import ID, IDS, INSTANT, CompiledStatement, RawConnection, param, select_as_text


def of_applications(table: type[Any], *names: str) -> CompiledStatement:
    """Return the statement of the rows under some applications; the application leads the columns."""
    columns = [getattr(table, name) for name in ("application_id", *names)]
    return CompiledStatement(select_as_text(*columns).where(table.application_id.in_(IDS)))


STAGES = of_applications(StageChange, "id", "stage", "at", "dated")
_ACTIVITIES = (
    select_as_text(SearchActivity.application_id, SearchActivity.id, SearchActivity.at)
    .join(Application, col(Application.id) == SearchActivity.application_id, isouter=True)
    .where(
        col(SearchActivity.at) <= param("now", INSTANT),
        or_(col(SearchActivity.application_id).is_(None), col(Application.deleted_at).is_(None)),
    )
    .order_by(col(SearchActivity.at).desc(), col(SearchActivity.id).desc())
    .limit(1)
)
_OF_OTHERS = or_(col(SearchActivity.application_id).is_(None), col(SearchActivity.application_id) != param("owner", ID))
ACTIVITY, OTHER_ACTIVITY = CompiledStatement(_ACTIVITIES), CompiledStatement(_ACTIVITIES.where(_OF_OTHERS))
_LIVE_ROUNDS = (
    select_as_text(
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
    CompiledStatement(_LATEST_ROUND),
    CompiledStatement(_LATEST_ROUND.where(col(Interview.application_id) != param("owner", ID))),
)
ROUNDS = CompiledStatement(_LIVE_ROUNDS)


def load_elsewhere(raw: RawConnection, now: datetime) -> list[tuple[str | None, rules.Elsewhere]]:
    """Return the facts that can set the deadline of step 7 of any application, each with its application's id.

    Step 7 of an application uses the latest fact of others. So the latest of all is enough, together with the latest
    one of another application than that.
    """
    is_past = now < raw.now
    return [*_activities(raw, now), *(_past_rounds(raw, now) if is_past else _rounds(raw))]


def _activities(raw: RawConnection, now: datetime) -> list[tuple[str | None, rules.Elsewhere]]:
    """Return the latest activity and the latest one of another application; deleted applications do not count."""
    found = raw.all(ACTIVITY, now=to_db_instant(now))
    if found and found[0][0] is not None:
        found += raw.all(OTHER_ACTIVITY, now=to_db_instant(now), owner=found[0][0])
    return [
        (
            owner and from_db_id(owner),
            rules.Elsewhere(id=from_db_id(id_), type="search_activity", at=from_db_instant(at)),
        )
        for owner, id_, at in found
    ]


def _rounds(raw: RawConnection) -> list[tuple[str | None, rules.Elsewhere]]:
    found = raw.all(ROUND)
    if found:
        found += raw.all(OTHER_ROUND, owner=found[0][0])
    return [_round(owner, id_, at, from_db_instant_or_none(closed)) for owner, id_, at, closed in found]


def _past_rounds(raw: RawConnection, now: datetime) -> list[tuple[str | None, rules.Elsewhere]]:
    """Return all live rounds, with the instant at which their applications were closed, as known at `now`."""
    found = raw.all(ROUNDS)
    lines: dict[str, list[rules.StageChange]] = defaultdict(list)
    for owner, *columns in raw.all(STAGES, ids=sorted({row[0] for row in found})):
        lines[owner].append(stage_from_row(*columns))
    closed = {owner: life(mine, now).closed_at for owner, mine in lines.items()}
    return [_round(owner, id_, at, closed.get(owner)) for owner, id_, at, _ in found]


def _round(owner: str, id_: str, at: str, closed_at: datetime | None) -> tuple[str, rules.Elsewhere]:
    return from_db_id(owner), rules.Elsewhere(
        id=from_db_id(id_), type="interview", at=from_db_instant(at), closed_at=closed_at
    )


def stage_from_row(id_: str, stage: str, at: str, dated: bool) -> rules.StageChange:  # noqa: FBT001  # a column
    """Return an entry of the stage history from its columns."""
    return rules.StageChange(id=from_db_id(id_), stage=stage, at=from_db_instant(at), dated=bool(dated))


def stage_from_model(row: StageChange) -> rules.StageChange:
    """Return an entry of the stage history from its row."""
    return rules.StageChange(id=row.id, stage=row.stage, at=row.at, dated=row.dated)
