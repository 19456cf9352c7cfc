"""Offers: when they were received and decided, and a warning if the stage does not match."""

from collections.abc import Sequence
from typing import Any

from api.models import Application, Offer
from api.models.offer import OfferCreate, OfferPublic
from api.rules.hints import hint
from api.services.facts.crud import NO_STEPS, FactKind, by_id
from api.services.facts.dating import Change, date_fact
from api.storage.session import OwnedSession


def _validate(session: OwnedSession, row: Offer, change: Change) -> None:
    row.received_at = row.received_at or session.now
    there, was = row.decision is not None, change.before.get("decision") is not None
    date_fact(row, change, "decided_at", there=there, was=was, fact="decision")


def _extras(session: OwnedSession, rows: Sequence[Offer]) -> list[dict[str, Any]]:
    applications = by_id(session, Application, (row.application_id for row in rows))
    return [{"warnings": _stage_warnings(applications[row.application_id])} for row in rows]


def _stage_warnings(application: Application) -> list[dict[str, str]]:
    if application.stage in ("offered", "accepted", "declined"):
        return []
    href = f"/v1/applications/{application.id}/stages"
    text = "The stage of the application is not `offered` yet: record it too, so that the call is no longer due."
    return [hint("stage_not_offered", text, "POST", href)]


OFFER = FactKind(
    table=Offer,
    create=OfferCreate,
    public=OfferPublic,
    affected_steps=NO_STEPS,
    validate=_validate,
    extras=_extras,
)
