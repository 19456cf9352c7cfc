"""The kinds of fact with little of their own: notes, follow-ups, offers, search activities."""

from collections.abc import Sequence
from typing import Any

from api.errors import InvalidError
from api.models import Application, Contact, FollowUp, Interview, Letter, Note, Offer, SearchActivity
from api.models.follow_up import OUTCOMES, FollowUpCreate, FollowUpPublic, FollowUpUpdate
from api.models.note import NoteCreate, NotePublic, NoteUpdate
from api.models.offer import OfferCreate, OfferPublic, OfferUpdate
from api.models.search_activity import SearchActivityCreate, SearchActivityPublic, SearchActivityUpdate
from api.services.facts.applications import applications_of
from api.services.facts.crud import Kind
from api.services.facts.dating import Change, date_fact, in_order
from api.storage.database import OwnedSession


def _settle_note(session: OwnedSession, row: Note, _change: Change) -> None:
    row.noted_at = row.noted_at or session.now
    if row.address_in_letter is None:
        row.address_in_letter = row.kind == "concern"


NOTE = Kind(
    table=Note,
    noun="note",
    create=NoteCreate,
    update=NoteUpdate,
    public=NotePublic,
    links={"interview_id": Interview, "addressed_by_letter_id": Letter},
    settle=_settle_note,
    seen_as=("notes",),
)


def _settle_follow_up(session: OwnedSession, row: FollowUp, _change: Change) -> None:
    row.at = row.at or session.now
    if row.outcome not in OUTCOMES[row.direction]:
        allowed = ", ".join(OUTCOMES[row.direction])
        raise InvalidError.at("/outcome", "outcome_of_other_direction", f"Use one of {allowed} for this direction.")
    in_order(row)


FOLLOW_UP = Kind(
    table=FollowUp,
    noun="follow-up",
    create=FollowUpCreate,
    update=FollowUpUpdate,
    public=FollowUpPublic,
    links={"contact_id": Contact},
    settle=_settle_follow_up,
    seen_as=("follow_ups",),
)


def _settle_offer(session: OwnedSession, row: Offer, change: Change) -> None:
    row.received_at = row.received_at or session.now
    there, was = row.decision is not None, change.before.get("decision") is not None
    date_fact(row, change, "decided_at", there=there, was=was, fact="decision")


def _offer_extras(session: OwnedSession, rows: Sequence[Offer]) -> list[dict[str, Any]]:
    applications = applications_of(session, [row.application_id for row in rows])
    return [{"warnings": _stage_warnings(applications[row.application_id])} for row in rows]


def _stage_warnings(application: Application) -> list[dict[str, str]]:
    if application.stage in ("offered", "accepted", "declined"):
        return []
    href = f"/v1/applications/{application.id}/stages"
    text = "The application does not stand at offered yet: record that stage too, so that the call is no longer due."
    return [{"code": "stage_not_offered", "text": text, "method": "POST", "href": href}]


OFFER = Kind(
    table=Offer,
    noun="offer",
    create=OfferCreate,
    update=OfferUpdate,
    public=OfferPublic,
    settle=_settle_offer,
    extras=_offer_extras,
)


def _settle_activity(session: OwnedSession, row: SearchActivity, _change: Change) -> None:
    row.at = row.at or session.now


SEARCH_ACTIVITY = Kind(
    table=SearchActivity,
    noun="search activity",
    create=SearchActivityCreate,
    update=SearchActivityUpdate,
    public=SearchActivityPublic,
    links={"application_id": Application},
    settle=_settle_activity,
    elsewhere=("at", "application_id"),
    touches=lambda *_: [],
)
