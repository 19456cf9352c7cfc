"""Stored responses of requests with an Idempotency-Key."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field as Column

from api.models.base import json_column, owned_by_user
from api.storage.session import Owned


class IdempotentResponse(Owned, table=True):
    """The response for one key of a user and one address, stored in the transaction of the request."""

    __tablename__ = "kept_answer"
    __table_args__ = (owned_by_user(), Index("ix_kept_answer_created", "user_id", "created_at"))

    key: str = Column(primary_key=True, max_length=64)
    request: str = Column(max_length=64)
    status: int
    headers: dict[str, str] = json_column(dict)
    body: str
    created_at: datetime
