"""Offers: what is on the table, and until when."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field
from sqlalchemy import Index
from sqlmodel import Field as Column

from api.models.base import (
    Amount,
    Body,
    Currency,
    Day,
    Id,
    Instant,
    Stored,
    Text,
    id_column,
    merge_patch,
    points_at,
    shown,
)
from api.models.hint import HintPublic


class OfferDecision(StrEnum):
    """What was answered to an offer."""

    ACCEPTED = "accepted"
    DECLINED = "declined"


class Offer(Stored, table=True):
    """An offer of an application. Recording one does not move the stage."""

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


class OfferFields(Body):
    """An offer. Recording one does not move the stage."""

    received_at: Annotated[Instant | None, Field(description="Default: now.")] = None
    respond_by: Annotated[Instant | None, Field(description="Until when they want an answer.")] = None
    pay: Amount | None = None
    currency: Currency | None = None
    benefits: Text | None = None
    start_on: Day | None = None
    notes: Text | None = None
    decision: OfferDecision | None = None
    decided_at: Annotated[Instant | None, Field(description="Default: now, when a decision is given.")] = None


class OfferCreate(OfferFields):
    """An offer. Recording one does not move the stage."""

    id: Id | None = None


OfferUpdate = merge_patch(OfferFields, "OfferUpdate", without=["received_at"], also={"received_at": Instant})
OfferPublic = shown(
    OfferFields,
    "OfferPublic",
    without=["received_at"],
    derived=["warnings"],
    application_id=str,
    received_at=datetime,
    warnings=list[HintPublic],
)
