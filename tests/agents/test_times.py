"""Times in and out: wall times of the user, offsets, clock changes, dates of employers."""

from datetime import UTC, datetime

import pytest

from api.agents import times
from api.agents.problems import Refusal

pytestmark = pytest.mark.sqlite

ZONE = "America/New_York"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-05-30T20:00", "2026-05-31T00:00:00Z"),
        ("2026-05-30 20:00", "2026-05-31T00:00:00Z"),
        ("2026-05-30T20:00:05", "2026-05-31T00:00:05Z"),
        ("2026-05-30T20:00Z", "2026-05-30T20:00:00Z"),
        ("2026-05-30T20:00+02:00", "2026-05-30T18:00:00Z"),
        ("2026-01-30T20:00", "2026-01-31T01:00:00Z"),
        ("2025-11-02T01:30-04:00", "2025-11-02T05:30:00Z"),
    ],
)
def test_wall_times_are_the_users(text: str, instant: str) -> None:
    assert times.rfc3339(times.past(text, ZONE, "at", NOW)) == instant


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-05-30", "Say the time of day too"),
        ("yesterday", "wants a date and time such as 2026-03-19T15:10"),
        ("2026-02-30T10:00", "not in the calendar"),
        ("2026-05-30T25:00Z", "not in the calendar"),
        ("2026-03-08T02:30", "does not exist"),
        ("2025-11-02T01:30", "comes twice"),
        ("2026-06-01T08:06", "lies in the future (now: Mon 1 Jun 2026, 08:00 EDT)"),
        ("0001-01-01T00:00", "wants a year from 1970"),
        ("9999-12-31T23:59", "wants a year from 1970"),
        ("٢٠٢٦-٠٥-٣٠T10:00", "wants a date and time"),
    ],
)
def test_unclear_times_are_refused(text: str, said: str) -> None:
    with pytest.raises(Refusal, match=r"^at") as refusal:
        times.past(text, ZONE, "at", NOW)
    assert said in str(refusal.value)


def test_clocks_may_differ_by_some_minutes() -> None:
    assert times.past("2026-06-01T08:05", ZONE, "at", NOW)


def test_what_employers_said() -> None:
    assert times.moment("2026-03-13", "hear_by") == {"date": "2026-03-13"}
    assert times.moment("2026-03-13T14:30", "hear_by") == {"date": "2026-03-13", "time": "14:30"}
    for text in ("13 March", "2026-03-13T14:30Z", "2026-03-13T14:30+01:00", "2026-02-30", "2026-03-13T1430"):
        with pytest.raises(Refusal, match=r"^hear_by"):
            times.moment(text, "hear_by")
    assert times.spoken_moment({"date": "2026-03-13", "time": "14:30:00"}) == "Fri 13 Mar 2026, 14:30"
    assert times.spoken_moment({"date": "2026-03-13", "time": None}) == "Fri 13 Mar 2026"


def test_zones_are_checked_by_name() -> None:
    assert times.zone_of("Europe/Berlin").key == "Europe/Berlin"
    for name in ("EDT5", "US", "../etc/passwd", "x" * 300, ""):
        with pytest.raises(Refusal, match="IANA"):
            times.zone_of(name)


def test_times_out_have_weekday_and_zone() -> None:
    assert times.spoken("2026-03-19T21:00:00Z", ZONE) == "Thu 19 Mar 2026, 17:00 EDT"
    assert times.spoken("2026-03-19T21:00:00Z", "Asia/Kathmandu") == "Fri 20 Mar 2026, 02:45 UTC+05:45"
    assert times.spoken("2026-03-19T21:00:00Z", "America/Sao_Paulo") == "Thu 19 Mar 2026, 18:00 UTC-03"
    assert times.deadline("2026-03-20T04:00:00Z", ZONE) == "the end of Thu 19 Mar 2026"
    assert times.deadline("2026-03-20T05:00:00Z", ZONE) == "Fri 20 Mar 2026, 01:00 EDT"
    assert times.rfc3339(times.end_of_day(NOW, 1, ZONE)) == "2026-06-03T04:00:00Z"
