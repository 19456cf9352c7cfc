"""The policy: defaults, levels, bounds."""

from datetime import date, time, timedelta

import pytest

from api.rules.policy import (
    BOUNDS,
    FIELDS,
    HELP_FIGURES,
    MAX_HOLIDAYS,
    PRESETS,
    Policy,
    find_contradiction,
    merge,
    origins,
)

DEFAULTS = {
    "thank_you_hours": 24,
    "contacts_hours": 24,
    "same_day_floor_hours": 2,
    "references_business_days": 1,
    "call_after_business_days": 2,
    "call_window_business_days": 1,
    "hear_by_rule": "within",
    "chase_after_business_days": 5,
    "retry_business_days": 1,
    "max_unanswered": 2,
    "search_days": 7,
    "business_opens": time(9),
    "business_closes": time(17),
    "workdays": frozenset({0, 1, 2, 3, 4}),
    "holidays": frozenset(),
    "thank_each_interviewer": False,
    "default_interview_minutes": 60,
    "next_stage_help_days": 7,
    "notes_help_days": 3,
    "thank_you_help_days": 7,
    "call_help_business_days": 15,
    "disabled_steps": frozenset(),
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_each_figure_has_its_default(name: str) -> None:
    assert getattr(merge(), name) == DEFAULTS[name]


def test_these_are_all_the_figures() -> None:
    assert tuple(DEFAULTS) == FIELDS


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("thank_you_hours", 1, 168),
        ("contacts_hours", 1, 168),
        ("same_day_floor_hours", 1, 12),
        ("references_business_days", 0, 10),
        ("call_after_business_days", 0, 20),
        ("call_window_business_days", 0, 10),
        ("chase_after_business_days", 1, 30),
        ("retry_business_days", 1, 5),
        ("max_unanswered", 1, 6),
        ("search_days", 1, 60),
        ("default_interview_minutes", 5, 600),
        ("next_stage_help_days", 1, 90),
        ("notes_help_days", 1, 90),
        ("thank_you_help_days", 1, 90),
        ("call_help_business_days", 1, 60),
    ],
)
def test_each_figure_has_its_bounds(name: str, low: int, high: int) -> None:
    assert BOUNDS[name] == (low, high)


def test_there_are_at_most_400_holidays() -> None:
    assert MAX_HOLIDAYS == 400


def test_the_classic_preset_is_the_default_and_the_patient_one_waits() -> None:
    assert merge(PRESETS["classic"]) == Policy()
    assert merge(PRESETS["patient"]) == Policy(call_after_business_days=5, hear_by_rule="after")


def test_the_application_wins_over_the_user_field_by_field() -> None:
    user, application = {"search_days": 3, "thank_you_hours": 12}, {"thank_you_hours": 4}
    assert merge(user, application) == Policy(search_days=3, thank_you_hours=4)


def test_each_value_tells_where_it_comes_from() -> None:
    told = origins({"search_days": 3, "thank_you_hours": 12}, {"thank_you_hours": 4})
    assert list(told) == list(FIELDS)
    assert {name for name, origin in told.items() if origin != "system"} == {"search_days", "thank_you_hours"}
    assert (told["search_days"], told["thank_you_hours"]) == ("user", "application")


@pytest.mark.parametrize(
    ("policy", "wrong"),
    [
        pytest.param(Policy(), False, id="the-defaults"),
        pytest.param(Policy(business_opens=time(15)), False, id="just-as-long-as-the-floor"),
        pytest.param(Policy(business_opens=time(15, 1)), True, id="a-minute-shorter-than-the-floor"),
        pytest.param(Policy(business_opens=time(18)), True, id="closing-before-opening"),
        pytest.param(Policy(same_day_floor_hours=9), True, id="a-floor-longer-than-the-day"),
    ],
)
def test_the_office_is_open_for_the_floor_at_least(policy: Policy, wrong: bool) -> None:
    assert (find_contradiction(policy) is not None) is wrong


def test_a_contradiction_is_explained_with_its_fix() -> None:
    told = (
        "Send a later business_closes or an earlier business_opens: between them must be at least "
        "same_day_floor_hours, which is 9 h."
    )
    assert find_contradiction(Policy(same_day_floor_hours=9)) == told


def test_the_floor_is_in_hours() -> None:
    assert Policy(same_day_floor_hours=3).floor == timedelta(hours=3)


def test_the_office_is_the_employers_in_the_employers_zone() -> None:
    holidays = frozenset({date(2026, 4, 3)})
    policy = Policy(workdays=frozenset({6}), holidays=holidays, business_opens=time(8), business_closes=time(12))
    office = policy.office("Africa/Cairo")
    assert (office.zone, office.workdays, office.holidays) == ("Africa/Cairo", frozenset({6}), holidays)
    assert (office.opens, office.closes) == (time(8), time(12))


def test_only_a_figure_that_says_how_long_a_step_helps_may_be_always() -> None:
    assert set(HELP_FIGURES) == {
        "next_stage_help_days",
        "notes_help_days",
        "thank_you_help_days",
        "call_help_business_days",
    }
