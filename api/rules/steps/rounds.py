"""Functions shared by steps 1–4, which exist once per interview round."""

from datetime import datetime

from api.rules.calendar import hours
from api.rules.facts import Interview
from api.rules.policy import Policy

NOT_HELD = {"cancelled": "interview_cancelled", "no_show": "interview_not_held"}


def not_held(interview: Interview) -> str | None:
    """Return the reason code of a round that did not take place, or None."""
    return NOT_HELD.get(interview.status)


def letter_due(end: datetime, policy: Policy) -> datetime:
    """Return the deadline of the letter: elapsed hours after the end, also across clock changes and weekends [18]."""
    return end + hours(policy.thank_you_hours)
