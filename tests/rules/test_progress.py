"""How far applications came and how long answers took, against tables and a slow independent computation."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.progress import History, funnel, grouped, percent, response_times, selected
from tests.drawing import drawn
from tests.rules.search_histories import (
    NOW,
    TODAY,
    ZONE,
    Drawn,
    drawn_applications,
    slow_applied_day,
    slow_funnel,
    slow_level,
    slow_responses,
)

WEEK_AGO = NOW - timedelta(days=7)


def history(**known: Any) -> History:
    return History(**{"zone": ZONE, **known})


def stage(name: str, at: datetime | None = WEEK_AGO) -> tuple[str, datetime | None]:
    return (name, at)


def as_history(one: Drawn) -> History:
    """Return what is stored of a drawn application, as the queries give it."""
    firsts: dict[str, list[datetime]] = defaultdict(list)
    for event in one.events:
        if event.at is not None:
            firsts[event.what].append(event.at)
    stages: list[tuple[str, datetime | None]] = [
        (what.removeprefix("stage "), min(ats)) for what, ats in firsts.items() if what.startswith("stage ")
    ]
    if one.events[0].at is None:
        stages.append((one.events[0].what.removeprefix("stage "), None))
    rounds = [at for what, ats in firsts.items() if what.startswith("interview ") for at in ats]
    return history(
        applied_on=one.applied_on,
        stages=tuple(stages),
        invited_at=min(rounds, default=None),
        has_interview="interview scheduled" in firsts or "interview held" in firsts,
        contacted_at=min(firsts["contact in"], default=None),
        offered_at=min(firsts["offer"], default=None),
        outcome=one.outcome,
        closed_at=one.closed_at,
    )


@drawn(quick=150, long=5_000)
@given(found=st.lists(drawn_applications(), max_size=14))
def test_the_funnel_equals_a_slow_computation(found: list[Drawn]) -> None:
    counted, _ = selected(map(as_history, found), None, None)
    made, slow = funnel(counted, NOW, None), slow_funnel(found)
    assert {level.name: level.count for level in made.levels} == slow["levels"]
    assert {end.outcome: end.count for end in made.endings} == slow["endings"]
    assert made.waiting == slow["waiting"]
    whole = slow["levels"]["applied"]
    for level in made.levels:
        exact = 100 * level.count / whole if whole >= 10 else None
        assert (level.percent is None) == (exact is None)
        assert exact is None or abs(exact - (level.percent or 0)) <= 0.5


@drawn(quick=150, long=5_000)
@given(found=st.lists(drawn_applications(), max_size=14))
def test_response_times_equal_a_slow_computation(found: list[Drawn]) -> None:
    counted, _ = selected(map(as_history, found), None, None)
    made, slow = response_times(counted, NOW), slow_responses(found)
    assert {(d.from_days, kind): getattr(d, kind) for d in made.days for kind in ("answered", "waiting", "silent")} == (
        slow["days"]
    )
    assert (made.median_days, made.undated) == (slow["median"], slow["undated"])
    assert made.longest_wait_days == slow["longest"]
    assert made.count + made.undated == len(counted)


@drawn(quick=100, long=2_000)
@given(
    found=st.lists(drawn_applications(), max_size=14),
    first=st.none() | st.integers(0, 90),
    last=st.none() | st.integers(0, 90),
)
def test_a_period_has_the_applications_of_its_days(found: list[Drawn], first: int | None, last: int | None) -> None:
    begin, end = (TODAY - timedelta(days=ago) if ago is not None else None for ago in (first, last))
    counted, undated = selected(map(as_history, found), begin, end)
    applied = [one for one in found if slow_level(one) is not None]
    if begin is None and end is None:
        assert (len(counted), undated) == (len(applied), 0)
        return
    days = [slow_applied_day(one) for one in applied]
    inside = [day for day in days if day and (begin is None or begin <= day) and (end is None or day <= end)]
    assert (len(counted), undated) == (len(inside), days.count(None))


@pytest.mark.parametrize(
    ("known", "level"),
    [
        pytest.param({"stages": (stage("saved"),)}, 0, id="saved"),
        pytest.param({"stages": (stage("saved"), stage("withdrawn"))}, 0, id="never-applied-and-withdrawn"),
        pytest.param({"stages": (stage("saved"),), "applied_on": TODAY}, 1, id="saved-with-a-date-of-application"),
        pytest.param({"stages": (stage("applied"), stage("no_response"))}, 1, id="silence-is-no-answer"),
        pytest.param({"stages": (stage("applied"), stage("rejected"))}, 2, id="a-rejection-is-an-answer"),
        pytest.param({"invited_at": WEEK_AGO}, 2, id="a-cancelled-interview"),
        pytest.param({"invited_at": WEEK_AGO, "has_interview": True}, 3, id="an-interview"),
        pytest.param({"stages": (stage("interviewing"), stage("rejected"))}, 3, id="rejected-after-an-interview"),
        pytest.param({"stages": (stage("applied"), stage("declined"))}, 4, id="only-an-offer-can-be-declined"),
        pytest.param({"stages": (stage("applied"),), "offered_at": WEEK_AGO}, 4, id="an-offer-without-the-stage"),
        pytest.param({"stages": (stage("accepted"), stage("withdrawn"))}, 5, id="accepted-and-withdrawn"),
    ],
)
def test_the_furthest_level_counts_whatever_came_afterwards(known: dict[str, Any], level: int) -> None:
    assert history(**known).level == level


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(0, 0, None), (1, 1, None), (9, 9, None), (0, 10, 0), (10, 10, 100), (1, 8, None), (1, 40, 3), (5, 40, 13)],
)
def test_there_is_no_percentage_below_ten_and_halves_are_rounded_up(
    part: int, whole: int, expected: int | None
) -> None:
    assert percent(part, whole) == expected


@pytest.mark.parametrize("number", [0, 1, 4, 5, 9, 10])
def test_small_numbers_are_said_to_be_small(number: int) -> None:
    found = [history(applied_on=date(2026, 5, 1), contacted_at=WEEK_AGO) for _ in range(number)]
    made, times = funnel(found, NOW, None), response_times(found, NOW)
    assert made.too_few is (number < 10)
    assert [level.percent for level in made.levels] == ([100, 100, 0, 0, 0] if number >= 10 else [None] * 5)
    assert times.too_few is (number < 5)
    assert times.median_days == (24 if number >= 5 else None)


def test_days_are_calendar_days_of_the_employer() -> None:
    late = datetime.fromisoformat("2026-05-03T03:30:00Z")  # 23:30 on 2 May in New York
    times = response_times([history(applied_on=date(2026, 5, 1), contacted_at=late)], NOW)
    assert [(days.from_days, days.answered) for days in times.days if days.answered] == [(0, 1)]


def test_an_answer_before_the_application_took_no_day() -> None:
    times = response_times([history(applied_on=TODAY, contacted_at=WEEK_AGO)], NOW)
    assert (times.answered, times.days[0].answered) == (1, 1)


def test_the_time_of_a_closed_application_ends_with_it() -> None:
    known = {"applied_on": date(2026, 1, 1), "closed_at": datetime.fromisoformat("2026-01-11T12:00:00Z")}
    silent = response_times([history(**known, outcome="withdrawn")], NOW)
    assert (silent.silent, silent.days[2].silent, silent.longest_wait_days) == (1, 1, None)


def test_fresh_ones_wait_for_less_than_the_median() -> None:
    found = [history(applied_on=TODAY - timedelta(days=days)) for days in (0, 3, 4, 5, 30)]
    assert funnel(found, NOW, 4).fresh == 2
    assert funnel(found, NOW, None).fresh is None


def sources(*values: str | None) -> list[tuple[str | None, bool, int]]:
    groups = grouped([history(source=value) for value in values], lambda one: one.source)
    return [(group.value, group.is_other, len(group.members)) for group in groups]


def test_groups_ignore_case_and_blanks_and_show_the_commonest_spelling() -> None:
    found = sources(*["Job board"] * 3, "job  BOARD", "JOB BOARD", *[None] * 6)
    assert found == [(None, False, 6), ("Job board", False, 5)]


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        pytest.param(["agency"] * 3 + ["Agency"] * 3, "Agency", id="the-first-by-code-point"),
        pytest.param(["Agency"] * 3 + ["agency"] * 3, "Agency", id="in-whatever-order"),
        pytest.param([" "] * 3 + [None] * 3, None, id="nothing-before-blanks"),
    ],
)
def test_of_equally_common_spellings_one_is_shown_always(values: list[str | None], shown: str | None) -> None:
    assert sources(*values) == [(shown, False, 6)]


def test_equally_large_groups_go_by_name() -> None:
    assert sources(*["b"] * 5, *["a"] * 5) == [("a", False, 5), ("b", False, 5)]


def test_one_that_waits_since_nobody_knows_when_is_not_fresh() -> None:
    yesterday = history(stages=(stage("applied", NOW - timedelta(days=1)),))
    found = funnel([history(stages=(stage("applied", None),)), yesterday], NOW, 5)
    assert (found.waiting, found.fresh) == (2, 1)


@pytest.mark.parametrize("number", [9, 10])
def test_the_number_of_applications_counts_those_without_an_answer_too(number: int) -> None:
    found = funnel([history(applied_on=TODAY)] * number, NOW, None)
    assert (found.applied, found.too_few) == (number, number < 10)


def test_an_application_of_today_has_waited_for_no_day() -> None:
    assert response_times([history(applied_on=TODAY)], NOW).longest_wait_days == 0


def test_an_answer_that_came_nobody_knows_when_is_undated() -> None:
    found = response_times([history(applied_on=TODAY, stages=(stage("rejected", None),))], NOW)
    assert (found.undated, found.count) == (1, 0)


def test_groups_under_five_are_counted_together() -> None:
    assert sources(*["a"] * 5, *["b"] * 4, *["c"] * 2, None) == [("a", False, 5), (None, True, 7)]


def test_there_are_twelve_groups_at_most_besides_the_others() -> None:
    found = sources(*[f"source {number}" for number in range(20) for _ in range(5)])
    assert len(found) == 13
    assert found[-1] == (None, True, 40)
