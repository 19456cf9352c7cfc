"""Moments: dates that an employer named, with an optional time, in requests, responses and the database."""

import datetime as dt
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import String, types
from sqlmodel import Field as Column

from api.models.base import ClockTime, Day
from api.rules.facts import Moment
from api.storage.codecs import from_db_moment


class MomentIO(BaseModel):
    """A date that an employer named, with an optional time, in the application's zone."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    date: Day
    time: ClockTime | None = None

    def moment(self) -> Moment:
        """Return the moment of the rules."""
        return Moment(self.date, self.time)


class MomentOut(BaseModel):
    """A date that an employer named, with a time or null."""

    model_config = ConfigDict(from_attributes=True)

    date: dt.date
    time: ClockTime | None


class MomentColumn(types.TypeDecorator[Moment]):
    """A moment as sortable text: `2026-03-13` or `2026-03-13T14:30`."""

    impl = String(16)
    cache_ok = True

    def process_bind_param(self, value: Moment | None, _dialect: object) -> str | None:
        """Encode a moment for the database."""
        if value is None:
            return None
        return f"{value.date.isoformat()}T{value.time:%H:%M}" if value.time else value.date.isoformat()

    def process_result_value(self, value: str | None, _dialect: object) -> Moment | None:
        """Decode a moment from the database."""
        return from_db_moment(value)


def moment_column() -> Any:  # noqa: ANN401  # sqlmodel's own signature
    """Return a column for a moment or null."""
    return Column(default=None, sa_type=MomentColumn)
