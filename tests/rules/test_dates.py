"""The text of instants and deadlines: with weekday, year and zone."""

import re
from datetime import date, datetime, time

import pytest

from api.rules.calendar import ZONES
from api.rules.words import deadline, last_day, rfc3339, wall, zone_beside, zone_name, zone_name_with_offset
from tests.rules.vectors import at


@pytest.mark.parametrize(
    ("instant", "zone", "text"),
    [
        pytest.param("2026-03-03T16:00Z", "America/New_York", "11:00 on Tue 3 Mar 2026 (EST)", id="standard-time"),
        pytest.param("2026-03-08T07:00Z", "America/New_York", "03:00 on Sun 8 Mar 2026 (EDT)", id="summer-time"),
        pytest.param(
            "2026-03-03T16:00:01Z",
            "America/New_York",
            "11:00:01 on Tue 3 Mar 2026 (EST)",
            id="seconds-if-there-are-any",
        ),
        pytest.param(
            "2026-12-31T11:00Z", "Pacific/Apia", "00:00 on Fri 1 Jan 2027 (UTC+13)", id="a-zone-without-letters"
        ),
        pytest.param(
            "2026-01-03T02:30Z", "America/Sao_Paulo", "23:30 on Fri 2 Jan 2026 (UTC-03)", id="west-of-greenwich"
        ),
        pytest.param("2026-07-01T00:00Z", "Asia/Kolkata", "05:30 on Wed 1 Jul 2026 (IST)", id="half-an-hour-beside"),
        pytest.param("2026-07-01T00:00Z", "Asia/Kathmandu", "05:45 on Wed 1 Jul 2026 (UTC+05:45)", id="minutes"),
        pytest.param("2026-07-01T05:00Z", "Etc/GMT+5", "00:00 on Wed 1 Jul 2026 (UTC-05)", id="a-misleading-name"),
        pytest.param("2026-07-01T00:00Z", "PRC", "08:00 on Wed 1 Jul 2026 (CST)", id="a-name-of-a-country"),
        pytest.param("2026-10-11T12:05Z", "UTC", "12:05 on Sun 11 Oct 2026 (UTC)", id="utc"),
    ],
)
def test_a_local_time_is_written_with_its_zone(instant: str, zone: str, text: str) -> None:
    assert wall(at(instant), zone) == text


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_has_its_name(month: int) -> None:
    names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    assert wall(at(f"2026-{month:02}-15T12:00Z"), "UTC").split()[4] == names[month - 1]


@pytest.mark.parametrize("count", range(7))
def test_every_day_has_its_name(count: int) -> None:
    names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert wall(at(f"2026-03-{2 + count:02}T12:00Z"), "UTC") == f"12:00 on {names[count]} {2 + count} Mar 2026 (UTC)"


@pytest.mark.parametrize(
    ("instant", "zone", "text"),
    [
        pytest.param("2026-03-03T05:00:00Z", "America/New_York", "the end of Mon 2 Mar 2026 (EST)", id="midnight"),
        pytest.param(
            "2026-03-03T04:59:59Z", "America/New_York", "23:59:59 on Mon 2 Mar 2026 (EST)", id="a-second-less"
        ),
        pytest.param(
            "2026-03-03T05:00:01Z", "America/New_York", "00:00:01 on Tue 3 Mar 2026 (EST)", id="a-second-more"
        ),
        pytest.param("2026-03-03T05:00:00Z", "UTC", "05:00 on Tue 3 Mar 2026 (UTC)", id="midnight-elsewhere-only"),
        pytest.param("2027-01-01T00:00:00Z", "UTC", "the end of Thu 31 Dec 2026 (UTC)", id="the-turn-of-the-year"),
        pytest.param("2026-03-09T04:00:00Z", "America/New_York", "the end of Sun 8 Mar 2026 (EDT)", id="a-short-day"),
        pytest.param(
            "2026-04-23T22:00:00Z", "Africa/Cairo", "the end of Thu 23 Apr 2026 (EET)", id="a-missing-midnight"
        ),
        pytest.param("2026-10-29T21:00:00Z", "Africa/Cairo", "23:00 on Thu 29 Oct 2026 (EET)", id="a-repeated-hour"),
        pytest.param("2026-10-29T22:00:00Z", "Africa/Cairo", "the end of Thu 29 Oct 2026 (EET)", id="a-long-day"),
        pytest.param("2011-12-30T10:00:00Z", "Pacific/Apia", "the end of Thu 29 Dec 2011 (UTC-10)", id="a-skipped-day"),
    ],
)
def test_a_deadline_at_local_midnight_is_the_end_of_the_day_before(instant: str, zone: str, text: str) -> None:
    assert deadline(instant, zone) == text


def test_an_instant_is_written_in_utc() -> None:
    assert rfc3339(datetime.fromisoformat("2026-03-02T10:00:00-05:00")) == "2026-03-02T15:00:00Z"


@pytest.mark.parametrize("month", [1, 7])
def test_every_zone_has_a_name_that_people_know(month: int) -> None:
    instant = at(f"2026-{month:02}-01T12:00Z")
    wrong = [
        zone for zone in ZONES if not re.fullmatch(r"[A-Z][A-Za-z]{2,4}|UTC[+-]\d\d(:\d\d)?", zone_name(instant, zone))
    ]
    assert wrong == []
    full = r"GMT|UTC([+-]\d\d(:\d\d)?)?|[A-Z][A-Za-z]{2,4}, UTC[+-]\d\d(:\d\d)?"
    assert [zone for zone in ZONES if not re.fullmatch(full, zone_name_with_offset(instant, zone))] == []


@pytest.mark.parametrize(
    ("zone", "others", "name"),
    [
        pytest.param("America/New_York", [], None, id="no-other"),
        pytest.param("America/New_York", ["America/Detroit", "EST5EDT"], None, id="the-same-time"),
        pytest.param("America/New_York", ["America/New_York", "Asia/Tokyo"], "EST", id="another-time"),
        pytest.param("Asia/Kathmandu", ["Asia/Kolkata"], "UTC+05:45", id="a-quarter-of-an-hour-beside"),
    ],
)
def test_a_zone_is_named_where_another_shows_a_different_time(zone: str, others: list[str], name: str | None) -> None:
    assert zone_beside(date(2026, 3, 3), time(11), zone, others) == name


@pytest.mark.parametrize(
    ("zone", "instant", "name"),
    [
        pytest.param("America/New_York", "2026-03-03T16:00Z", "EST, UTC-05", id="whole-hours"),
        pytest.param("Asia/Kolkata", "2026-03-03T16:00Z", "IST, UTC+05:30", id="half-an-hour-beside"),
        pytest.param("Europe/London", "2026-07-01T12:00Z", "BST, UTC+01", id="summer-time"),
        pytest.param("Europe/London", "2026-03-03T16:00Z", "GMT", id="greenwich-needs-no-offset"),
        pytest.param("Asia/Kathmandu", "2026-03-03T16:00Z", "UTC+05:45", id="an-offset-alone"),
        pytest.param("UTC", "2026-03-03T16:00Z", "UTC", id="utc"),
    ],
)
def test_an_abbreviation_that_several_zones_share_gets_its_offset(zone: str, instant: str, name: str) -> None:
    assert zone_name_with_offset(at(instant), zone) == name


@pytest.mark.parametrize(
    ("due", "day"),
    [
        pytest.param("2026-03-03T04:59:59Z", "2026-03-02", id="before-midnight"),
        pytest.param("2026-03-03T05:00:00Z", "2026-03-02", id="at-midnight-the-day-before"),
        pytest.param("2026-03-03T05:00:01Z", "2026-03-03", id="a-second-later"),
    ],
)
def test_the_last_day_is_that_of_the_last_second_before_the_deadline(due: str, day: str) -> None:
    assert last_day(due, "America/New_York") == day
