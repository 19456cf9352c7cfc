"""References: the people, their consent and how often they were named, and their links to applications."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import and_, case, col, func, select

from api.errors import InvalidError
from api.models import Application, ApplicationReference, Reference
from api.models.base import Body
from api.models.reference import (
    ApplicationReferencePublic,
    ApplicationReferencePut,
    Consent,
    ReferenceCreate,
    ReferencePublic,
)
from api.rules.evaluate import steps_affected_by
from api.rules.hints import hint
from api.services import idempotent_responses, quotas
from api.services.facts.crud import FactKind, find, ids_where, sent_values
from api.services.facts.dating import Change, check_evidence, date_fact
from api.services.facts.links import Paged, find_link
from api.services.row_etags import row_etag
from api.services.steps import judge
from api.services.write_log import log
from api.storage.keyset import PageQuery, ascending
from api.storage.session import OwnedSession
from api.words.catalogue import catalogue

AFFECTED_STEPS = steps_affected_by("references")
ASKED_WITHIN = timedelta(days=60)
# Our choice: three requests in 60 days are acceptable. A fourth one is much work, and a person who is asked too often
# says less.
MAX_ASKED = 3
Hints = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class AskCount:
    """How often a person was named: ever, in the last 60 days, and for applications that are still open."""

    ever: int = 0
    lately: int = 0
    open: int = 0

    @property
    def is_often(self) -> bool:
        """Whether the person was named more than three times in the last 60 days."""
        return self.lately > MAX_ASKED


def consent_of(person: Reference, now: datetime) -> Consent:
    """Return whether a person may be named at an instant; consent has lapsed at the very instant of its expiry."""
    if person.permission_at is None:
        return "not_given"
    expires = person.permission_expires_at
    return "given" if expires is None or now < expires else "lapsed"


def ask_counts(session: OwnedSession, ids: Sequence[str]) -> dict[str, AskCount]:
    """Return how often people were named; deleted applications count only in `ever`.

    A link of exactly 60 days ago does not count in `lately` any more.
    """
    there = col(Application.deleted_at).is_(None)
    lately = and_(there, col(ApplicationReference.linked_at) > session.now - ASKED_WITHIN)
    open_ = and_(there, col(Application.closed_at).is_(None))
    counts: Any = select(
        ApplicationReference.reference_id,
        func.count(),
        *(func.sum(case((one, 1), else_=0)) for one in (lately, open_)),
    )
    named = counts.join(Application, col(Application.id) == ApplicationReference.application_id)
    mine = named.where(col(ApplicationReference.reference_id).in_(ids)).group_by(ApplicationReference.reference_id)
    return {id_: AskCount(*(int(count) for count in found)) for id_, *found in session.exec(mine).all()}


def _consent_warnings(person: Reference, asked: AskCount, now: datetime) -> Iterator[dict[str, str]]:
    """Yield the reasons not to name a person now."""
    consent, href = consent_of(person, now), f"/v1/references/{person.id}"
    if consent == "lapsed":
        yield _catalogued("consent_lapsed", "PATCH", href, name=person.name)
    elif consent == "not_given" and asked.open:
        yield _catalogued("named_without_consent", "PATCH", href, name=person.name)
    if asked.is_often:
        yield _catalogued("asked_often", "GET", "/v1/references", name=person.name, times=str(asked.lately))


def _catalogued(code: str, method: str, href: str, **values: str) -> dict[str, str]:
    text: str = catalogue("formal").card("reference_hints")[code]
    return hint(code, text.format(**values), method, href)


def _validate(_session: OwnedSession, row: Reference, change: Change) -> None:
    """Clear the end of a permission with it. Raises InvalidError for an end without or before its permission."""
    pointer = "/permission_expires_at"
    if row.permission_at is None:
        if change.sent.get("permission_expires_at") is not None:
            raise InvalidError.at(pointer, "nothing_to_end", "It is the end of a permission: send permission_at too.")
        row.permission_expires_at = None
    elif row.permission_expires_at is not None and row.permission_expires_at < row.permission_at:
        detail = "A permission must not end before it was given: send an instant after permission_at."
        raise InvalidError.at(pointer, "before_permission_at", detail)


def _before_delete(session: OwnedSession, row: Reference) -> None:
    idempotent_responses.erase_showing(session, row.id)
    log.delete_naming(session, row.id, row.name)


def _extras(session: OwnedSession, rows: Sequence[Reference]) -> list[dict[str, Any]]:
    asks = ask_counts(session, [row.id for row in rows])
    found = [(row, asks.get(row.id, AskCount())) for row in rows]
    return [
        {
            "uses": asked.ever,
            "asked_within_60_days": asked.lately,
            "consent": consent_of(row, session.now),
            "warnings": list(_consent_warnings(row, asked, session.now)),
        }
        for row, asked in found
    ]


REFERENCE = FactKind(
    table=Reference,
    create=ReferenceCreate,
    public=ReferencePublic,
    affected_steps=AFFECTED_STEPS,
    validate=_validate,
    extras=_extras,
    before_delete=_before_delete,
    affected_applications=lambda session, row: ids_where(
        session, ApplicationReference, "reference_id", row.id, "application_id"
    ),
)


def named_for(application: Application) -> Any:  # noqa: ANN401  # a statement
    """Return the statement of the references named for an application, each link with its person."""
    return (
        select(ApplicationReference, Reference)
        .join(Reference, col(Reference.id) == ApplicationReference.reference_id)
        .where(ApplicationReference.application_id == application.id)
    )


def references_page(
    session: OwnedSession, application: Application, page: PageQuery
) -> Paged[ApplicationReferencePublic]:
    """Return a page of the references named for an application, in the order in which they were named."""
    keys = ascending(ApplicationReference.linked_at, ApplicationReference.reference_id)
    rows, cursor = page.read_cursor(session.user_id, keys, session.now).rows(session, named_for(application))
    asks = ask_counts(session, [person.id for _, person in rows])
    found = [(link, person, asks.get(person.id, AskCount())) for link, person in rows]
    return [_shown(session, application, link, person, asked) for link, person, asked in found], cursor


def _shown(
    session: OwnedSession, application: Application, link: ApplicationReference, person: Reference, asked: AskCount
) -> ApplicationReferencePublic:
    derived = {"name": person.name, "warnings": link_warnings(application, link, person, asked, session.now)}
    names = ApplicationReferencePublic.model_fields.keys() - {"etag", *derived}
    tag = row_etag(session, link, [person.incarnation, person.version, derived["warnings"]])
    values = {name: getattr(link, name) for name in names}
    return ApplicationReferencePublic.model_validate({**values, **derived, "etag": tag})


def link_warnings(
    application: Application, link: ApplicationReference, person: Reference, asked: AskCount, now: datetime
) -> Hints:
    """Return the hints about a named person: about consent, or, once the application is closed, to thank them."""
    if application.closed_at is None:
        return list(_consent_warnings(person, asked, now))
    was_busy = link.contacted_at is not None or link.briefed_at is not None
    if link.thanked_at is not None or not was_busy:
        return []
    href = f"/v1/applications/{application.id}/references/{person.id}/thanks"
    return [_catalogued("thank_reference", "GET", href, name=person.name)]


def application_reference(
    session: OwnedSession, application: Application, reference_id: str
) -> ApplicationReferencePublic:
    """Return the link of a reference to an application. Raises NotFoundError."""
    person = find(session, Reference, reference_id)
    link = find_link(session, ApplicationReference, application.id, person.id)
    return _shown(session, application, link, person, ask_counts(session, [person.id]).get(person.id, AskCount()))


def link_reference(
    session: OwnedSession, application: Application, person: Reference, body: ApplicationReferencePut
) -> bool:
    """Link a reference to an application, or replace the link; absent dates keep their old values."""
    given = check_evidence(session, sent_values(body))
    keys: dict[str, Any] = {"application_id": application.id, "reference_id": person.id}
    row = session.get(ApplicationReference, (session.user_id, application.id, person.id))
    if row is None:
        quotas.check(session, ApplicationReference, keys)
    names = [name for name in type(body).model_fields if name in given or not name.endswith("_at")]
    values = {name: given.get(name, getattr(body, name)) for name in names}
    new = ApplicationReference(user_id=session.user_id, **keys, linked_at=session.now)
    _write_link(session, row or new, values, Change(given, row.model_dump() if row else {}, session.now))
    return row is None


def change_application_reference(session: OwnedSession, row: ApplicationReference, body: Body) -> None:
    """Apply a merge patch to the link of a reference."""
    given = check_evidence(session, sent_values(body))
    _write_link(session, row, given, Change(given, row.model_dump(), session.now))


def _write_link(session: OwnedSession, row: ApplicationReference, values: dict[str, Any], change: Change) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    _settle_link(session, row, change)
    session.add(row)
    row.version += 0 if change.is_new else 1
    judge.judge_applications(session, [row.application_id], only=AFFECTED_STEPS)


def _settle_link(session: OwnedSession, row: ApplicationReference, change: Change) -> None:
    row.linked_at = row.linked_at or session.now
    both = row.job_details_given and row.company_details_given
    was = bool(change.before.get("job_details_given") and change.before.get("company_details_given"))
    if both:
        date_fact(row, change, "briefed_at", there=True, was=was, fact="one of the two details")
    elif was and change.sent.get("briefed_at") is None:
        row.briefed_at = None
