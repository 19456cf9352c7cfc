"""Events: what happened to an account's data, as webhooks send it; and up to which event each step was announced."""

from datetime import datetime
from enum import IntEnum, IntFlag, StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy import BigInteger, Index, LargeBinary, text
from sqlmodel import Field as Column

from api.models.base import id_column, owned_by_user, points_at
from api.storage.session import Owned

ANNOUNCED = text("notify_at IS NOT NULL")


class EventType(StrEnum):
    """What happened. The events of `step.…` that time makes are `opened`, `due_soon` and `overdue`."""

    STEP_OPENED = "step.opened"
    STEP_DUE_SOON = "step.due_soon"
    STEP_OVERDUE = "step.overdue"
    STEP_SCHEDULED = "step.scheduled"
    STEP_CHANGED = "step.changed"
    STEP_DONE = "step.done"
    STEP_CLOSED = "step.closed"
    STEP_REOPENED = "step.reopened"
    STEP_REMOVED = "step.removed"
    STEPS_RECOMPUTED = "steps.recomputed"
    APPLICATION_CREATED = "application.created"
    APPLICATION_STAGE_CHANGED = "application.stage_changed"
    APPLICATION_DELETED = "application.deleted"
    APPLICATION_RESTORED = "application.restored"
    INTERVIEW_SCHEDULED = "interview.scheduled"
    INTERVIEW_RESCHEDULED = "interview.rescheduled"
    INTERVIEW_CANCELLED = "interview.cancelled"
    INTERVIEW_DELETED = "interview.deleted"
    LETTER_SENT = "letter.sent"
    FOLLOW_UP_RECORDED = "follow_up.recorded"
    OFFER_RECEIVED = "offer.received"
    OFFER_DECIDED = "offer.decided"
    IMPORT_FINISHED = "import.finished"
    IMPORT_UNDONE = "import.undone"
    WEBHOOK_DISABLED = "webhook.disabled"
    PING = "ping"


class Listens(IntFlag):
    """Who is told about the account: its webhooks, for which events are stored, and its reminders by mail."""

    WEBHOOKS = 1
    REMINDERS = 2


class Told(IntEnum):
    """Up to which event of time a step was announced, or had come before anybody listened."""

    NOTHING = 0
    OPENED = 1
    DUE_SOON = 2
    OVERDUE = 3


class Event(Owned, table=True):
    """An event. `body` is what is sent, byte for byte; `sequence` counts the events of an account without gaps."""

    __tablename__ = "event"
    __table_args__ = (
        owned_by_user(),
        Index("ix_event_sequence", "user_id", "sequence", unique=True),
        Index("ix_event_at", "at"),
    )

    id: str = id_column(primary_key=True)
    sequence: int = Column(sa_type=BigInteger)
    type: str = Column(max_length=40)
    at: datetime
    body: bytes = Column(sa_type=LargeBinary)


class StepNotice(Owned, table=True):
    """Up to which event an open step was announced. It exists only while somebody is told about the account.

    `notify_at` is when the next event of time comes, empty if there is none any more; `due_at` is the deadline for
    which this holds.
    """

    __tablename__ = "step_notice"
    __table_args__ = (
        points_at("step_instance", "step_id"),
        Index("ix_step_notice_due", "notify_at", "user_id", sqlite_where=ANNOUNCED, postgresql_where=ANNOUNCED),
    )

    step_id: str = id_column(primary_key=True)
    told: int
    due_at: datetime
    notify_at: datetime | None = None


class EventPublic(BaseModel):
    """An event, as it is sent to webhooks. `timestamp` is when it happened, not when it is sent."""

    id: str
    type: EventType
    timestamp: datetime
    sequence: Annotated[int, Field(description="Grows with every event of the account: the greatest is the newest.")]
    test: Annotated[bool, Field(description="True for an example that was asked for.")]
    data: Annotated[dict[str, Any], Field(description="See the webhooks of this document: one for each type.")]
