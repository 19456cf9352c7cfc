"""Follow-ups: contact with the employer after an interview, in both directions."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import MISSING, Field
from sqlalchemy import Index
from sqlmodel import Field as Column

from api.models.base import AnyId, Body, Id, Instant, Shown, Stored, Text, id_column, points_at
from api.models.hint import HintPublic
from api.models.moment import MomentIO, MomentOut, moment_column
from api.rules.facts import Moment


class Direction(StrEnum):
    """Who contacted whom: `out` is you, `in` is the employer."""

    OUT = "out"
    IN = "in"


class FollowUpChannel(StrEnum):
    """How you were in contact."""

    PHONE = "phone"
    EMAIL = "email"
    IN_PERSON = "in_person"
    MESSAGE = "message"


class Outcome(StrEnum):
    """The result. The first four are only for `out`, `status` only for `in`, `decision` for both."""

    NO_ANSWER = "no_answer"
    LEFT_MESSAGE = "left_message"
    EMAILED = "emailed"
    SPOKE = "spoke"
    STATUS = "status"
    DECISION = "decision"


OUTCOMES = {
    "out": ("no_answer", "left_message", "emailed", "spoke", "decision"),
    "in": ("status", "decision"),
}


class FollowUp(Stored, table=True):
    """A contact with the employer, with the dates that they named."""

    __tablename__ = "follow_up"
    __table_args__ = (
        points_at("application", "application_id"),
        points_at("contact", "contact_id", cascade=False),
        Index("ix_follow_up_at", "user_id", "application_id", "at", "id"),
        Index("ix_follow_up_contact", "user_id", "contact_id"),
    )

    application_id: str = id_column()
    at: datetime
    direction: str = Column(max_length=8)
    channel: str = Column(max_length=16)
    outcome: str = Column(max_length=16)
    contact_id: str | None = id_column(nullable=True)
    contact_from: Moment | None = moment_column()
    contact_by: Moment | None = moment_column()
    hear_by: Moment | None = moment_column()
    summary: str | None = None


OutcomeByDirection = Annotated[
    Outcome, Field(description="out: no_answer, left_message, emailed, spoke, decision; in: status, decision.")
]


class FollowUpCreate(Body):
    """A contact with the employer. It can complete the open call of step 6 and open the next."""

    at: Annotated[Instant | None, Field(description="Default: now.")] = None
    direction: Direction
    channel: FollowUpChannel
    outcome: OutcomeByDirection
    contact_id: AnyId | None = None
    contact_from: MomentIO | None = None
    contact_by: MomentIO | None = None
    hear_by: MomentIO | None = None
    summary: Text | None = None
    id: Id | None = None


class FollowUpUpdate(Body):
    """A merge patch: an absent field stays as it is, null clears it. A contact with the employer."""

    at: Instant | MISSING = MISSING
    direction: Direction | MISSING = MISSING
    channel: FollowUpChannel | MISSING = MISSING
    outcome: OutcomeByDirection | MISSING = MISSING
    contact_id: AnyId | MISSING | None = MISSING
    contact_from: MomentIO | MISSING | None = MISSING
    contact_by: MomentIO | MISSING | None = MISSING
    hear_by: MomentIO | MISSING | None = MISSING
    summary: Text | MISSING | None = MISSING


class FollowUpPublic(Shown):
    """A contact with the employer. It can complete the open call of step 6 and open the next."""

    derived: ClassVar[tuple[str, ...]] = ("warnings",)

    application_id: str
    at: datetime
    direction: Direction
    channel: FollowUpChannel
    outcome: OutcomeByDirection
    contact_id: AnyId | None
    contact_from: MomentOut | None
    contact_by: MomentOut | None
    hear_by: MomentOut | None
    summary: Text | None
    warnings: list[HintPublic]
