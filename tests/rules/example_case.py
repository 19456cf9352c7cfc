"""The example case: New York, one round r1 on Mon 2 Mar 2026, 10:00–11:00 EST; and functions that judge it.

`scenarios.json` calls it N1.
"""

from datetime import datetime
from typing import Any

from api.rules.evaluate import project
from api.rules.facts import Facts, Interview, Moment, StatusContact
from api.rules.outcome import Instance
from api.rules.policy import merge
from tests.rules.evaluation import Step, evaluate
from tests.rules.vectors import at, moment, scope_of

NY = "America/New_York"
START, END, AFTER = "2026-03-02T15:00Z", "2026-03-02T16:00Z", "2026-03-02T17:00Z"


def r1(**changes: Any) -> Interview:
    """Return the round of the example case with these fields changed."""
    return Interview(**{"id": "r1", "start": at(START), "end": at(END), "zone": NY, **changes})


def r2(**changes: Any) -> Interview:
    """Return a second round on Tue 10 Mar 2026, 10:00–11:00 EDT, with these fields changed."""
    return r1(**{"id": "r2", "start": at("2026-03-10T14:00Z"), "end": at("2026-03-10T15:00Z"), **changes})


def example_case(**changes: Any) -> Facts:
    """Return the example case with further facts, or with other rounds as `interviews`."""
    return Facts(**{"application_id": "app", "zone": NY, "user_zone": NY, "interviews": (r1(),), **changes})


def step(facts: Facts, key: str, now: str | datetime, **policy: object) -> Step:
    """Return the answer for a key such as `4:r1`, `5` or `6:followup:u1` at an instant."""
    instant = now if isinstance(now, datetime) else at(now)
    steps = evaluate(facts, merge(policy), instant)
    return next(found for found in steps if (found.number, found.scope) == scope_of(key))


def keys(facts: Facts, now: str, number: int, **policy: object) -> list[str | None]:
    """Return the scopes of a step's instances in the order of the answer."""
    return [found.scope for found in evaluate(facts, merge(policy), at(now)) if found.number == number]


def row(facts: Facts, key: str, now: str, **policy: object) -> Instance:
    """Return the judged instance of a key."""
    return next(found for found in project(facts, merge(policy), at(now), explain=True) if found.key == scope_of(key))


def day(text: str | None) -> Moment | None:
    """Convert `2026-03-06` or `2026-03-06 14:30` to a moment."""
    date, _, clock = (text or "").partition(" ")
    return moment({"date": date, "time": clock or None}) if text else None


def boss(**changes: Any) -> StatusContact:
    """Return a status contact with phone number and e-mail address."""
    known = {"since": at(START), "reachable_since": at(START), "phone": "+1 555 0100", "email": "boss@example.org"}
    return StatusContact(**{"contact_id": "boss", "name": "Ms Boss", **known, **changes})
