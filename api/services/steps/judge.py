"""The only writer of step rows: after every fact, the whole application is judged anew in the fact's transaction."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, delete, insert, select, update

from api.models import Application, Interview, StepInstance, User
from api.rules.evaluate import project
from api.rules.outcome import STEPS, Instance
from api.services.policies import policy_of
from api.services.steps.effective_end import effective_end
from api.services.steps.load_facts import ME, gather
from api.services.steps.rows import COLUMNS, OF_APPLICATIONS, StoredStep, columns, is_kept, keys_of, same
from api.storage.codecs import canonical, document, instant
from api.storage.raw_sql import IDS, OWNER, Plain, Rows, given, picked
from api.storage.session import OwnedSession

AT_ONCE = 500
SEARCH = (7,)
CLOCKS_DIFFER_BY = timedelta(minutes=5)
LOCK = Plain(
    update(User).where(col(User.id) == OWNER).values(write_counter=User.write_counter + 1),
    owned=False,
)
WITHOUT_END = Plain(
    picked(Interview.id, Interview.starts_at, Interview.effective_end_at, Application.policy)
    .join(Application, col(Application.id) == Interview.application_id)
    .where(
        col(Interview.application_id).in_(IDS),
        col(Interview.ends_at).is_(None),
        col(Interview.actual_end).is_(None),
    )
)
SEARCHES = Plain(picked(*COLUMNS).where(col(StepInstance.number).in_(SEARCH)))
KEPT = {column.name: given(column.name, column.type) for column in StepInstance.__table__.c}
MINE = (col(StepInstance.user_id) == OWNER, col(StepInstance.id) == KEPT["id"])
CHANGING = ("opens_at", "due_at", "closed_state", "completed_at", "reason", "missing", "detail", "rules_version")
INSERT = Plain(insert(StepInstance).values({**KEPT, "snoozed_until": None}), owned=False)
UPDATE = Plain(
    update(StepInstance).where(*MINE).values({name: KEPT[name] for name in (*CHANGING, "snoozed_until")}), owned=False
)
DELETE = Plain(delete(StepInstance).where(*MINE), owned=False)


@dataclass(frozen=True, slots=True)
class Reopened:
    """A step that was closed and is open again because of this transaction."""

    application_id: str
    instance: Instance


@dataclass(frozen=True, slots=True)
class Difference:
    """What separates the rows of some applications from what was judged; `reopened` was closed and is open again."""

    new: list[dict[str, Any]]
    changed: list[dict[str, Any]]
    gone: list[dict[str, Any]]
    reopened: list[Reopened]

    @property
    def rows(self) -> int:
        """How many rows differ."""
        return len(self.new) + len(self.changed) + len(self.gone)


def judged_at(session: OwnedSession) -> datetime:
    """Return the instant at which facts are judged: a little ahead, so that no evidence is taken for the future's.

    A write may have waited for its turn, or come through a machine whose clock is behind another's. Evidence is never
    later than the clock that accepted it, and judging at any instant after all evidence gives the same rows.
    """
    return session.now + CLOCKS_DIFFER_BY


def lock(session: OwnedSession) -> None:
    """Take the user's turn to write and count it: one writer at a time judges a user's applications."""
    Rows.of(session).run(LOCK)


def judge_applications(
    session: OwnedSession, ids: Collection[str], *, only: Collection[int] = STEPS, elsewhere: bool = False
) -> list[Reopened]:
    """Judge applications anew and rewrite their rows; `elsewhere`: also step 7 of all the user's others.

    `only` some numbers, where no other can have changed. Returns what was closed and is open again. A deleted
    application has no rows.
    """
    session.flush()
    rows, wanted = Rows.of(session), sorted(ids) if only else []
    if only is STEPS:
        _settle_ends(session, loose_ends(rows, wanted))
    reopened: list[Reopened] = []
    for some in _in_batches(wanted):
        reopened += rewrite(rows, compare(rows, some, judged_at(session), only))
    if elsewhere:
        reopened += _judge_search(session, rows, ids)
    return reopened


def judge_all(session: OwnedSession) -> list[Reopened]:
    """Judge every application of the user anew: after a change of policy or of the rules."""
    return judge_applications(session, session.exec(select(Application.id)).all())


def judge_search(session: OwnedSession) -> list[Reopened]:
    """Judge step 7 of every application: after a change of the user's zone or a general search activity."""
    session.flush()
    return _judge_search(session, Rows.of(session), ())


def compare(rows: Rows, ids: Sequence[str], now: datetime, only: Collection[int] = STEPS) -> Difference:
    """Judge applications, or some of their numbers, anew at an instant, and return what their rows lack."""
    known = gather(rows, ids, now=now, only=only)
    judged = {one.id: project(one.facts, one.policy, now, only=only) for one in known}
    there = map(StoredStep._make, rows.all(OF_APPLICATIONS, ids=ids))
    return _difference(judged, [row for row in there if row.number in only])


def rewrite(rows: Rows, difference: Difference) -> list[Reopened]:
    """Write rows until they equal what was judged; returns what was closed and is open again."""
    rows.each(UPDATE, difference.changed)
    rows.each(INSERT, difference.new)
    rows.each(DELETE, difference.gone)
    return difference.reopened


def loose_ends(rows: Rows, ids: Sequence[str]) -> dict[str, int]:
    """Return the rounds whose end is not known and not kept as it follows from the policy, with its minutes."""
    found = rows.all(WITHOUT_END, ids=ids)
    user_policy = document((rows.first(ME) or ("", "{}"))[1]) if found else {}
    loose = {}
    for id_, start, end, policy in found:
        minutes = policy_of(user_policy, document(policy)).default_interview_minutes
        if instant(end) != instant(start) + timedelta(minutes=minutes):
            loose[canonical(id_)] = minutes
    return loose


def _settle_ends(session: OwnedSession, loose: Mapping[str, int]) -> None:
    """Keep ends up to date: others read them, hence all are settled before the first application is judged."""
    for id_, minutes in loose.items():
        interview = session.get_one(Interview, (session.user_id, id_))
        interview.effective_end_at = effective_end(interview, minutes)
    session.flush()


def _judge_search(session: OwnedSession, rows: Rows, leave_out: Collection[str]) -> list[Reopened]:
    """Rewrite the step 7 rows of all applications that have one, but for those judged already."""
    there = map(StoredStep._make, rows.all(SEARCHES))
    found = [row for row in there if canonical(row.application_id) not in leave_out]
    stored = {canonical(row.application_id): row for row in found}
    reopened: list[Reopened] = []
    for some in _in_batches(sorted(stored)):
        known = gather(rows, some, now=judged_at(session), only=SEARCH)
        judged = {one.id: project(one.facts, one.policy, judged_at(session), only=SEARCH) for one in known}
        reopened += rewrite(rows, _difference(judged, [stored[key] for key in some]))
    return reopened


def _difference(judged: Mapping[str, tuple[Instance, ...]], found: Iterable[StoredStep]) -> Difference:
    stored = {(canonical(row.application_id), row.number, row.scope): row for row in found}
    difference = Difference([], [], [], [])
    for application_id, instances in judged.items():
        for one in instances:
            values = columns(one)
            row = stored.pop((application_id, *one.key), None)
            if row is None:
                difference.new.append({**values, **keys_of(application_id, one)})
                continue
            if row.closed_state is not None and one.closed_state is None:
                difference.reopened.append(Reopened(application_id, one))
            if not is_kept(row, values):
                difference.changed.append({**values, "id": row.id, "snoozed_until": _still_snoozed(row, values)})
    difference.gone.extend({"id": row.id} for row in stored.values())
    return difference


def _still_snoozed(row: StoredStep, values: Mapping[str, Any]) -> str | None:
    """Return the end of a snooze, which is over when the step closes or its deadline moves."""
    is_over = values["closed_state"] is not None or not same(values["due_at"], row.due_at)
    return None if is_over else row.snoozed_until


def _in_batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
