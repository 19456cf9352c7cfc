"""Offers: when they were received and decided, and a warning if the stage does not match them."""

from collections.abc import Sequence
from typing import Any

from api.errors import InvalidError
from api.models import Application, Offer
from api.models.offer import OfferCreate, OfferPublic
from api.rules.words import wall
from api.services.current_user import current_user
from api.services.facts.crud import NO_STEPS, FactKind, by_id
from api.services.facts.dating import Change, date_fact
from api.services.facts.stage_warnings import offer_warnings
from api.storage.session import OwnedSession


def _validate(session: OwnedSession, row: Offer, change: Change) -> None:
    row.received_at = row.received_at or session.now
    there, was = row.decision is not None, change.before.get("decision") is not None
    date_fact(row, change, "decided_at", there=there, was=was, fact="decision")
    sent = [name for name in ("respond_by", "received_at") if change.sent.get(name) is not None]
    if sent and row.respond_by is not None and row.respond_by < row.received_at:
        detail = (
            "The answer cannot be due before you received the offer: send a later respond_by, or the received_at at "
            "which you got it."
        )
        raise InvalidError.at(f"/{sent[0]}", "before_received_at", detail)


def _extras(session: OwnedSession, rows: Sequence[Offer]) -> list[dict[str, Any]]:
    applications = by_id(session, Application, (row.application_id for row in rows))
    zone = current_user(session).time_zone
    return [
        {
            "warnings": offer_warnings(applications[row.application_id], row.decision),
            "respond_by_text": wall(row.respond_by, zone) if row.respond_by else None,
        }
        for row in rows
    ]


OFFER = FactKind(
    table=Offer,
    create=OfferCreate,
    public=OfferPublic,
    affected_steps=NO_STEPS,
    validate=_validate,
    extras=_extras,
)
