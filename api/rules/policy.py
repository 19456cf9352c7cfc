"""The policy: the settings of the rules, with defaults, bounds and presets."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Literal

from api.rules.calendar import Office, hours

Origin = Literal["system", "user", "application"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The settings that decide when steps open, are due and hardly help any more; a step with None always helps.

    The defaults are the preset `classic`.
    """

    thank_you_hours: int = 24
    contacts_hours: int = 24
    same_day_floor_hours: int = 2
    references_business_days: int = 1
    call_after_business_days: int = 2
    call_window_business_days: int = 1
    hear_by_rule: str = "within"
    chase_after_business_days: int = 5
    retry_business_days: int = 1
    max_unanswered: int = 2
    search_days: int = 7
    business_opens: time = time(9)
    business_closes: time = time(17)
    workdays: frozenset[int] = frozenset(range(5))
    holidays: frozenset[date] = frozenset()
    thank_each_interviewer: bool = False
    default_interview_minutes: int = 60
    next_stage_help_days: int | None = 7
    notes_help_days: int | None = 3
    thank_you_help_days: int | None = 7
    call_help_business_days: int | None = 15
    disabled_steps: frozenset[int] = frozenset()

    @property
    def floor(self) -> timedelta:
        """`same_day_floor_hours` as a `timedelta`: the least time that a same-day deadline leaves [12]."""
        return hours(self.same_day_floor_hours)

    def office(self, zone: str) -> Office:
        """Return the employer's calendar in the employer's zone."""
        return Office(zone, self.workdays, self.holidays, self.business_opens, self.business_closes)


BOUNDS: dict[str, tuple[int, int]] = {
    "thank_you_hours": (1, 168),
    "contacts_hours": (1, 168),
    "same_day_floor_hours": (1, 12),
    "references_business_days": (0, 10),
    "call_after_business_days": (0, 20),
    "call_window_business_days": (0, 10),
    "chase_after_business_days": (1, 30),
    "retry_business_days": (1, 5),
    "max_unanswered": (1, 6),
    "search_days": (1, 60),
    "default_interview_minutes": (5, 600),
    "next_stage_help_days": (1, 90),
    "notes_help_days": (1, 90),
    "thank_you_help_days": (1, 90),
    "call_help_business_days": (1, 60),
}
ALWAYS = "always"  # how a request and a stored override say that a step always helps: null restores the default
HELP_FIGURES = tuple(name for name in BOUNDS if "_help_" in name)
MAX_HOLIDAYS = 400
PRESETS: dict[str, dict[str, int | str]] = {
    "classic": {},
    "patient": {"call_after_business_days": 5, "hear_by_rule": "after"},
}
FIELDS = tuple(field.name for field in fields(Policy))


def find_contradiction(policy: Policy) -> str | None:
    """Return a sentence that says how to fix a contradiction between fields, or None."""
    hours = datetime.combine(date.min, policy.business_closes) - datetime.combine(date.min, policy.business_opens)
    if hours < policy.floor:
        return (
            "Send a later business_closes or an earlier business_opens: between them must be at least "
            f"same_day_floor_hours, which is {policy.same_day_floor_hours} h."
        )
    return None


def merge(*overrides: Mapping[str, object]) -> Policy:
    """Return the defaults with the fields of each mapping applied in turn; the last one wins."""
    values: dict[str, object] = {}
    for mapping in overrides:
        values.update(mapping)
    return Policy(**values)  # type: ignore[arg-type]  # the API models validated the values


def origins(user: Mapping[str, object], application: Mapping[str, object]) -> dict[str, Origin]:
    """Return for each field which level its value comes from."""
    return {name: "application" if name in application else "user" if name in user else "system" for name in FIELDS}
