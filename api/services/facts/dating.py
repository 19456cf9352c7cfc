"""How facts are dated: never in the future, now by default, corrected alone, cleared with the fact (api.md, dating)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from api.errors import InvalidError
from api.storage.session import OwnedSession

TOLERANCE = timedelta(minutes=5)
NOT_EVIDENCE = frozenset({"starts_at", "ends_at", "respond_by", "until", "expires_at", "permission_expires_at"})


@dataclass(frozen=True, slots=True)
class Change:
    """What a request gives (field → value), and what the row held before (empty for a new one)."""

    sent: dict[str, Any]
    before: dict[str, Any]
    now: datetime

    @property
    def is_new(self) -> bool:
        """Whether the row is being created."""
        return not self.before

    def moved(self, fields: Iterable[str], row: object) -> bool:
        """Tell whether any of the fields differs from before."""
        return any(self.before.get(field) != getattr(row, field) for field in fields)


def check_past(session: OwnedSession, value: datetime, pointer: str) -> datetime:
    """Return evidence's instant, cut to now when it lies a little ahead.

    Raises InvalidError beyond five minutes: evidence from the future would make stored steps wrong.
    """
    if value > session.now + TOLERANCE:
        raise InvalidError.at(pointer, "future_evidence", "It cannot have happened yet: send an instant up to now.")
    return min(value, session.now)


def check_evidence(session: OwnedSession, given: dict[str, Any]) -> dict[str, Any]:
    """Return the given values with every instant of evidence checked against the clock."""
    return {
        name: check_past(session, value, f"/{name}") if isinstance(value, datetime) and is_evidence(name) else value
        for name, value in given.items()
    }


def is_evidence(name: str) -> bool:
    """Tell by its name whether a field dates a fact."""
    dates = name in ("at", "actual_end") or name.endswith(("_at", "_since"))
    return dates and name not in NOT_EVIDENCE


def date_fact(row: Any, change: Change, dating: str, *, there: bool, was: bool, fact: str) -> None:  # noqa: ANN401  # any table
    """Keep a dating field in step with its fact: now when it is first there, cleared when it goes.

    Raises InvalidError where the date is given without its fact, or cleared while the fact stays.
    """
    given = change.sent.get(dating)
    if not there:
        if given is not None:
            raise InvalidError.at(f"/{dating}", "nothing_to_date", f"It dates {fact}: send that too.")
        setattr(row, dating, None)
    elif given is None and dating in change.sent and was:
        raise InvalidError.at(f"/{dating}", "fact_still_there", f"Clear {fact} instead: the date goes with it.")
    elif getattr(row, dating) is None:
        setattr(row, dating, change.now)


def clear_unknown_flag(row: Any, change: Change, flag: str, facts: Iterable[str]) -> None:  # noqa: ANN401  # any table
    """Keep a fact and its `…_unknown` apart: together they are refused, the fact given later turns the flag off."""
    if not getattr(row, flag) or not any(getattr(row, field) for field in facts):
        return
    if change.sent.get(flag):
        detail = f"Either it is known or it is not: leave out {flag}, or clear what is known."
        raise InvalidError.at(f"/{flag}", "known_and_unknown", detail)
    setattr(row, flag, False)


def check_date_order(row: Any) -> None:  # noqa: ANN401  # a table with moments
    """Raise InvalidError where they may be rung until before from when."""
    first, last = row.contact_from, row.contact_by
    if first is None or last is None:
        return
    same_day = first.date == last.date and first.time is not None and last.time is not None
    if first.date > last.date or (same_day and first.time > last.time):
        raise InvalidError.at("/contact_by", "before_contact_from", "contact_by must not lie before contact_from.")
