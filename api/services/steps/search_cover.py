"""Step 7 after a change elsewhere: one UPDATE for the applications whose deadline moves ahead, the rules for the rest.

Step 7 of an application is due some days after the latest thing done or arranged outside it. Only the latest two things
of different applications matter: the second one is for the application to which the latest belongs. A deadline that
moves ahead follows from that one instant, so all such rows are changed in one statement. One that moves back may fall
to the end of the application's own first interview: these applications are judged.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Boolean, Integer, Text, and_, case, cast, not_, null, or_, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import col, select, update

from api.models import Application, StepInstance
from api.rules.calendar import day_end, local_date
from api.rules.facts import Elsewhere
from api.rules.outcome import BY_TIME
from api.rules.policy import BOUNDS
from api.rules.words import rfc3339
from api.services.steps.load_elsewhere import load_elsewhere
from api.storage.codecs import FIRST_ID, from_db_id, to_db_id, to_db_instant, to_db_json
from api.storage.raw_sql import ID, INSTANT, OWNER, CompiledStatement, RawConnection, param, select_as_text


class _Inside(FunctionElement[Any]):
    """A value inside the stored detail, as text: by the keys and places that lead to it."""

    inherit_cache = False
    type = Text()

    def __init__(self, *path: str | int) -> None:
        super().__init__(StepInstance.detail)
        self.path = path


@compiles(_Inside, "sqlite")
def _inside_in_sqlite(element: _Inside, compiler: Any, **options: Any) -> str:  # noqa: ANN401  # SQLAlchemy's signature
    path = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in element.path)
    return f"json_extract({compiler.process(element.clauses, **options)}, '${path}')"


@compiles(_Inside, "postgresql")
def _inside_in_postgresql(element: _Inside, compiler: Any, **options: Any) -> str:  # noqa: ANN401  # as above
    return f"({compiler.process(element.clauses, **options)} #>> '{{{','.join(map(str, element.path))}}}')"


class _ExtendedDetail(FunctionElement[Any]):
    """The stored detail with another `since` and evidence; the arguments are these and whether it lies elsewhere."""

    inherit_cache = True
    type = JSON()


@compiles(_ExtendedDetail, "sqlite")
def _in_sqlite(element: _ExtendedDetail, compiler: Any, **options: Any) -> str:  # noqa: ANN401  # SQLAlchemy's signature
    detail, since, evidence, elsewhere = (compiler.process(clause, **options) for clause in element.clauses)
    return (
        f"json_set({detail}, '$.data.since', {since}, '$.evidence', json({evidence}), "
        f"'$.data.elsewhere', json(CASE WHEN {elsewhere} THEN 'true' ELSE 'false' END))"
    )


@compiles(_ExtendedDetail, "postgresql")
def _in_postgresql(element: _ExtendedDetail, compiler: Any, **options: Any) -> str:  # noqa: ANN401  # as above
    detail, since, evidence, elsewhere = (compiler.process(clause, **options) for clause in element.clauses)
    dated = f"jsonb_set(CAST({detail} AS jsonb), '{{data,since}}', to_jsonb(CAST({since} AS text)))"
    proven = f"jsonb_set({dated}, '{{evidence}}', CAST({evidence} AS jsonb))"
    return f"CAST(jsonb_set({proven}, '{{data,elsewhere}}', to_jsonb({elsewhere})) AS json)"


SINCE = _Inside("data", "since")
EVIDENCE_TYPE, EVIDENCE_ID, EVIDENCE_AT = (_Inside("evidence", 0, place) for place in range(3))
AT, TYPE, ID_ = param("at", Text()), param("type", Text()), param("id", Text())
DAYS = range(BOUNDS["search_days"][0], BOUNDS["search_days"][1] + 1)
DUE = case({days: param(f"due_{days}", INSTANT) for days in DAYS}, value=cast(_Inside("data", "days"), Integer))
CLOSED_AT = (
    select(Application.closed_at)
    .where(col(Application.user_id) == OWNER, col(Application.id) == col(StepInstance.application_id))
    .scalar_subquery()
)
# The number is written out, because a parameter cannot choose a partial index.
STEP_7 = (col(StepInstance.user_id) == OWNER, text("step_instance.number = 7"))
HAS_LATER = or_(
    SINCE < AT,
    and_(
        SINCE == AT,
        or_(EVIDENCE_TYPE.is_(None), EVIDENCE_TYPE < TYPE, and_(EVIDENCE_TYPE == TYPE, EVIDENCE_ID < ID_)),
    ),
)
HAS_EARLIER = or_(
    EVIDENCE_AT > AT,
    and_(EVIDENCE_AT == AT, or_(EVIDENCE_TYPE > TYPE, and_(EVIDENCE_TYPE == TYPE, EVIDENCE_ID > ID_))),
)


def _move(applications: Any) -> tuple[CompiledStatement, CompiledStatement]:  # noqa: ANN401  # a condition
    """Return the statements that move step 7 of some applications to a later source.

    Two, because SQLite writes every index of a column that is set, changed or not: most rows are open and not snoozed.
    """
    is_plain = and_(col(StepInstance.closed_state).is_(None), col(StepInstance.snoozed_until).is_(None))
    elsewhere = or_(SINCE < AT, cast(_Inside("data", "elsewhere"), Boolean))
    moved = {
        "due_at": DUE,
        "detail": _ExtendedDetail(StepInstance.detail, AT, param("evidence", Text()), elsewhere),
        "changed_seq": param("changed_seq"),
        "changed_at": param("changed_at", INSTANT),
    }
    is_ended = col(StepInstance.reason) == "application_closed"
    is_over = or_(col(StepInstance.closed_state).is_not(None), col(StepInstance.due_at) != DUE)
    also = {
        "closed_state": case(
            (is_ended, case((DUE <= CLOSED_AT, "missed"), else_="not_applicable")),
            else_=col(StepInstance.closed_state),
        ),
        "snoozed_until": case((is_over, null()), else_=col(StepInstance.snoozed_until)),
    }
    rows = update(StepInstance).where(*STEP_7, applications, HAS_LATER)
    return (
        CompiledStatement(rows.where(not_(is_plain)).values({**moved, **also}), owned=False),
        CompiledStatement(rows.where(is_plain).values(moved), owned=False),
    )


def _find(*conditions: Any) -> CompiledStatement:  # noqa: ANN401  # conditions
    """Return the statement that finds applications whose step 7 has evidence that is later than there is any."""
    return CompiledStatement(select_as_text(StepInstance.application_id).where(*STEP_7, *conditions), owned=False)


IS_OTHER = col(StepInstance.application_id) != param("owner", ID)
IS_OWNER = col(StepInstance.application_id) == param("owner", ID)
MOVE = {True: _move(IS_OTHER), False: _move(IS_OWNER)}
FIND_OUTDATED = {True: _find(IS_OTHER, HAS_EARLIER), False: _find(IS_OWNER, HAS_EARLIER)}
FIND_WITHOUT_SOURCE = {
    True: _find(IS_OTHER, EVIDENCE_AT.is_not(None)),
    False: _find(IS_OWNER, EVIDENCE_AT.is_not(None)),
}


def sources_of(found: Sequence[tuple[str | None, Elsewhere]]) -> list[tuple[bool, str, Elsewhere | None]]:
    """Return the latest source for the applications other than an application, and for this one itself.

    The application is the one to which the latest fact belongs; `found` comes from `load_elsewhere`. The first value
    tells which of the two it is.
    """
    owner, latest = max(found, key=lambda pair: BY_TIME(pair[1]), default=(None, None))
    others = [fact for of, fact in found if of != owner]
    sources = [(True, owner or FIRST_ID, latest)]
    return sources if owner is None else [*sources, (False, owner, max(others, key=BY_TIME, default=None))]


def move_deadlines(raw: RawConnection, user_zone: str, now: datetime) -> list[str]:
    """Move step 7 where something elsewhere is later than its row says; return the applications that must be judged.

    These are those whose stored evidence is later than anything that counts now. `user_zone` makes the local days.
    """
    outdated: list[str] = []
    for is_other, application_id, source in sources_of(load_elsewhere(raw, now)):
        values: dict[str, Any] = {"owner": to_db_id(application_id)}
        if source is None:
            outdated += (row[0] for row in raw.all(FIND_WITHOUT_SOURCE[is_other], **values))
            continue
        values |= {"at": rfc3339(source.at), "type": source.type, "id": source.id}
        dues = _due_values(source, user_zone)
        outdated += (row[0] for row in raw.all(FIND_OUTDATED[is_other], **values))
        for move in MOVE[is_other]:
            raw.execute(move, **values, **dues)
    return sorted(map(from_db_id, outdated))


def _due_values(source: Elsewhere, user_zone: str) -> dict[str, str]:
    """Return the deadline for every number of days that a policy may have, and the evidence."""
    day = local_date(source.at, user_zone)
    dues = {f"due_{days}": to_db_instant(day_end(day + timedelta(days=days), user_zone)) for days in DAYS}
    return {**dues, "evidence": to_db_json([[source.type, source.id, rfc3339(source.at)]])}
