"""Stored responses of requests with an Idempotency-Key, and whom they show."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field as Column

from api.models.base import json_column, owned_by_user
from api.storage.session import Owned


class IdempotentResponse(Owned, table=True):
    """The response for one key of a user and one address, stored in the transaction of the request.

    `shows`: the ids in the body, and those of people whom its texts name. When one of them is erased, the body is
    emptied and the key stays as a tombstone with the status 410, so that a retry has no second effect.
    """

    __tablename__ = "kept_answer"
    __table_args__ = (owned_by_user(), Index("ix_kept_answer_created", "user_id", "created_at"))

    key: str = Column(primary_key=True, max_length=64)
    request: str = Column(max_length=64)
    status: int
    headers: dict[str, str] = json_column(dict)
    body: str
    shows: list[str] = json_column(list)
    created_at: datetime
