"""What steps 1–4 share: each exists once per interview round."""

from datetime import datetime, timedelta

from api.rules.facts import Interview
from api.rules.policy import Policy


def not_held(interview: Interview) -> str | None:
    """Return why nothing follows a round that did not take place, or None."""
    reasons = {"cancelled": "interview_cancelled", "no_show": "interview_not_held"}
    return reasons.get(interview.status)


def letter_due(end: datetime, policy: Policy) -> datetime:
    """Return due₄: elapsed hours after the end, across clock changes and weekends alike [18]."""
    return end + timedelta(hours=policy.thank_you_hours)
