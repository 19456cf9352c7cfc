"""Applications and their stage history."""

from typing import Any

from sqlmodel import func, select

from api.errors import ConflictError, InvalidError
from api.models import Application, Contact, SearchActivity, StageChange, User
from api.models.application import (
    KEY_LENGTH,
    ApplicationCreate,
    ApplicationPublic,
    StageCreate,
    StagePublic,
)
from api.models.base import new_id
from api.rules.calendar import day_start
from api.rules.facts import ENDINGS
from api.rules.life import life
from api.rules.outcome import STEPS
from api.services import quotas
from api.services.current_user import current_user
from api.services.facts.crud import FactKind, bump_version, find
from api.services.facts.dating import TOLERANCE, Change, date_fact
from api.services.policies import check_policy, merge_overrides
from api.services.steps import judge
from api.services.steps.load_elsewhere import stage_from_model
from api.storage.session import OwnedSession
from api.words.posting_addresses import posting_key
from api.words.terms import fold


def _validate(session: OwnedSession, row: Application, change: Change) -> None:
    user = current_user(session)
    row.company_key = company_key(row.company)
    row.posting_key = posting_key(row.posting_url)
    row.time_zone = row.time_zone or user.time_zone
    row.policy = _policy(change)
    check_policy(user.policy, row.policy)
    if row.salary_min is not None and row.salary_max is not None and row.salary_min > row.salary_max:
        detail = "salary_max must not be less than salary_min: send a larger salary_max, or a smaller salary_min."
        raise InvalidError.at("/salary_max", "below_salary_min", detail)
    _validate_status_contact(row, change)
    if change.sent.get("applied_on") is not None:
        _check_applied_on(row, user, change)
    closed = row.stage in ENDINGS if change.is_new else row.closed_at is not None
    if row.archived_at is not None and not closed:
        detail = "Only a closed application can be archived: first record the stage with which it ended."
        raise InvalidError.at("/archived_at", "not_closed", detail)


def company_key(company: str) -> str:
    """Return the form of a company's name, or of its beginning, by which applications are sorted and filtered."""
    return fold(company)[:KEY_LENGTH]


def _policy(change: Change) -> dict[str, object]:
    before: dict[str, object] = change.before.get("policy") or {}
    if "policy" not in change.sent:
        return before
    body = change.sent["policy"]
    return merge_overrides(before, body) if body is not None else {}


def _validate_status_contact(row: Application, change: Change) -> None:
    was = change.before.get("status_contact_id")
    if was is not None and row.status_contact_id not in (None, was) and "status_contact_since" not in change.sent:
        row.status_contact_since = change.now
    there = row.status_contact_id is not None
    date_fact(row, change, "status_contact_since", there=there, was=was is not None, fact="status_contact_id")


def _check_applied_on(row: Application, user: User, change: Change) -> None:
    """Raise InvalidError if the day has not begun yet, neither in the employer's zone nor in the user's."""
    day = change.sent["applied_on"]
    if min(day_start(day, zone) for zone in (row.time_zone, user.time_zone)) > change.now + TOLERANCE:
        raise InvalidError.at("/applied_on", "future_evidence", "It cannot have happened yet: send a date up to today.")


def _after_write(session: OwnedSession, row: Application, change: Change) -> None:
    """Write the first entry of the stage history and, if `applied_on` is known, a search activity."""
    if not change.is_new:
        return
    at = change.sent.get("stage_at")
    if at is None and row.applied_on is not None:
        at = min(day_start(row.applied_on, row.time_zone), session.now)
    times: dict[str, Any] = {"user_id": session.user_id, "created_at": session.now, "updated_at": session.now}
    first = StageChange(
        **times, id=new_id(), application_id=row.id, stage=row.stage, at=at or session.now, dated=at is not None
    )
    session.add(first)
    if row.applied_on is not None:
        quotas.check(session, SearchActivity)
        applied = min(day_start(row.applied_on, current_user(session).time_zone), session.now)
        session.add(SearchActivity(**times, id=new_id(), at=applied, kind="applied", application_id=row.id))
    session.flush()
    derive_life(session, row, is_new=True)


def derive_life(session: OwnedSession, row: Application, *, is_new: bool = False) -> None:
    """Set stage, offer and end of an application from its stage history; an open application is never archived.

    A change increases the version, unless the application `is_new`. Raises QuotaExceededError if it would be
    open again and the user has the maximum of live applications.
    """
    lines = session.exec(select(StageChange).where(StageChange.application_id == row.id)).all()
    now = life([stage_from_model(line) for line in lines], judge.judged_at(session))
    if row.closed_at is not None and now.closed_at is None:
        quotas.check(session, Application)
    found = {name: getattr(now, name) for name in ("stage", "offered_at", "closed_at", "closed_outcome")}
    found["archived_at"] = row.archived_at if now.closed_at is not None else None
    if any(getattr(row, name) != value for name, value in found.items()):
        for name, value in found.items():
            setattr(row, name, value)
        if not is_new:
            bump_version(session, row)
    session.flush()


def restore(session: OwnedSession, row: Application) -> None:
    """Restore an application if it is deleted. Raises QuotaExceededError."""
    if row.deleted_at is None:
        return
    if row.closed_at is None:
        quotas.check(session, Application)
    row.deleted_at = None
    bump_version(session, row)
    judge.judge_applications(session, [row.id], elsewhere=True)


APPLICATION = FactKind(
    table=Application,
    create=ApplicationCreate,
    public=ApplicationPublic,
    affected_steps=STEPS,
    links={"status_contact_id": Contact},
    validate=_validate,
    after_write=_after_write,
    elsewhere=("policy", "closed_at", "deleted_at"),
    affected_applications=lambda _, row: [row.id],
)


def _validate_stage(session: OwnedSession, row: StageChange, change: Change) -> None:
    row.at = row.at or session.now
    row.dated = row.dated or "at" in change.sent


def _after_stage_write(session: OwnedSession, row: StageChange, _change: Change) -> None:
    derive_life(session, find(session, Application, row.application_id))


def _before_stage_delete(session: OwnedSession, row: StageChange) -> None:
    others = select(func.count()).select_from(StageChange).where(StageChange.application_id == row.application_id)
    if session.exec(others).one() <= 1:
        detail = "An application needs at least one stage: change this one, or first add another."
        raise ConflictError(detail, code="last_stage")


STAGE = FactKind(
    table=StageChange,
    create=StageCreate,
    public=StagePublic,
    affected_steps=STEPS,
    validate=_validate_stage,
    after_write=_after_stage_write,
    before_delete=_before_stage_delete,
    elsewhere=("stage", "at", "dated"),
)
