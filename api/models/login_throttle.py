"""Throttles: numbers of attempts within an hour, stored so that they survive restarts and hold for all processes."""

from datetime import datetime

from sqlmodel import Field as Column
from sqlmodel import SQLModel


class LoginThrottle(SQLModel, table=True):
    """The attempts since `began_at`. `key`: a hash of the operation and of the account or address that tries it."""

    __tablename__ = "throttle"

    key: str = Column(primary_key=True, max_length=64)
    began_at: datetime = Column(index=True)
    attempts: int = 1
