"""When a digest is due: once on every local date, at the right wall time, whatever the clocks of the zone do."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from api.rules.calendar import Office, exists
from api.rules.digests import Timetable

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
NEW_YORK, LORD_HOWE, APIA, CASABLANCA = "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca"
MISSING = date(2011, 12, 30)  # Samoa went from 29 December to the 31st


def digests(times: Timetable, since: datetime, until: datetime) -> Iterator[datetime]:
    """Yield the digests of a period, as a process plans them that never sleeps."""
    now, last = since, None
    while (planned := times.next_after(now, last)) is not None and planned < until:
        yield planned
        now, last = planned, planned.astimezone(ZoneInfo(times.zone)).date()


@pytest.mark.parametrize("clock", [time(8), time(2, 15), time(2, 30), time(1, 45), time(0), time(23, 59), time(3)])
@pytest.mark.parametrize(
    ("zone", "year"),
    [(NEW_YORK, 2026), (LORD_HOWE, 2026), (APIA, 2011), (APIA, 2026), (CASABLANCA, 2026), ("America/Havana", 2026)],
)
def test_there_is_one_digest_on_every_date_of_a_year_at_the_wall_time(zone: str, year: int, clock: time) -> None:
    first, local = date(year, 1, 1), ZoneInfo(zone)
    since = datetime.combine(first, time(), local).astimezone(UTC) - MINUTE
    until = datetime.combine(date(year + 1, 1, 1), time(), local).astimezone(UTC)
    found = list(digests(Timetable(zone, clock), since, until))
    dates = [one.astimezone(local).date() for one in found]
    days = [first + number * DAY for number in range(365)]
    assert dates == [day for day in days if exists(day, zone)]
    assert (MISSING in days, MISSING in dates) == (year == 2011, False)
    for day, one in zip(dates, found, strict=True):
        shown = one.astimezone(local)
        is_gap = datetime.combine(day, clock, local).astimezone(UTC).astimezone(local).time() != clock
        assert shown.time() == clock or is_gap, (day, shown)
        assert shown.fold == 0  # the first of two


@pytest.mark.parametrize(
    ("zone", "day", "clock", "instant"),
    [
        pytest.param(NEW_YORK, date(2026, 3, 8), time(2, 30), "2026-03-08T07:30:00", id="in-a-gap-of-an-hour"),
        pytest.param(NEW_YORK, date(2026, 11, 1), time(1, 30), "2026-11-01T05:30:00", id="the-first-of-two"),
        pytest.param(LORD_HOWE, date(2026, 10, 4), time(2, 15), "2026-10-03T15:45:00", id="in-a-gap-of-half-an-hour"),
        pytest.param(LORD_HOWE, date(2026, 4, 5), time(1, 45), "2026-04-04T14:45:00", id="the-first-of-two-half-hours"),
        pytest.param(CASABLANCA, date(2026, 2, 15), time(8), "2026-02-15T08:00:00", id="in-ramadan-on-utc"),
        pytest.param(CASABLANCA, date(2026, 3, 22), time(8), "2026-03-22T07:00:00", id="after-ramadan"),
        pytest.param(APIA, date(2011, 12, 29), time(8), "2011-12-29T18:00:00", id="before-the-missing-date"),
        pytest.param(APIA, date(2011, 12, 31), time(8), "2011-12-30T18:00:00", id="after-the-missing-date"),
        pytest.param("America/Nuuk", date(2024, 3, 30), time(23, 30), "2024-03-31T00:59:00", id="a-gap-into-tomorrow"),
    ],
)
def test_the_instant_of_a_digest(zone: str, day: date, clock: time, instant: str) -> None:
    found = Timetable(zone, clock).instant(day)
    assert found == datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert found.astimezone(ZoneInfo(zone)).date() == day


def test_a_weekly_digest_comes_on_its_weekday_alone() -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    found = list(digests(Timetable(NEW_YORK, time(8), weekday=2), since, since + 365 * DAY))
    assert len(found) == 52
    assert {one.astimezone(ZoneInfo(NEW_YORK)).weekday() for one in found} == {2}


def test_on_workdays_only_there_is_none_on_free_days_and_holidays() -> None:
    holiday = date(2026, 7, 3)
    office = Office(NEW_YORK, frozenset(range(5)), frozenset({holiday}), time(9), time(17))
    since = datetime(2026, 6, 27, 12, tzinfo=UTC)
    found = list(digests(Timetable(NEW_YORK, time(8), workdays=office), since, since + 10 * DAY))
    assert [one.day for one in found] == [29, 30, 1, 2, 6]


def test_without_any_workday_there_is_no_digest() -> None:
    office = Office(NEW_YORK, frozenset(), frozenset(), time(9), time(17))
    assert Timetable(NEW_YORK, time(8), workdays=office).next_after(datetime(2026, 6, 1, tzinfo=UTC), None) is None


def test_the_next_date_is_later_than_the_last_one_although_its_time_is_ahead() -> None:
    times, now = Timetable(NEW_YORK, time(8)), datetime(2026, 6, 1, 11, tzinfo=UTC)
    assert times.next_after(now, None) == now + HOUR
    assert times.next_after(now, date(2026, 6, 1)) == now + HOUR + DAY
    assert times.next_after(now + HOUR, None) == now + HOUR + DAY


@pytest.mark.parametrize(
    ("clock", "lateness", "in_time"),
    [
        (time(8), timedelta(0), True),
        (time(8), -MINUTE, False),
        (time(8), 6 * HOUR - MINUTE, True),
        (time(8), 6 * HOUR, False),
        (time(22), 2 * HOUR - MINUTE, True),
        (time(22), 2 * HOUR, False),
    ],
)
def test_a_digest_is_of_use_for_six_hours_of_its_date(clock: time, lateness: timedelta, *, in_time: bool) -> None:
    times, day = Timetable(NEW_YORK, clock), date(2026, 6, 1)
    assert times.is_in_time(day, times.instant(day) + lateness) is in_time


def test_on_other_days_of_the_week_no_digest_is_in_time() -> None:
    times, monday = Timetable(NEW_YORK, time(8), weekday=0), date(2026, 6, 1)
    assert [times.is_in_time(day, times.instant(day)) for day in (monday, monday + DAY)] == [True, False]
