"""When a round really ends, from its row."""

from datetime import datetime, timedelta

from api.models.interview import Interview


def effective_end(interview: Interview, default_minutes: int) -> datetime:
    """Return the actual end, else the planned one, else the start and the policy's default length."""
    return interview.actual_end or interview.ends_at or interview.starts_at + timedelta(minutes=default_minutes)
