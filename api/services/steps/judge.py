"""Judge applications and store the results in step rows, in the transaction of the write that makes it necessary.

A write judges only the step numbers that it can change. Only this module inserts step rows and sets the columns that
come from the rules: `opens_at`, `due_at`, `closed_state`, `completed_at`, `reason`, `missing`, `detail`, `helps_until`,
`help_span` and `rules_version`. One exception: `api/services/steps/search_cover.py`, which only this module calls,
moves step 7 of other applications by an UPDATE. This module deletes the rows of steps that no longer exist. Neither
sets `snoozed_until`, they only clear it; `api/services/facts/step_overrides.py` sets and clears it. Rows are also
deleted with their account, in `api/services/accounts/erasure.py`, and with their application, by the foreign key.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, delete, insert, update

from api.errors import UnauthorizedError
from api.models import Application, Interview, StepInstance, User
from api.rules.evaluate import project
from api.rules.facts import effective_end
from api.rules.outcome import STEPS, Instance
from api.services.policies import policy_of
from api.services.steps.changes import WrittenSteps, announced, written_steps
from api.services.steps.effects import add_moved_searches, collected, searches
from api.services.steps.load_facts import USER_SETTINGS, load_facts
from api.services.steps.rows import (
    OF_APPLICATIONS,
    StoredStep,
    column_values,
    is_same_instant,
    is_unchanged,
    key_values,
)
from api.services.steps.search_cover import move_deadlines
from api.services.write_log.recording import recording
from api.storage.codecs import FIRST_ID, db_to_json_instant, from_db_id, from_db_instant, from_db_json, to_db_id
from api.storage.raw_sql import ID, IDS, OWNER, CompiledStatement, RawConnection, Row, param, select_as_text
from api.storage.session import OwnedSession

MAX_JUDGED = 50  # applications that one write judges; more are judged in the background
SEARCH = (7,)
CLOCKS_DIFFER_BY = timedelta(minutes=5)
LOCK_USER = CompiledStatement(
    update(User)
    .where(col(User.id) == OWNER, col(User.erased_at).is_(None))
    .values(write_counter=User.write_counter + 1)
    .returning(col(User.write_counter), col(User.epoch), col(User.stored_bytes), col(User.listens)),
    owned=False,
)
INTERVIEWS_WITHOUT_END = CompiledStatement(
    select_as_text(Interview.id, Interview.starts_at, Interview.effective_end_at, Application.policy)
    .join(Application, col(Application.id) == Interview.application_id)
    .where(
        col(Interview.application_id).in_(IDS),
        col(Interview.ends_at).is_(None),
        col(Interview.actual_end).is_(None),
    )
)
SET_POSITION = CompiledStatement(
    update(User).where(col(User.id) == OWNER).values(recompute_after=param("after", ID)), owned=False
)
STEP_PARAMETERS = {column.name: param(column.name, column.type) for column in StepInstance.__table__.c}
THIS_ROW = (col(StepInstance.user_id) == OWNER, col(StepInstance.id) == STEP_PARAMETERS["id"])
NAMING_COLUMNS = ("user_id", "id", "application_id", "number", "scope")
INSERT = CompiledStatement(insert(StepInstance).values({**STEP_PARAMETERS, "snoozed_until": None}), owned=False)
UPDATE = CompiledStatement(
    update(StepInstance)
    .where(*THIS_ROW)
    .values({name: value for name, value in STEP_PARAMETERS.items() if name not in NAMING_COLUMNS}),
    owned=False,
)
DELETE = CompiledStatement(delete(StepInstance).where(*THIS_ROW), owned=False)


@dataclass(frozen=True, slots=True)
class Reopened:
    """A step that was closed before this transaction and is open now."""

    application_id: str
    instance: Instance


@dataclass(frozen=True, slots=True)
class Difference:
    """The differences between stored rows and a new judgement. `reopened`: steps that were closed and are open now.

    `stored`: the rows of `changed`, then those of `gone`.
    """

    new: list[dict[str, Any]]
    changed: list[dict[str, Any]]
    gone: list[dict[str, Any]]
    reopened: list[Reopened]
    stored: list[StoredStep]

    @property
    def rows(self) -> int:
        """The number of rows that differ."""
        return len(self.new) + len(self.changed) + len(self.gone)


def judged_at(session: OwnedSession) -> datetime:
    """Return the instant at which facts are judged: five minutes ahead, so that no stored evidence is in the future.

    A write may have waited for the lock, or run on a machine whose clock is behind that of another one. Evidence is
    never later than the clock that accepted it, and judging at any instant after all evidence gives the same rows.
    """
    return session.now + CLOCKS_DIFFER_BY


def lock_user(session: OwnedSession) -> None:
    """Lock the user's row and increment `write_counter`: one transaction at a time judges a user's applications.

    Raises UnauthorizedError if the account was ended or erased while the write waited.
    """
    set_locked(session, RawConnection.of(session).all(LOCK_USER))


def set_locked(session: OwnedSession, found: Sequence[Row]) -> None:
    """Store the result of LOCK_USER in the session. Raises as `lock_user` does."""
    if not found:
        raise UnauthorizedError
    session.write_count, session.epoch, session.stored_bytes, session.listens = found[0]


def judge_applications(
    session: OwnedSession, ids: Collection[str], *, only: Collection[int] = STEPS, elsewhere: bool = False
) -> list[Reopened]:
    """Judge applications and rewrite their rows; return the steps that were closed and are open now.

    `only`: the numbers that can have changed. `elsewhere`: also step 7 of the user's other applications. A deleted
    application has no rows. More than `MAX_JUDGED` applications are left to the background task: see `defer`.
    """
    session.flush()
    if session.judged_later is not None:
        session.judged_later.update(ids if only else ())
        return []
    raw, wanted = RawConnection.of(session), sorted(ids) if only else []
    if len(wanted) > MAX_JUDGED:
        defer(session)
        return []
    if only is STEPS:
        _update_effective_ends(session, outdated_ends(raw, wanted))
    reopened = rewrite(session, raw, compare(raw, wanted, judged_at(session), only)) if wanted else []
    return reopened + judge_elsewhere(session) if elsewhere else reopened


@contextmanager
def judging_once(session: OwnedSession, *, at_end: bool = True) -> Iterator[None]:
    """Judge the applications that the block changes at its end, once each, instead of after every fact.

    `at_end`: false judges nothing; the caller then has the whole account judged: see `defer`. Step 7 of the user's
    other applications is not judged: call `judge_elsewhere` after the last of several blocks.
    """
    changed: set[str] = set()
    session.judged_later = changed
    try:
        yield
        session.flush()
    finally:
        session.judged_later = None
    judge_applications(session, changed if at_end else ())


def judge_elsewhere(session: OwnedSession) -> list[Reopened]:
    """Update step 7 of all applications after something outside them came, went or moved; return what reopened.

    Later deadlines are set by one statement. Applications whose deadline moves back are judged.
    """
    session.flush()
    if session.judged_later is not None:
        return []
    raw = RawConnection.of(session)
    user_zone, _ = raw.first(USER_SETTINGS) or ("UTC", "")
    before = searches(session, raw)
    outdated = move_deadlines(raw, user_zone, judged_at(session))
    add_moved_searches(session, raw, before)
    if session.listens:
        written_steps(session).has_moved_search = True
    return judge_applications(session, outdated, only=SEARCH)


def defer(session: OwnedSession) -> None:
    """Have all applications of the account judged in the background, from the first one on.

    Until that is done, answers about steps say `recomputing`.
    """
    set_position(RawConnection.of(session), FIRST_ID)
    session.has_deferred_work = True


def set_position(raw: RawConnection, after: str | None) -> None:
    """Store the id of the last application that the background task judged; None: it is done."""
    raw.execute(SET_POSITION, after=after and to_db_id(after))


def compare(raw: RawConnection, ids: Sequence[str], now: datetime, only: Collection[int] = STEPS) -> Difference:
    """Judge applications, or only some step numbers, at an instant; return the differences from their rows."""
    known = load_facts(raw, ids, now=now, only=only)
    judged = {one.id: project(one.facts, one.policy, now, only=only) for one in known}
    there = map(StoredStep._make, raw.all(OF_APPLICATIONS, ids=ids))
    return _difference(judged, [row for row in there if row.number in only])


def rewrite(session: OwnedSession, raw: RawConnection, difference: Difference) -> list[Reopened]:
    """Update, insert and delete the rows that differ; return the steps that were closed and are open now."""
    if session.tells_effects:
        _remember(collected(session), difference)
    if session.listens:
        written = written_steps(session)
        _remember(written, difference)
        if difference.gone:
            gone = difference.stored[len(difference.changed) :]
            written.announced |= announced(raw, [to_db_id(row.id) for row in gone])
    if (made := recording(session)) is not None:
        made.ended_snoozes.extend(_ended_snoozes(difference))
    raw.execute_many(UPDATE, difference.changed)
    raw.execute_many(INSERT, difference.new)
    raw.execute_many(DELETE, difference.gone)
    return difference.reopened


def _ended_snoozes(difference: Difference) -> Iterator[dict[str, str]]:
    """Yield the steps whose snooze ends because they close or their deadline moves, and until when it was."""
    for row, values in zip(difference.stored, difference.changed, strict=False):
        if row.snoozed_until is not None and values["snoozed_until"] is None:
            yield {"step_id": from_db_id(row.id), "until": db_to_json_instant(row.snoozed_until)}


def _remember(written: WrittenSteps, difference: Difference) -> None:
    """Keep the changes of steps until the transaction ends, for those who are told."""
    for values in difference.new:
        written.add(values["id"], None, StoredStep(**{"snoozed_until": None, **values}))
    changed = len(difference.changed)
    for row, values in zip(difference.stored[:changed], difference.changed, strict=True):
        written.add(to_db_id(row.id), row, row._replace(**values))
    for row in difference.stored[changed:]:
        written.add(to_db_id(row.id), row, None)


def outdated_ends(raw: RawConnection, ids: Sequence[str]) -> dict[str, datetime]:
    """Return the interviews whose stored effective end differs from the one by the policy, with the latter."""
    found = raw.all(INTERVIEWS_WITHOUT_END, ids=ids)
    user_policy = from_db_json((raw.first(USER_SETTINGS) or ("", "{}"))[1]) if found else {}
    outdated = {}
    for id_, start, stored, policy in found:
        minutes = policy_of(user_policy, from_db_json(policy)).default_interview_minutes
        end = effective_end(from_db_instant(start), None, None, minutes)
        if from_db_instant(stored) != end:
            outdated[from_db_id(id_)] = end
    return outdated


def _update_effective_ends(session: OwnedSession, ends: Mapping[str, datetime]) -> None:
    """Update stored effective ends. Other applications read them, so all are written before anything is judged."""
    for id_, end in ends.items():
        session.get_one(Interview, (session.user_id, id_)).effective_end_at = end
    session.flush()


def _difference(judged: Mapping[str, tuple[Instance, ...]], found: Iterable[StoredStep]) -> Difference:
    stored = {(from_db_id(row.application_id), row.number, row.scope): row for row in found}
    difference = Difference([], [], [], [], [])
    for application_id, instances in judged.items():
        for one in instances:
            values = column_values(one)
            row = stored.pop((application_id, *one.key), None)
            if row is None:
                difference.new.append({**values, **key_values(application_id, one)})
                continue
            if row.closed_state is not None and one.closed_state is None:
                difference.reopened.append(Reopened(application_id, one))
            if not is_unchanged(row, values):
                difference.changed.append({**values, "id": row.id, "snoozed_until": _still_snoozed(row, values)})
                difference.stored.append(row)
    difference.gone.extend({"id": row.id} for row in stored.values())
    difference.stored.extend(stored.values())
    return difference


def _still_snoozed(row: StoredStep, values: Mapping[str, Any]) -> str | None:
    """Return `snoozed_until`, or null if the step closes or its deadline changes."""
    is_over = values["closed_state"] is not None or not is_same_instant(values["due_at"], row.due_at)
    return None if is_over else row.snoozed_until
