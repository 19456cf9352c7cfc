"""Throttles: how often something was tried within the hour, kept so that restarts and other processes know it."""

from datetime import datetime

from sqlmodel import Field as Column
from sqlmodel import SQLModel


class LoginThrottle(SQLModel, table=True):
    """Attempts since an hour began. `key` is a hash of what is tried and by whom: it names neither."""

    __tablename__ = "throttle"

    key: str = Column(primary_key=True, max_length=64)
    began_at: datetime = Column(index=True)
    attempts: int = 1
