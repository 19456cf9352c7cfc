"""Quotas: how many rows of each kind an account may have. `GET /v1/me/usage` shows them.

A quota is checked when a row is added, by one statement that counts in an index and stops at the quota; none is needed
in an account that stores fewer bytes than so many rows have at least. An account that has more keeps all of it, and
deleting always works.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlmodel import SQLModel, col, func, literal, select, union_all

from api.errors import QuotaExceededError
from api.models import (
    Activity,
    AgentWrite,
    Application,
    ApplicationContact,
    ApplicationReference,
    CalendarFeed,
    Contact,
    Delivery,
    DeliveryAttempt,
    Event,
    FollowUp,
    IdempotentResponse,
    ImportChunk,
    ImportJob,
    ImportObject,
    ImportRow,
    Interview,
    InterviewInterviewer,
    Letter,
    LetterTemplate,
    LoginThrottle,
    Mail,
    Note,
    Notification,
    Offer,
    Reference,
    SearchActivity,
    SearchEntry,
    StageChange,
    StepInstance,
    StepNotice,
    StepOverride,
    Token,
    User,
    Webhook,
)
from api.models.token import TokenKind
from api.services.stored_bytes import ROW_BYTES
from api.storage.codecs import to_db_id
from api.storage.raw_sql import ID, CompiledStatement, RawConnection, param
from api.storage.session import OwnedSession

MAX_SESSIONS = 50  # one more ends the session that was unused for longest
DELETE_SOME = "delete some of them first"


@dataclass(frozen=True)
class Quota:
    """At most `most` rows of a table in an account, or in one object of it, which the column `parent` names.

    `where`: the rows that count. `remedy`: what to do when the quota is reached.
    """

    name: str
    most: int
    parent: str | None = None
    where: Collection[Any] = ()
    remedy: str = DELETE_SOME

    @property
    def per(self) -> str:
        """What the quota applies to: an account, an application or an interview."""
        return self.parent.removesuffix("_id") if self.parent else "account"


APPLICATION, INTERVIEW = "application_id", "interview_id"
# Every table has a quota, or a reason why it needs none.
QUOTAS: Mapping[type[SQLModel], Quota | str] = {
    Application: Quota(
        "live_applications",
        10_000,
        where=(col(Application.closed_at).is_(None), col(Application.deleted_at).is_(None)),
        remedy="close or delete some of them first",
    ),
    StageChange: Quota("stages", 500, APPLICATION),
    Interview: Quota("interviews", 60, APPLICATION),
    InterviewInterviewer: Quota("interviewers", 50, INTERVIEW, remedy="remove some of them first"),
    Note: Quota("notes", 2_000, APPLICATION),
    Letter: Quota("letters", 500, APPLICATION),
    FollowUp: Quota("follow_ups", 2_000, APPLICATION),
    Offer: Quota("offers", 50, APPLICATION),
    StepOverride: Quota("step_overrides", 1_000, APPLICATION, remedy="use another application: they cannot be deleted"),
    ApplicationContact: Quota("application_contacts", 200, APPLICATION, remedy="remove some of them first"),
    ApplicationReference: Quota("application_references", 50, APPLICATION, remedy="remove some of them first"),
    Contact: Quota("contacts", 20_000, where=(col(Contact.deleted_at).is_(None),)),
    Reference: Quota("references", 1_000),
    LetterTemplate: Quota("letter_templates", 100),
    SearchActivity: Quota("search_activities", 20_000),
    CalendarFeed: Quota("calendar_feeds", 10),
    Webhook: Quota("webhooks", 10),
    ImportJob: "Three drafts and 20 uploads an hour; counts towards the bytes of the account.",
    ImportChunk: "The file of an import, which has a limit; deleted when the import has run, or after a day.",
    ImportRow: "Limited by the size of the file of an import, and deleted 30 days after it.",
    ImportObject: "As many as rows of imports, and deleted with them.",
    Token: Quota("tokens", 50, where=(col(Token.kind) == TokenKind.PERSONAL,), remedy="revoke some of them first"),
    Event: "The newest 20,000 of an account, for 30 days.",
    Delivery: "One for each event and webhook; deleted with the event.",
    DeliveryAttempt: "At most ten of a delivery since it was queued or replayed; deleted with the event.",
    StepNotice: "One for each open step.",
    Notification: "One for each account.",
    StepInstance: "Follows from applications and interviews, which have quotas.",
    IdempotentResponse: "Counts towards the bytes of the account, and is deleted after a day.",
    AgentWrite: "The newest 500 of an account with at most 5 MB, for a day; counts towards the bytes of the account.",
    Activity: "Counts towards the bytes of the account, and is deleted after 90 days.",
    Mail: "Three an hour of each kind, one digest a day, two reminders for a deadline; deleted after 90 days.",
    SearchEntry: "Follows from the texts, of which the objects have quotas.",
    User: "One for each account; sign-ups are limited by address.",
    LoginThrottle: "Belongs to no account; deleted after an hour.",
}


@cache
def _count_statement(table: Any) -> CompiledStatement:  # noqa: ANN401  # a table
    """Return the statement that counts the rows of a quota, at most so many."""
    quota = QUOTAS[table]
    assert isinstance(quota, Quota)  # noqa: S101  # callers check
    rows = select(table.user_id).where(*quota.where)
    if quota.parent is not None:
        rows = rows.where(getattr(table, quota.parent) == param("parent", ID))
    return CompiledStatement(select(func.count()).select_from(rows.limit(quota.most).subquery()))


def check(session: OwnedSession, table: type[SQLModel], row: Mapping[str, Any] | None = None) -> None:
    """Raise QuotaExceededError if one more row of a table would exceed its quota.

    `row`: the values of the new row; those of its parent are needed.
    """
    quota = QUOTAS[table]
    if isinstance(quota, str):
        return
    parent = {"parent": to_db_id((row or {})[quota.parent])} if quota.parent else {}
    session.flush()
    if session.stored_bytes is not None and session.stored_bytes + session.grown_bytes < quota.most * ROW_BYTES:
        return
    counted = RawConnection.of(session).first(_count_statement(table), **parent)
    used = counted[0] if counted else 0
    if used >= quota.most:
        name = quota.name.replace("_", " ")
        within = f"This {quota.per}" if quota.parent else "Your account"
        detail = f"{within} has {used:,} {name}, which is the limit: {quota.remedy}."
        raise QuotaExceededError(detail, quota.name, used, quota.most)


def used(session: OwnedSession, table: type[SQLModel]) -> int:
    """Return how many rows count towards the quota of a table that applies to the account, at most as many as it."""
    counted = RawConnection.of(session).first(_count_statement(table))
    return counted[0] if counted else 0


def most(table: type[SQLModel]) -> int:
    """Return the quota of a table. Raises TypeError for one without a quota."""
    quota = QUOTAS[table]
    if isinstance(quota, str):
        raise TypeError(quota)
    return quota.most


def counted_rows(table: Any, quota: Quota) -> Any:  # noqa: ANN401  # a table, a statement
    """Return the statement of the quota's name and what is used of it: of the parent that has the most rows."""
    name = literal(quota.name).label("name")
    if quota.parent is None:
        return select(name, func.count().label("used")).select_from(table).where(*quota.where)
    parent = getattr(table, quota.parent)
    each = select(func.count().label("rows")).select_from(table).where(*quota.where).group_by(parent).subquery()
    return select(name, func.coalesce(func.max(each.c.rows), 0).label("used"))


def rows_by_quota(session: OwnedSession) -> list[tuple[Quota, int]]:
    """Return every quota and what is used of it, by one statement."""
    quotas = {quota.name: (table, quota) for table, quota in QUOTAS.items() if isinstance(quota, Quota)}
    found = session.execute(union_all(*(counted_rows(*one) for one in quotas.values())))
    used = {str(name): int(number) for name, number in found}
    return [(quota, used[name]) for name, (_, quota) in quotas.items()]
