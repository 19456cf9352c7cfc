"""Endpoints of offers."""

from typing import Annotated, Literal

from fastapi import Path, Query, Response

from api.http.crud import DRY_RUN, ORDER, PARENT, ApplicationId, created, listed, read, removed, updated
from api.http.deps import CallerDep, DryRun, PageDep
from api.http.routes import Routes
from api.models import Offer
from api.models.offer import OfferCreate, OfferPublic, OfferUpdate
from api.models.page import Page
from api.services.facts.offers import OFFER
from api.storage.keyset import sort_orders

OfferId = Annotated[str, Path(description="The offer's id.", max_length=64)]
OfferOrder = Annotated[Literal["received_at", "-received_at", "created_at", "-created_at"], Query(description=ORDER)]
ORDERS = sort_orders(Offer, "received_at", "created_at")
routes = Routes("offers", reports_writes=True)


class OfferPage(Page[OfferPublic]):
    """A page of offers."""


@routes.get(f"{PARENT}/offers", scopes="applications:read")
def list_offers(
    caller: CallerDep, page: PageDep, application_id: ApplicationId, sort: OfferOrder = "received_at"
) -> OfferPage:
    """List offers."""
    with caller.reading() as session:
        return OfferPage.model_construct(**listed(caller, session, OFFER, page, ORDERS[sort], under=application_id))


@routes.post(f"{PARENT}/offers", status_code=201, scopes="applications:write", errors=[409])
def create_offer(caller: CallerDep, application_id: ApplicationId, body: OfferCreate) -> OfferPublic:
    """Record an offer.

    It does not change the stage of the application. Until you record the stage `offered`, the response has the warning
    `stage_not_offered`, with the address for that; after a decision, `stage_not_decided` until the stage shows it.
    Until `respond_by`, your other applications show advice about an undecided or accepted offer.
    """
    with caller.writing() as session:
        return created(caller, session, OFFER, body, at="/v1/offers", under=application_id)


@routes.get("/v1/offers/{offer_id}", scopes="applications:read")
def get_offer(caller: CallerDep, offer_id: OfferId) -> OfferPublic:
    """Read an offer."""
    with caller.reading() as session:
        return read(caller, session, OFFER, offer_id)


@routes.patch("/v1/offers/{offer_id}", scopes="applications:write")
def update_offer(caller: CallerDep, offer_id: OfferId, body: OfferUpdate) -> OfferPublic:
    """Change an offer.

    A merge patch: an absent field stays as it is, null clears it.
    """
    with caller.writing() as session:
        return updated(caller, session, OFFER, offer_id, body)


@routes.delete("/v1/offers/{offer_id}", scopes="applications:write", responses=DRY_RUN)
def delete_offer(caller: CallerDep, offer_id: OfferId, *, dry_run: DryRun = False) -> Response:
    """Delete an offer.

    The offer counts as never recorded. The stage of the application does not change.
    """
    with caller.writing() as session:
        return removed(caller, session, OFFER, offer_id, dry_run=dry_run)
