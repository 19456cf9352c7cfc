"""The wall clock: the only code in `api` that reads the current date and time.

Log lines and new ids (UUIDv7) are dated by their libraries; durations are measured with monotonic clocks.
"""

from datetime import UTC, datetime


def wall_clock() -> datetime:
    """Return the current instant in UTC."""
    return datetime.now(UTC)
