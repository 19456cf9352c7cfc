"""Instants, zones and business days."""

from datetime import date, datetime, time, timedelta, timezone

import pytest

from api.rules.calendar import (
    SEARCH_LIMIT_DAYS,
    ZONES,
    NoBusinessDayError,
    Office,
    day_end,
    day_start,
    in_utc,
    is_within_reach,
    local_date,
    resolve,
    same_day,
    zones_among,
)
from api.rules.facts import Moment
from api.rules.words import rfc3339
from tests.rules.vectors import at

NY = "America/New_York"
WEEK = frozenset(range(5))
MONDAY = date(2026, 3, 2)


def office(
    *, zone: str = NY, workdays: frozenset[int] = WEEK, holidays: frozenset[date] = frozenset(), opens: time = time(9)
) -> Office:
    return Office(zone, workdays, holidays, opens, time(17))


@pytest.mark.parametrize(
    ("wall", "zone", "instant"),
    [
        pytest.param("2026-03-02T10:00", NY, "2026-03-02T15:00:00Z", id="an-ordinary-morning"),
        pytest.param("2026-03-08T02:30", NY, "2026-03-08T07:30:00Z", id="a-missing-time-keeps-the-offset-before"),
        pytest.param("2026-11-01T01:30", NY, "2026-11-01T05:30:00Z", id="a-repeated-time-is-the-first"),
        pytest.param("2026-04-24T00:00", "Africa/Cairo", "2026-04-23T22:00:00Z", id="a-missing-midnight"),
        pytest.param("2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-03T15:45:00Z", id="a-gap-of-half-an-hour"),
        pytest.param("2026-04-05T01:45", "Australia/Lord_Howe", "2026-04-04T14:45:00Z", id="half-an-hour-repeated"),
        pytest.param("2026-03-02T00:00", "Pacific/Apia", "2026-03-01T11:00:00Z", id="thirteen-hours-ahead"),
    ],
)
def test_one_rule_resolves_every_wall_time(wall: str, zone: str, instant: str) -> None:
    day, _, clock = wall.partition("T")
    assert rfc3339(resolve(date.fromisoformat(day), time.fromisoformat(clock), zone)) == instant


@pytest.mark.parametrize(
    ("day", "start", "hours"),
    [
        pytest.param("2026-03-02", "2026-03-02T05:00:00Z", 24, id="an-ordinary-day"),
        pytest.param("2026-03-08", "2026-03-08T05:00:00Z", 23, id="the-clocks-go-forward"),
        pytest.param("2026-11-01", "2026-11-01T04:00:00Z", 25, id="the-clocks-go-back"),
    ],
)
def test_a_day_ends_where_the_next_one_starts(day: str, start: str, hours: int) -> None:
    local = date.fromisoformat(day)
    assert rfc3339(day_start(local, NY)) == start
    assert day_end(local, NY) - day_start(local, NY) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("instant", "zone", "day"),
    [
        pytest.param("2026-03-03T04:59:59Z", NY, "2026-03-02", id="the-last-second-of-monday"),
        pytest.param("2026-03-03T05:00Z", NY, "2026-03-03", id="midnight-is-tuesday"),
        pytest.param("2026-03-01T20:00Z", "Pacific/Apia", "2026-03-02", id="already-monday-in-apia"),
    ],
)
def test_the_local_date_is_what_the_calendar_there_shows(instant: str, zone: str, day: str) -> None:
    assert local_date(at(instant), zone) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("ended", "due"),
    [
        pytest.param("2026-03-02T16:00Z", "2026-03-03T05:00:00Z", id="the-end-of-the-day"),
        pytest.param("2026-03-03T03:00Z", "2026-03-03T05:00:00Z", id="two-hours-are-left-exactly"),
        pytest.param("2026-03-03T03:00:01Z", "2026-03-03T05:00:01Z", id="a-second-less-than-two-hours"),
        pytest.param("2026-03-03T05:00Z", "2026-03-04T05:00:00Z", id="midnight-has-the-whole-next-day"),
    ],
)
def test_today_never_means_less_than_two_hours(ended: str, due: str) -> None:
    assert rfc3339(same_day(at(ended), NY, timedelta(hours=2))) == due


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        pytest.param("2026-03-06", 0, "2026-03-06", id="none-after-a-friday-is-that-friday"),
        pytest.param("2026-03-07", 0, "2026-03-09", id="none-after-a-saturday-is-monday"),
        pytest.param("2026-03-06", 1, "2026-03-09", id="one-after-friday-is-monday"),
        pytest.param("2026-03-07", 1, "2026-03-09", id="one-after-saturday-is-monday-too"),
        pytest.param("2026-03-02", 2, "2026-03-04", id="two-after-monday-is-wednesday"),
        pytest.param("2026-03-05", 5, "2026-03-12", id="five-are-a-week"),
        pytest.param("2026-03-02", 1, "2026-03-03", id="one-after-monday"),
        pytest.param("2026-04-02", 1, "2026-04-06", id="good-friday-is-left-out"),
        pytest.param("2026-04-03", 0, "2026-04-06", id="none-after-a-holiday-is-the-next-day-of-work"),
    ],
)
def test_business_days_are_counted_from_the_day_after(day: str, count: int, expected: str) -> None:
    calendar = office(holidays=frozenset({date(2026, 4, 3)}))
    assert calendar.add_business_days(date.fromisoformat(day), count) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("day", "is_one"),
    [
        pytest.param("2011-12-29", True, id="the-thursday"),
        pytest.param("2011-12-30", False, id="the-friday-that-apia-skipped"),
        pytest.param("2011-12-31", False, id="the-saturday"),
        pytest.param("2012-01-02", True, id="the-monday"),
    ],
)
def test_a_date_that_does_not_exist_is_no_business_day(day: str, is_one: bool) -> None:
    assert office(zone="Pacific/Apia").is_business_day(date.fromisoformat(day)) is is_one
    assert office().is_business_day(date(2011, 12, 30))


@pytest.mark.parametrize(
    ("count", "first", "found"),
    [
        pytest.param(0, 0, MONDAY + timedelta(days=SEARCH_LIMIT_DAYS - 1), id="from-the-day-itself"),
        pytest.param(1, 1, MONDAY + timedelta(days=SEARCH_LIMIT_DAYS), id="from-the-day-after"),
    ],
)
def test_the_search_for_a_business_day_gives_up_after_ten_years(count: int, first: int, found: date) -> None:
    free = [MONDAY + timedelta(days=days) for days in range(first, first + SEARCH_LIMIT_DAYS)]
    every_day = frozenset(range(7))
    assert office(workdays=every_day, holidays=frozenset(free[:-1])).add_business_days(MONDAY, count) == found
    with pytest.raises(NoBusinessDayError, match=r"^no business day within 3660 days after 2026-03-02$"):
        office(workdays=every_day, holidays=frozenset(free)).add_business_days(MONDAY, count)


def test_the_error_of_a_calendar_without_work_is_a_domain_error() -> None:
    assert issubclass(NoBusinessDayError, ValueError)
    with pytest.raises(NoBusinessDayError):
        office(workdays=frozenset()).add_business_days(MONDAY, 0)


@pytest.mark.parametrize(
    ("moment", "start", "end"),
    [
        pytest.param(Moment(MONDAY), "2026-03-02T14:00:00Z", "2026-03-02T22:00:00Z", id="a-day-means-office-hours"),
        pytest.param(
            Moment(MONDAY, time(14, 30)), "2026-03-02T19:30:00Z", "2026-03-02T19:30:00Z", id="a-time-is-kept-as-given"
        ),
        pytest.param(
            Moment(MONDAY, time(0)), "2026-03-02T05:00:00Z", "2026-03-02T05:00:00Z", id="midnight-is-a-time-too"
        ),
        pytest.param(
            Moment(date(2026, 3, 7)), "2026-03-07T14:00:00Z", "2026-03-07T22:00:00Z", id="a-saturday-is-not-shifted"
        ),
    ],
)
def test_a_moment_given_by_a_person_is_taken_verbatim(moment: Moment, start: str, end: str) -> None:
    assert rfc3339(office().start_of(moment)) == start
    assert rfc3339(office().end_of(moment)) == end


def test_the_office_opens_and_closes_by_its_own_clock() -> None:
    assert rfc3339(office(opens=time(7, 30)).opening(MONDAY)) == "2026-03-02T12:30:00Z"
    assert rfc3339(office(zone="Asia/Kolkata").closing(MONDAY)) == "2026-03-02T11:30:00Z"


@pytest.mark.parametrize(("name", "known"), [("Africa/Cairo", True), ("UTC", True), ("+05:30", False), ("PDT", False)])
def test_zones_are_the_names_of_the_zone_database(name: str, known: bool) -> None:
    assert (name in ZONES) is known


@pytest.mark.parametrize(
    ("instant", "within"),
    [
        pytest.param("1969-12-31T23:59:59Z", False, id="the-second-before-1970"),
        pytest.param("1970-01-01T00:00:00Z", True, id="the-first-second-of-1970"),
        pytest.param("2199-12-31T23:59:59Z", True, id="the-last-second-of-2199"),
        pytest.param("2200-01-01T00:00:00Z", False, id="the-first-second-of-2200"),
    ],
)
def test_instants_from_1970_to_2199_are_accepted(instant: str, within: bool) -> None:
    given = at(instant)
    assert is_within_reach(given) is within
    if within:
        assert in_utc(given) == given
    else:
        with pytest.raises(ValueError, match="out of reach"):
            in_utc(given)


def test_an_instant_whose_utc_form_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="beyond all instants"):
        in_utc(datetime.max.replace(tzinfo=timezone(-timedelta(hours=1))))


def test_an_instant_is_returned_in_utc() -> None:
    assert rfc3339(in_utc(datetime(2026, 3, 2, 10, tzinfo=timezone(timedelta(hours=2))))) == "2026-03-02T08:00:00Z"


@pytest.mark.parametrize("name", ["Factory", "localtime", "posixrules"])
def test_names_that_are_no_zone_of_a_place_are_refused(name: str) -> None:
    assert name not in zones_among({"Europe/Paris", name})
