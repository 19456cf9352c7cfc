"""Deliveries: each event to each webhook, with its attempts."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import BigInteger, Index, literal_column, text
from sqlmodel import Field as Column
from sqlmodel import col

from api.models.base import id_column, points_at
from api.models.event import EventPublic, EventType
from api.storage.session import Owned

PENDING = text("state = 'pending'")


class DeliveryState(StrEnum):
    """What became of a delivery. `discarded`: it was the oldest of more than 10,000 that waited."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    DISCARDED = "discarded"


class AttemptError(StrEnum):
    """Why an attempt failed.

    `connect_failed`: there was no connection, or it ended before an answer in HTTP. `redirected`: 3xx, never followed.
    `status`: another answer outside 2xx. `address_not_public`: also if the URL is not allowed any more.
    """

    DNS_FAILED = "dns_failed"
    ADDRESS_NOT_PUBLIC = "address_not_public"
    CONNECT_FAILED = "connect_failed"
    TLS_FAILED = "tls_failed"
    TIMED_OUT = "timed_out"
    REDIRECTED = "redirected"
    STATUS = "status"


class Delivery(Owned, table=True):
    """An event for a webhook. `tries` counts the attempts since it was queued or replayed."""

    __tablename__ = "delivery"
    __table_args__ = (
        points_at("webhook", "webhook_id"),
        points_at("event", "event_id"),
        Index("ix_delivery_once", "user_id", "webhook_id", "event_id", unique=True),
        Index("ix_delivery_event", "user_id", "event_id"),
        Index(
            "ix_delivery_pending",
            "user_id",
            "webhook_id",
            "next_at",
            "sequence",
            sqlite_where=PENDING,
            postgresql_where=PENDING,
        ),
        Index("ix_delivery_newest", "user_id", "webhook_id", "created_at", "id"),
    )

    id: str = id_column(primary_key=True)
    webhook_id: str = id_column()
    event_id: str = id_column()
    sequence: int = Column(sa_type=BigInteger)
    type: str = Column(max_length=40)
    state: str = Column(max_length=12)
    tries: int = 0
    next_at: datetime | None = None
    last_status: int | None = None
    last_error: str | None = Column(default=None, max_length=32)
    delivered_at: datetime | None = None
    created_at: datetime


# For statements: with the value written out, the plan may use the index of what is pending whatever is bound.
IS_PENDING = col(Delivery.state) == literal_column("'pending'")


class DeliveryAttempt(Owned, table=True):
    """An attempt of a delivery. What the receiver answered is not kept, but its status."""

    __tablename__ = "delivery_attempt"
    __table_args__ = (
        points_at("delivery", "delivery_id"),
        Index("ix_delivery_attempt_at", "user_id", "delivery_id", "at"),
    )

    id: str = id_column(primary_key=True)
    delivery_id: str = id_column()
    at: datetime
    status: int | None = None
    error: str | None = Column(default=None, max_length=32)
    duration_ms: int


class DeliveryPublic(BaseModel):
    """A delivery: one event for one webhook."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    webhook_id: str
    event_id: str
    type: EventType
    sequence: int
    state: DeliveryState
    tries: Annotated[int, Field(description="How many attempts were made since it was queued or replayed.")]
    next_at: Annotated[datetime | None, Field(description="When the next attempt may be made.")]
    last_status: Annotated[int | None, Field(description="The HTTP status of the last attempt, if there was one.")]
    last_error: AttemptError | None
    delivered_at: datetime | None
    created_at: datetime


class AttemptPublic(BaseModel):
    """An attempt. What the receiver answered is not kept, but its status."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    status: int | None
    error: AttemptError | None
    duration_ms: int


class DeliveryDetail(DeliveryPublic):
    """A delivery with its event as it is sent, and its last 50 attempts, the newest first."""

    event: EventPublic
    attempts: list[AttemptPublic]
