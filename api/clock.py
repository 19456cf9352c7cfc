"""The clock: the one place where the current time is read. Everything else is given an instant."""

from datetime import UTC, datetime


def wall_clock() -> datetime:
    """Read the clock."""
    return datetime.now(UTC)
