"""Policy: overrides in requests, each effective value with its origin in responses."""

import datetime as dt
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from api.models.base import WHOLE, Body, ClockTime, Day, Flag
from api.rules.policy import BOUNDS, MAX_HOLIDAYS, Origin

Value = TypeVar("Value")
HearByRule = Literal["within", "after"]
Always = Literal["always"]


def _bounds(name: str) -> Any:  # noqa: ANN401  # pydantic's own signature
    """Return the bounds that the rules set for a setting."""
    low, high = BOUNDS[name]
    return Field(ge=low, le=high, strict=True)


class PolicyOverrides(Body):
    """Settings that differ from the defaults. Null restores the default, and a list replaces the old one.

    The four figures with `help` in their name decide until when a late step still helps; `always` is for ever.
    """

    thank_you_hours: Annotated[int, _bounds("thank_you_hours"), WHOLE] | None = None
    contacts_hours: Annotated[int, _bounds("contacts_hours"), WHOLE] | None = None
    same_day_floor_hours: Annotated[int, _bounds("same_day_floor_hours"), WHOLE] | None = None
    references_business_days: Annotated[int, _bounds("references_business_days"), WHOLE] | None = None
    call_after_business_days: Annotated[int, _bounds("call_after_business_days"), WHOLE] | None = None
    call_window_business_days: Annotated[int, _bounds("call_window_business_days"), WHOLE] | None = None
    hear_by_rule: HearByRule | None = None
    chase_after_business_days: Annotated[int, _bounds("chase_after_business_days"), WHOLE] | None = None
    retry_business_days: Annotated[int, _bounds("retry_business_days"), WHOLE] | None = None
    max_unanswered: Annotated[int, _bounds("max_unanswered"), WHOLE] | None = None
    search_days: Annotated[int, _bounds("search_days"), WHOLE] | None = None
    business_opens: ClockTime | None = None
    business_closes: ClockTime | None = None
    workdays: Annotated[
        list[Annotated[int, Field(ge=0, le=6, strict=True), WHOLE]] | None,
        Field(min_length=1, max_length=7, description="0 = Monday … 6 = Sunday."),
    ] = None
    holidays: Annotated[list[Day] | None, Field(max_length=MAX_HOLIDAYS)] = None
    thank_each_interviewer: Flag | None = None
    default_interview_minutes: Annotated[int, _bounds("default_interview_minutes"), WHOLE] | None = None
    next_stage_help_days: Annotated[int, _bounds("next_stage_help_days"), WHOLE] | Always | None = None
    notes_help_days: Annotated[int, _bounds("notes_help_days"), WHOLE] | Always | None = None
    thank_you_help_days: Annotated[int, _bounds("thank_you_help_days"), WHOLE] | Always | None = None
    call_help_business_days: Annotated[int, _bounds("call_help_business_days"), WHOLE] | Always | None = None
    disabled_steps: Annotated[
        list[Annotated[int, Field(ge=1, le=7, strict=True), WHOLE]] | None,
        Field(max_length=7, description="Numbers 1–7."),
    ] = None


class PolicyOverridesPublic(BaseModel):
    """Only the settings that differ from the defaults."""

    model_config = ConfigDict(extra="allow")


class WithOrigin(BaseModel, Generic[Value]):
    """An effective setting and its origin."""

    value: Value
    origin: Origin


class PolicyThankYouHours(WithOrigin[int]):
    """The value of `thank_you_hours` that applies, and its origin."""


class PolicyContactsHours(WithOrigin[int]):
    """The value of `contacts_hours` that applies, and its origin."""


class PolicySameDayFloorHours(WithOrigin[int]):
    """The value of `same_day_floor_hours` that applies, and its origin."""


class PolicyReferencesBusinessDays(WithOrigin[int]):
    """The value of `references_business_days` that applies, and its origin."""


class PolicyCallAfterBusinessDays(WithOrigin[int]):
    """The value of `call_after_business_days` that applies, and its origin."""


class PolicyCallWindowBusinessDays(WithOrigin[int]):
    """The value of `call_window_business_days` that applies, and its origin."""


class PolicyHearByRule(WithOrigin[HearByRule]):
    """The value of `hear_by_rule` that applies, and its origin."""


class PolicyChaseAfterBusinessDays(WithOrigin[int]):
    """The value of `chase_after_business_days` that applies, and its origin."""


class PolicyRetryBusinessDays(WithOrigin[int]):
    """The value of `retry_business_days` that applies, and its origin."""


class PolicyMaxUnanswered(WithOrigin[int]):
    """The value of `max_unanswered` that applies, and its origin."""


class PolicySearchDays(WithOrigin[int]):
    """The value of `search_days` that applies, and its origin."""


class PolicyBusinessOpens(WithOrigin[str]):
    """The value of `business_opens` that applies, and its origin."""


class PolicyBusinessCloses(WithOrigin[str]):
    """The value of `business_closes` that applies, and its origin."""


class PolicyWorkdays(WithOrigin[list[int]]):
    """The value of `workdays` that applies, and its origin."""


class PolicyHolidays(WithOrigin[list[dt.date]]):
    """The value of `holidays` that applies, and its origin."""


class PolicyThankEachInterviewer(WithOrigin[bool]):
    """The value of `thank_each_interviewer` that applies, and its origin."""


class PolicyDefaultInterviewMinutes(WithOrigin[int]):
    """The value of `default_interview_minutes` that applies, and its origin."""


class PolicyNextStageHelpDays(WithOrigin[int | Always]):
    """The value of `next_stage_help_days` that applies, and its origin."""


class PolicyNotesHelpDays(WithOrigin[int | Always]):
    """The value of `notes_help_days` that applies, and its origin."""


class PolicyThankYouHelpDays(WithOrigin[int | Always]):
    """The value of `thank_you_help_days` that applies, and its origin."""


class PolicyCallHelpBusinessDays(WithOrigin[int | Always]):
    """The value of `call_help_business_days` that applies, and its origin."""


class PolicyDisabledSteps(WithOrigin[list[int]]):
    """The value of `disabled_steps` that applies, and its origin."""


class PolicyPublic(BaseModel):
    """Every setting of the rules as it applies, with its origin: system, user or application."""

    recomputing: Annotated[
        bool, Field(description="True while a change of the policy or zone is still being applied in the background.")
    ]
    thank_you_hours: PolicyThankYouHours
    contacts_hours: PolicyContactsHours
    same_day_floor_hours: PolicySameDayFloorHours
    references_business_days: PolicyReferencesBusinessDays
    call_after_business_days: PolicyCallAfterBusinessDays
    call_window_business_days: PolicyCallWindowBusinessDays
    hear_by_rule: PolicyHearByRule
    chase_after_business_days: PolicyChaseAfterBusinessDays
    retry_business_days: PolicyRetryBusinessDays
    max_unanswered: PolicyMaxUnanswered
    search_days: PolicySearchDays
    business_opens: PolicyBusinessOpens
    business_closes: PolicyBusinessCloses
    workdays: PolicyWorkdays
    holidays: PolicyHolidays
    thank_each_interviewer: PolicyThankEachInterviewer
    default_interview_minutes: PolicyDefaultInterviewMinutes
    next_stage_help_days: PolicyNextStageHelpDays
    notes_help_days: PolicyNotesHelpDays
    thank_you_help_days: PolicyThankYouHelpDays
    call_help_business_days: PolicyCallHelpBusinessDays
    disabled_steps: PolicyDisabledSteps
