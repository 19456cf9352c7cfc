"""Record the rows of a table: applications with their stages, notes, contacts and interviews."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlmodel import col, select

from api.models import Application, Contact, ImportRow
from api.models.application import ApplicationCreate, ApplicationUpdate, StageCreate
from api.models.contact import ApplicationContactPut, ContactCreate
from api.models.interview import InterviewCreate
from api.models.note import NoteCreate
from api.services.facts import crud, links
from api.services.facts.applications import APPLICATION, STAGE
from api.services.facts.contacts import CONTACT
from api.services.facts.interviews import INTERVIEW
from api.services.facts.notes import NOTE
from api.services.imports.duplicates import Decision, Index, Known, Likeness, decide, filled, known_like
from api.services.imports.written import Written
from api.storage.session import OwnedSession
from api.words.terms import fold

PersonKey = tuple[str, ...]


class People:
    """The contacts of the account by what they are recognised by, as of one write of the account.

    They are loaded when the account was written by somebody else since the last slice.
    """

    def __init__(self) -> None:
        self._seq: int | None = None
        self._known: dict[PersonKey, str] = {}

    def refresh(self, session: OwnedSession) -> None:
        """Load the contacts if the last write of the account was not the last slice of this import."""
        if session.write_count is None or self._seq != session.write_count - 1:
            columns: Any = [getattr(Contact, name) for name in ("id", "full_name", "email", "phone", "company")]
            self._known = {}
            for id_, name, email, phone, company in session.execute(
                select(*columns).where(col(Contact.deleted_at).is_(None))
            ):
                for key in _person_keys(name, email, phone, company):
                    self._known.setdefault(key, id_)
        self._seq = session.write_count

    def find(self, body: ContactCreate) -> str | None:
        """Return the contact with the same e-mail address, else with the same name and phone or company."""
        keys = _person_keys(body.full_name, body.email, body.phone, body.company)
        return next((self._known[key] for key in keys if key in self._known), None)

    def add(self, row: Contact) -> None:
        """Remember a new contact."""
        for key in _person_keys(row.full_name, row.email, row.phone, row.company):
            self._known.setdefault(key, row.id)


def _person_keys(name: str | None, email: str | None, phone: str | None, company: str | None) -> list[PersonKey]:
    keys: list[PersonKey] = [("email", fold(email))] if email else []
    digits = "".join(character for character in phone or "" if character.isdecimal())[-9:]
    if name and digits:
        keys.append(("phone", fold(name), digits))
    if name and company and not email:
        keys.append(("company", fold(name), fold(company)))
    return keys


def known_for(session: OwnedSession, rows: Iterable[ImportRow]) -> Index:
    """Return the applications of the account that some rows can be like."""
    return Index(known_like(session, [Likeness.of(row.plan["application"]) for row in rows]))


def is_as_planned(row: ImportRow, found: Decision) -> bool:
    """Tell whether a row would still become what was planned."""
    id_ = found.known.likeness.id if found.known is not None else None
    if found.outcome != row.outcome or list(found.fields) != row.plan.get("fill", []):
        return False
    return row.duplicate_of in (None, id_)


def write_table_row(
    session: OwnedSession, row: ImportRow, on_duplicate: str, known: Index, people: People
) -> list[Written] | None:
    """Look again what becomes of a row, and record it; return the objects that it made or changed.

    Returns None if it would become something else than planned. Raises ProblemError for what the API refuses.
    """
    plan = row.plan
    wanted = Likeness.of(plan["application"])
    found = decide(wanted, plan["application"], known.near(wanted), on_duplicate)
    if not is_as_planned(row, found):
        return None
    if found.outcome == "fill" and found.known is not None:
        found.known.filled.update(found.fields)
        return [_fill(session, row, found)]
    application = crud.create(session, APPLICATION, ApplicationCreate.model_validate(plan["application"]))
    within = {"application_id": application.id}
    for body in plan["stages"]:
        crud.create(session, STAGE, StageCreate.model_validate(body), within=within)
    if plan["note"] is not None:
        crud.create(session, NOTE, NoteCreate.model_validate(plan["note"]), within=within)
    if plan["interview"] is not None:
        crud.create(session, INTERVIEW, InterviewCreate.model_validate(plan["interview"]), within=within)
    made = []
    if plan["contact"] is not None:
        made = _link_contact(session, application, plan, people)
    if plan["archived"]:
        crud.change(session, APPLICATION, application, ApplicationUpdate(archived_at=session.now))
    session.flush()
    known.add(Known(replace(wanted, id=application.id), filled(plan["application"])))
    return [Written("application", application.id, "created", application.version), *made]


def _fill(session: OwnedSession, row: ImportRow, found: Decision) -> Written:
    assert found.known is not None  # noqa: S101  # a row fills something
    values = {name: row.plan["application"][name] for name in found.fields}
    application = crud.find(session, Application, str(found.known.likeness.id))
    before: dict[str, Any] = dict.fromkeys(values)
    crud.change(session, APPLICATION, application, ApplicationUpdate.model_validate(values))
    return Written("application", application.id, "filled", application.version, before)


def _link_contact(
    session: OwnedSession, application: Application, plan: dict[str, Any], people: People
) -> list[Written]:
    body = ContactCreate.model_validate(plan["contact"])
    known = people.find(body)
    if known is None:
        contact = crud.create(session, CONTACT, body)
        people.add(contact)
    else:
        contact = crud.find(session, Contact, known)
    links.link_contact(session, application, contact, ApplicationContactPut(role=plan["contact_role"]))
    return [Written("contact", contact.id, "created" if known is None else "linked", contact.version)]
