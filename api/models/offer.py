"""Offers: pay, benefits, the answer date and the decision."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import MISSING, Field
from sqlalchemy import Index
from sqlmodel import Field as Column

from api.models.base import (
    Amount,
    Body,
    Currency,
    Day,
    Id,
    Instant,
    Shown,
    Stored,
    Text,
    id_column,
    points_at,
)
from api.models.hint import HintPublic


class OfferDecision(StrEnum):
    """The user's decision on an offer."""

    ACCEPTED = "accepted"
    DECLINED = "declined"


class Offer(Stored, table=True):
    """An offer of an application. Recording one does not change the stage."""

    __tablename__ = "offer"
    __table_args__ = (
        points_at("application", "application_id"),
        Index("ix_offer_received", "user_id", "application_id", "received_at", "id"),
        Index("ix_offer_respond_by", "user_id", "respond_by"),
    )

    application_id: str = id_column()
    received_at: datetime
    respond_by: datetime | None = None
    pay: float | None = None
    currency: str | None = Column(default=None, max_length=3)
    benefits: str | None = None
    start_on: date | None = None
    notes: str | None = None
    decision: str | None = Column(default=None, max_length=16)
    decided_at: datetime | None = None


RespondBy = Annotated[
    Instant | None, Field(description="By when the employer wants an answer: not before `received_at`.")
]
DecidedAt = Annotated[Instant | None, Field(description="When you decided. Default: now, if a decision is sent.")]


class OfferCreate(Body):
    """An offer. Recording one does not change the stage."""

    received_at: Annotated[Instant | None, Field(description="Default: now.")] = None
    respond_by: RespondBy = None
    pay: Amount | None = None
    currency: Currency | None = None
    benefits: Text | None = None
    start_on: Day | None = None
    notes: Text | None = None
    decision: OfferDecision | None = None
    decided_at: DecidedAt = None
    id: Id | None = None


class OfferUpdate(Body):
    """A merge patch: an absent field stays as it is, null clears it. An offer; it does not change the stage."""

    received_at: Instant | MISSING = MISSING
    respond_by: RespondBy | MISSING = MISSING
    pay: Amount | MISSING | None = MISSING
    currency: Currency | MISSING | None = MISSING
    benefits: Text | MISSING | None = MISSING
    start_on: Day | MISSING | None = MISSING
    notes: Text | MISSING | None = MISSING
    decision: OfferDecision | MISSING | None = MISSING
    decided_at: DecidedAt | MISSING = MISSING


class OfferPublic(Shown):
    """An offer. Recording one does not change the stage."""

    derived: ClassVar[tuple[str, ...]] = ("warnings", "respond_by_text")

    application_id: str
    received_at: datetime
    respond_by: RespondBy
    respond_by_text: Annotated[
        str | None, Field(description="`respond_by` as local time in your zone, with the name of the zone.")
    ]
    pay: Amount | None
    currency: Currency | None
    benefits: Text | None
    start_on: Day | None
    notes: Text | None
    decision: OfferDecision | None
    decided_at: DecidedAt
    warnings: list[HintPublic]
