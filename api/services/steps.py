"""The only writer of step rows: after every fact, the whole application is judged anew in the fact's transaction."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select, update

from api.db import UNSYNCED, OwnedSession
from api.models import Application, Interview, StepInstance, User
from api.rules.evaluate import project, project_search
from api.rules.outcome import Instance
from api.services.facts import Known, gather
from api.services.owner import me
from api.services.policies import policy_of
from api.services.rounds import effective_end
from api.services.stored_steps import columns, row_of

AT_ONCE = 500
SEARCH = 7
CLOCKS_DIFFER_BY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Reopened:
    """A step that was closed and is open again because of this transaction."""

    application_id: str
    instance: Instance


def judged_at(session: OwnedSession) -> datetime:
    """Return the instant at which facts are judged: a little ahead, so that no evidence is taken for the future's.

    A write may have waited for its turn, or come through a machine whose clock is behind another's. Evidence is never
    later than the clock that accepted it, and judging at any instant after all evidence gives the same rows.
    """
    return session.now + CLOCKS_DIFFER_BY


def lock(session: OwnedSession) -> None:
    """Take the user's turn to write and count it: one writer at a time judges a user's applications."""
    session.execute(
        update(User).where(col(User.id) == session.user_id).values(write_counter=User.write_counter + 1),
        execution_options=UNSYNCED,
    )


def judge_applications(session: OwnedSession, ids: Collection[str], *, elsewhere: bool = False) -> list[Reopened]:
    """Judge applications anew and rewrite their rows; `elsewhere`: also step 7 of all the user's others.

    Returns what was closed and is open again. A deleted application has no rows.
    """
    session.flush()
    reopened: list[Reopened] = []
    batches = list(_in_batches(sorted(ids)))
    applications = [session.exec(select(Application).where(col(Application.id).in_(some))).all() for some in batches]
    for found in applications:
        _settle_ends(session, found)
    for some, found in zip(batches, applications, strict=True):
        alive = [application for application in found if application.deleted_at is None]
        known = gather(session, alive, now=judged_at(session))
        judged = {one.application.id: project(one.facts, one.policy, judged_at(session)) for one in known}
        rows = session.exec(select(StepInstance).where(col(StepInstance.application_id).in_(some))).all()
        reopened += _rewrite(session, judged, rows)
    if elsewhere:
        reopened += _judge_search(session, ids)
    session.flush()
    return reopened


def judge_all(session: OwnedSession) -> list[Reopened]:
    """Judge every application of the user anew: after a change of policy or of the rules."""
    return judge_applications(session, session.exec(select(Application.id)).all(), elsewhere=False)


def judge_search(session: OwnedSession) -> list[Reopened]:
    """Judge step 7 of every application: after a change of the user's zone or a general search activity."""
    session.flush()
    reopened = _judge_search(session, ())
    session.flush()
    return reopened


def fresh(session: OwnedSession, applications: Sequence[Application]) -> Iterator[tuple[Known, tuple[Instance, ...]]]:
    """Judge without writing: what the stored rows must equal."""
    for known in gather(session, applications, now=judged_at(session)):
        yield known, project(known.facts, known.policy, judged_at(session))


def _settle_ends(session: OwnedSession, applications: Sequence[Application]) -> None:
    """Keep the effective end of every round up to date: it depends on the policy, and other applications read it.

    Hence all ends are settled before the first application is judged.
    """
    user = me(session)
    minutes = {a.id: policy_of(user.policy, a.policy).default_interview_minutes for a in applications}
    rounds = select(Interview).where(col(Interview.application_id).in_(list(minutes)))
    for interview in session.exec(rounds).all():
        end = effective_end(interview, minutes[interview.application_id])
        if interview.effective_end_at != end:
            interview.effective_end_at = end
    session.flush()


def _judge_search(session: OwnedSession, leave_out: Collection[str]) -> list[Reopened]:
    """Rewrite the step 7 rows of all applications that have one, but for those judged already."""
    stored = session.exec(select(StepInstance).where(StepInstance.number == SEARCH)).all()
    rows = {row.application_id: row for row in stored if row.application_id not in leave_out}
    reopened: list[Reopened] = []
    for some in _in_batches(sorted(rows)):
        found = session.exec(select(Application).where(col(Application.id).in_(some))).all()
        known = gather(session, found, now=judged_at(session), search_only=True)
        judged = {one.application.id: project_search(one.facts, one.policy, judged_at(session)) for one in known}
        instances = {key: (instance,) if instance else () for key, instance in judged.items()}
        reopened += _rewrite(session, instances, [rows[key] for key in some])
    return reopened


def _rewrite(
    session: OwnedSession, judged: Mapping[str, tuple[Instance, ...]], rows: Iterable[StepInstance]
) -> list[Reopened]:
    """Update, add and delete rows by key until they equal what was judged."""
    stored = {(row.application_id, row.number, row.scope): row for row in rows}
    reopened: list[Reopened] = []
    for application_id, instances in judged.items():
        for instance in instances:
            row = stored.pop((application_id, *instance.key), None)
            if row is None:
                session.add(row_of(session.user_id, application_id, instance))
                continue
            if row.closed_state is not None and instance.closed_state is None:
                reopened.append(Reopened(application_id, instance))
            _update(row, columns(instance))
    for row in stored.values():
        session.delete(row)
    return reopened


def _update(row: StepInstance, values: dict[str, object]) -> None:
    """Write what changed; a snooze ends when the step closes or its deadline moves."""
    if values["closed_state"] is not None or values["due_at"] != row.due_at:
        row.snoozed_until = None
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)


def _in_batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
