"""Policy over HTTP: overrides in, each value with its origin out."""

import datetime as dt
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, create_model

from api.models.base import WHOLE, Body, ClockTime, Day, Flag
from api.rules.policy import BOUNDS, MAX_HOLIDAYS, Origin


def _hours(name: str) -> Any:  # noqa: ANN401  # a constrained integer
    low, high = BOUNDS[name]
    return Annotated[int, Field(ge=low, le=high, strict=True), WHOLE] | None


class PolicyOverrides(Body):
    """Figures that differ from the defaults; null goes back to the default, lists replace."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"thank_you_hours": 12, "holidays": ["2026-07-03"], "business_opens": "08:30"}]}
    )

    thank_you_hours: _hours("thank_you_hours") = None  # type: ignore[valid-type]  # bounds come from the rules
    contacts_hours: _hours("contacts_hours") = None  # type: ignore[valid-type]
    same_day_floor_hours: _hours("same_day_floor_hours") = None  # type: ignore[valid-type]
    references_business_days: _hours("references_business_days") = None  # type: ignore[valid-type]
    call_after_business_days: _hours("call_after_business_days") = None  # type: ignore[valid-type]
    call_window_business_days: _hours("call_window_business_days") = None  # type: ignore[valid-type]
    hear_by_rule: Literal["within", "after"] | None = None
    chase_after_business_days: _hours("chase_after_business_days") = None  # type: ignore[valid-type]
    retry_business_days: _hours("retry_business_days") = None  # type: ignore[valid-type]
    max_unanswered: _hours("max_unanswered") = None  # type: ignore[valid-type]
    search_days: _hours("search_days") = None  # type: ignore[valid-type]
    business_opens: ClockTime | None = None
    business_closes: ClockTime | None = None
    workdays: Annotated[
        list[Annotated[int, Field(ge=0, le=6, strict=True), WHOLE]] | None,
        Field(min_length=1, max_length=7, description="0 = Monday … 6 = Sunday."),
    ] = None
    holidays: Annotated[list[Day] | None, Field(max_length=MAX_HOLIDAYS)] = None
    thank_each_interviewer: Flag | None = None
    default_interview_minutes: _hours("default_interview_minutes") = None  # type: ignore[valid-type]
    disabled_steps: Annotated[
        list[Annotated[int, Field(ge=1, le=7, strict=True), WHOLE]] | None,
        Field(max_length=7, description="Numbers 1–7."),
    ] = None


class PolicyOverridesPublic(BaseModel):
    """Only what differs from the defaults, as plain values."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [{"thank_you_hours": 12}]})


def _with_origin(name: str, value: object) -> Any:  # noqa: ANN401  # a model
    return create_model(
        f"Policy{''.join(word.capitalize() for word in name.split('_'))}",
        __doc__=f"The value of `{name}` that counts, and where it came from.",
        value=(cast(Any, value), ...),
        origin=(Origin, ...),
    )


VALUES: dict[str, object] = {
    **dict.fromkeys(BOUNDS, int),
    "hear_by_rule": Literal["within", "after"],
    "business_opens": str,
    "business_closes": str,
    "workdays": list[int],
    "holidays": list[dt.date],
    "thank_each_interviewer": bool,
    "disabled_steps": list[int],
}
PolicyPublic: type[BaseModel] = create_model(
    "PolicyPublic",
    __doc__="Every figure of the rules as it counts, with its origin: system, user or application.",
    **{name: (_with_origin(name, VALUES[name]), ...) for name in PolicyOverrides.model_fields},  # type: ignore[call-overload]
)
