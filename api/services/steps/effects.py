"""What a transaction did to steps, for a caller who asks for it: see `effects` at the writes of facts.

Nothing is collected for other callers.
"""

from collections.abc import Collection, Iterator

from sqlmodel import col

from api.models import Application, StepInstance
from api.models.write import EffectKind, StepEffect
from api.rules.outcome import STEPS
from api.services.steps.changes import StepChange, WrittenSteps
from api.services.steps.rows import COLUMNS, StoredStep, is_same_instant
from api.storage.codecs import db_to_json_instant, from_db_id, to_db_id
from api.storage.raw_sql import IDS, CompiledStatement, RawConnection, param, select_as_text
from api.storage.session import OwnedSession

EFFECTS, COMPANIES_GONE = "effects", "companies_gone"  # keys in `session.info`
MAX_EFFECTS = 200
IS_SEARCH = col(StepInstance.number) == 7
SEARCHES = CompiledStatement(select_as_text(*COLUMNS).where(IS_SEARCH))
MOVED_SEARCHES = CompiledStatement(
    select_as_text(*COLUMNS).where(IS_SEARCH, col(StepInstance.changed_seq) == param("changed_seq"))
)
COMPANIES = CompiledStatement(select_as_text(Application.id, Application.company).where(col(Application.id).in_(IDS)))
Searches = dict[str, StoredStep]


def collected(session: OwnedSession) -> WrittenSteps:
    """Return what the transaction did to steps so far; empty unless the session tells effects."""
    found: WrittenSteps = session.info.setdefault(EFFECTS, WrittenSteps())
    return found


def searches(session: OwnedSession, raw: RawConnection) -> Searches:
    """Return step 7 of all applications by id, before an UPDATE moves some; none unless the session tells effects."""
    if not session.tells_effects:
        return {}
    return {row.id: row for row in map(StoredStep._make, raw.all(SEARCHES))}


def add_moved_searches(session: OwnedSession, raw: RawConnection, before: Searches) -> None:
    """Collect the steps 7 that an UPDATE has moved since `before`."""
    for row in map(StoredStep._make, raw.all(MOVED_SEARCHES) if before else ()):
        if row.id in before and row != before[row.id]:
            collected(session).add(to_db_id(row.id), before[row.id], row)


def effects_of(session: OwnedSession) -> tuple[list[StepEffect], int]:
    """Return the first effects of the transaction, and how many more there are.

    Applications are in the order in which they were judged, their steps in the order of their numbers.
    """
    session.flush()
    changes = [(kind, change) for change in collected(session).changes.values() if (kind := kind_of(change))]
    order = {
        id_: place for place, id_ in enumerate(dict.fromkeys(_row(change).application_id for _, change in changes))
    }
    changes.sort(key=lambda one: (order[_row(one[1]).application_id], _row(one[1]).number, _row(one[1]).due_at))
    told = changes[:MAX_EFFECTS]
    companies = _companies(session, {from_db_id(_row(change).application_id) for _, change in told})
    return list(_effects(told, companies)), len(changes) - len(told)


def keep_company(session: OwnedSession, application_id: str, company: str) -> None:
    """Keep the name of an application's company for its effects, before the application is deleted for good."""
    session.info.setdefault(COMPANIES_GONE, {})[application_id] = company


def _companies(session: OwnedSession, ids: Collection[str]) -> dict[str, str]:
    found = RawConnection.of(session).all(COMPANIES, ids=sorted(ids))
    gone: dict[str, str] = session.info.get(COMPANIES_GONE, {})
    return gone | {from_db_id(id_): company for id_, company in found}


def _effects(changes: list[tuple[EffectKind, StepChange]], companies: dict[str, str]) -> Iterator[StepEffect]:
    for kind, change in changes:
        row, application_id = _row(change), from_db_id(_row(change).application_id)
        yield StepEffect(
            application_id=application_id,
            company=companies[application_id],
            step_id=from_db_id(row.id),
            number=row.number,
            step=STEPS[row.number],
            change=kind,
            due_at_was=change.before and db_to_json_instant(change.before.due_at),
            due_at=change.after and db_to_json_instant(change.after.due_at),
        )


def _row(change: StepChange) -> StoredStep:
    row = change.after or change.before
    assert row is not None  # noqa: S101  # `kind_of` has no effect for it
    return row


def kind_of(change: StepChange) -> EffectKind | None:
    """Return what happened to a step between its row before and its row after; None: nothing that its dates tell."""
    before, after = change.before, change.after
    if after is None:
        return None if before is None else "gone"
    was = before.closed_state if before else None
    if after.closed_state != was:
        return "reopened" if after.closed_state is None else _closed(after.closed_state)
    if before is None:
        return "opened"
    is_same = is_same_instant(before.due_at, after.due_at) and is_same_instant(before.opens_at, after.opens_at)
    return "moved" if after.closed_state is None and not is_same else None


def _closed(state: str) -> EffectKind:
    kind: EffectKind = state  # type: ignore[assignment]  # the closed states are among the kinds
    return kind
