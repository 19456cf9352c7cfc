"""Webhooks: addresses of other services to which events are sent, signed."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import MISSING, Field
from sqlalchemy import Index, LargeBinary, text
from sqlmodel import Field as Column

from api.models.base import Body, Flag, Id, Line, Shown, Stored, Url, json_column, owned_by_user
from api.models.delivery import AttemptError
from api.models.event import EventType

WAITING = text("next_at IS NOT NULL")


class DisabledReason(StrEnum):
    """Why nothing is sent to a webhook: you switched it off, it failed for five days, or it answered 410."""

    USER = "user"
    FAILURES = "failures"
    GONE = "gone"


class Webhook(Stored, table=True):
    """A webhook. `secret` signs, as bytes, because a hash could not; `old_secret` too until `old_secret_until`.

    `failures` counts the failed attempts in a row, `failing_since` is the first of them, and `resume_at` is until when
    no attempt is made after three of them. `next_at`: when there may be something to send; empty if nothing waits, or
    if the webhook is switched off. `claim` counts the claims of workers; the last one holds until `claimed_until`.
    """

    __tablename__ = "webhook"
    __table_args__ = (
        owned_by_user(),
        Index("ix_webhook_created", "user_id", "created_at", "id"),
        Index("ix_webhook_next", "next_at", sqlite_where=WAITING, postgresql_where=WAITING),
    )

    url: str = Column(max_length=2_000)
    description: str | None = Column(default=None, max_length=200)
    event_types: list[str] = json_column(list)
    enabled: bool = True
    disabled_reason: str | None = Column(default=None, max_length=16)
    disabled_at: datetime | None = None
    secret: bytes = Column(sa_type=LargeBinary)
    old_secret: bytes | None = Column(default=None, sa_type=LargeBinary)
    old_secret_until: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    resume_at: datetime | None = None
    last_delivered_at: datetime | None = None
    last_error: str | None = Column(default=None, max_length=32)
    next_at: datetime | None = None
    claimed_until: datetime | None = None
    claim: int = 0


Address = Annotated[
    Url, Field(description="An address with https and the name of a host; the port is 443 or above 1023.")
]
Description = Annotated[Line | None, Field(description="For yourself: what receives the events.")]
EventTypes = Annotated[
    list[EventType],
    Field(max_length=30, description="The types of events to send. Empty: all, also those that are added later."),
]
Enabled = Annotated[Flag, Field(description="Whether events are sent.")]


class WebhookCreate(Body):
    """An address to which events are sent."""

    url: Address
    description: Description = None
    event_types: Annotated[EventTypes, Field(default_factory=list)]
    enabled: Enabled = True
    id: Id | None = None


class WebhookUpdate(Body):
    """A merge patch: an absent field stays as it is. An address to which events are sent."""

    url: Address | MISSING = MISSING
    description: Description | MISSING = MISSING
    event_types: EventTypes | MISSING = MISSING
    enabled: Enabled | MISSING = MISSING


class WebhookPublic(Shown):
    """A webhook. Its secret is in the response that creates or rotates it, and is never shown again."""

    derived: ClassVar[tuple[str, ...]] = ("failing_since", "last_delivered_at", "last_error", "pending")

    url: str
    description: str | None
    event_types: list[EventType]
    enabled: Enabled
    disabled_reason: Annotated[
        DisabledReason | None,
        Field(description="`failures`: all attempts of five days failed; `gone`: the receiver answered 410."),
    ]
    disabled_at: datetime | None
    failing_since: Annotated[datetime | None, Field(description="Since when all attempts have failed.")]
    last_delivered_at: datetime | None
    last_error: Annotated[AttemptError | None, Field(description="Why the last attempt failed, if it did.")]
    pending: Annotated[int, Field(description="How many deliveries wait.")]
    secret: Annotated[
        str | None, Field(description="The key of the signatures, shown once; null in all other responses.")
    ]
    old_secret_until: Annotated[
        datetime | None, Field(description="Until when each delivery is also signed with the previous secret.")
    ]


class SecretRotate(Body):
    """Whether the old secret ends at once."""

    revoke_old: Annotated[Flag, Field(description="True: the old secret signs nothing more.")] = False


class WebhookTest(Body):
    """Which event to send as an example."""

    type: Annotated[EventType, Field(description="The event; its data are the example of the documentation.")] = (
        EventType.PING
    )
