"""Dates of facts: never in the future, by default now.

A request can correct the date alone; clearing the fact clears its date.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from api.errors import InvalidError
from api.storage.session import OwnedSession

TOLERANCE = timedelta(minutes=5)
BEFORE_FROM = "contact_by must not lie before contact_from: send a later contact_by, or an earlier contact_from."
NOT_EVIDENCE = frozenset({"starts_at", "ends_at", "respond_by", "until", "expires_at", "permission_expires_at"})


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a row: the values in the request, by field, and the row before (empty for a new row)."""

    sent: dict[str, Any]
    before: dict[str, Any]
    now: datetime

    @property
    def is_new(self) -> bool:
        """Whether the row is being created."""
        return not self.before

    def moved(self, fields: Iterable[str], row: object) -> bool:
        """Tell whether one of the fields has changed."""
        return any(self.before.get(field) != getattr(row, field) for field in fields)


def check_past(session: OwnedSession, value: datetime, pointer: str) -> datetime:
    """Return an instant of evidence; one in the next five minutes becomes now.

    Raises InvalidError for a later one: evidence from the future would make stored steps wrong.
    """
    if value > session.now + TOLERANCE:
        raise InvalidError.at(
            pointer, "future_evidence", "It cannot have happened yet: send an instant up to now, or leave it out."
        )
    return min(value, session.now)


def check_evidence(session: OwnedSession, given: dict[str, Any]) -> dict[str, Any]:
    """Return the given values, each instant of evidence checked by `check_past`."""
    return {
        name: check_past(session, value, f"/{name}") if isinstance(value, datetime) and is_evidence(name) else value
        for name, value in given.items()
    }


def is_evidence(name: str) -> bool:
    """Tell from a field's name whether it holds the instant of evidence."""
    dates = name in ("at", "actual_end") or name.endswith(("_at", "_since"))
    return dates and name not in NOT_EVIDENCE


def date_fact(row: Any, change: Change, dating: str, *, there: bool, was: bool, fact: str) -> None:  # noqa: ANN401  # any table
    """Set the date of a fact: now if the fact is new and no date was sent, null if the fact was cleared.

    Raises InvalidError if a request sends the date without its fact, or clears the date but not the fact.
    """
    given = change.sent.get(dating)
    if not there:
        if given is not None:
            raise InvalidError.at(f"/{dating}", "nothing_to_date", f"It dates {fact}: send that too.")
        setattr(row, dating, None)
    elif given is None and dating in change.sent and was:
        raise InvalidError.at(f"/{dating}", "fact_still_there", f"Clear {fact} instead: this clears the date too.")
    elif getattr(row, dating) is None:
        setattr(row, dating, change.now)


def clear_unknown_flag(row: Any, change: Change, flag: str, facts: Iterable[str]) -> None:  # noqa: ANN401  # any table
    """Turn an `…_unknown` flag off if one of its facts is known. Raises InvalidError if the request sets the flag."""
    if not getattr(row, flag) or not any(getattr(row, field) for field in facts):
        return
    if change.sent.get(flag):
        detail = f"It cannot be known and unknown: leave out {flag}, or clear what is known."
        raise InvalidError.at(f"/{flag}", "known_and_unknown", detail)
    setattr(row, flag, False)


def check_date_order(row: Any) -> None:  # noqa: ANN401  # a table with moments
    """Raise InvalidError if contact_by lies before contact_from."""
    first, last = row.contact_from, row.contact_by
    if first is None or last is None:
        return
    same_day = first.date == last.date and first.time is not None and last.time is not None
    if first.date > last.date or (same_day and first.time > last.time):
        raise InvalidError.at("/contact_by", "before_contact_from", BEFORE_FROM)
