"""What a calendar file says of a meeting: its times, and its zone if the file defines that itself."""

from datetime import datetime, timedelta, timezone

import pytest

from api.words.csv_file import TableError
from api.words.invitation_zones import UnknownRuleError, offset_at
from api.words.invitations import invitations

JUNE = datetime.fromisoformat("2026-06-01")


def part(first: str, before: str, after: str, rule: str = "", dates: str = "") -> str:
    lines = ["BEGIN:STANDARD", f"DTSTART:{first}", f"TZOFFSETFROM:{before}", f"TZOFFSETTO:{after}"]
    lines += [f"RRULE:{rule}"] if rule else []
    lines += [f"RDATE:{dates}"] if dates else []
    return "\n".join([*lines, "END:STANDARD", ""])


NEW_YORK = part("20070311T020000", "-0500", "-0400", "FREQ=YEARLY;BYMONTH=3;BYDAY=2SU") + part(
    "20071104T020000", "-0400", "-0500", "FREQ=YEARLY;BYMONTH=11;BYDAY=1SU"
)
FIXED_DAYS = part("20000321T000000", "+0330", "+0430", "FREQ=YEARLY") + part(
    "20000921T000000", "+0430", "+0330", "FREQ=YEARLY"
)
ENDED = part("19850420T000000", "+0200", "+0300", "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU;UNTIL=20160327T010000Z") + part(
    "19840930T000000", "+0300", "+0200", "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU;UNTIL=20151025T010000Z"
)
NEVER_ENDS = part("20000326T020000", "+0100", "+0200", "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU;UNTIL=99991231T235959Z")
ONCE = part("20200101T000000", "+0100", "+0530", dates="20210101T000000,20220101T000000") + part(
    "20211231T000000", "+0530", "-0230"
)


@pytest.mark.parametrize(
    ("zone", "local", "hours"),
    [
        pytest.param(NEW_YORK, "2026-03-08T01:59", -5, id="before the second Sunday of March"),
        pytest.param(NEW_YORK, "2026-03-08T03:00", -4, id="from the second Sunday of March on"),
        pytest.param(NEW_YORK, "2026-10-31T12:00", -4, id="before the first Sunday of November"),
        pytest.param(NEW_YORK, "2026-11-01T02:00", -5, id="from the first Sunday of November on"),
        pytest.param(NEW_YORK, "2026-01-05T09:00", -5, id="by the rule of the year before"),
        pytest.param(NEW_YORK, "2001-06-01T09:00", -5, id="before the first onset"),
        pytest.param(FIXED_DAYS, "2026-03-20T23:59", 3.5, id="before a fixed day"),
        pytest.param(FIXED_DAYS, "2026-03-21T00:00", 4.5, id="from a fixed day on"),
        pytest.param(ENDED, "2015-12-01T09:00", 2, id="while rules are in force"),
        pytest.param(ENDED, "2026-01-05T09:00", 3, id="after all rules ended, the last of them in March"),
        pytest.param(
            ENDED.replace("UNTIL=2016", "UNTIL=2015"), "2026-06-01T09:00", 2, id="after all rules ended in October"
        ),
        pytest.param(NEVER_ENDS, "2026-06-01T09:00", 2, id="a rule until the year 9999"),
        pytest.param(ONCE, "2021-12-31T09:00", -2.5, id="the latest of several onsets"),
        pytest.param(ONCE, "2022-06-01T09:00", 5.5, id="onsets on single dates"),
    ],
)
def test_the_offset_of_a_zone_is_that_after_the_latest_onset(zone: str, local: str, hours: float) -> None:
    assert offset_at(zone, datetime.fromisoformat(local)) == timezone(timedelta(hours=hours))


@pytest.mark.parametrize(
    "rule",
    [
        *("FREQ=MONTHLY", "FREQ=YEARLY;INTERVAL=2", "FREQ=YEARLY;BYMONTHDAY=8", "FREQ=YEARLY;BYMONTH=3;BYDAY=SU"),
        *(
            "FREQ=YEARLY;BYMONTH=3,10;BYDAY=1SU",
            "FREQ=YEARLY;BYMONTH=13",
            "FREQ=YEARLY;BYMONTH=2",
            "FREQ=YEARLY;UNTIL=x",
        ),
    ],
)
def test_a_rule_that_cannot_be_read_is_never_guessed(rule: str) -> None:
    with pytest.raises(UnknownRuleError):
        offset_at(part("20000330T000000", "+0100", "+0200", rule), JUNE)


@pytest.mark.parametrize("zone", ["", part("20000330T000000", "CET", "CEST"), part("soon", "+0100", "+0200")])
def test_a_zone_without_a_part_that_can_be_read_has_no_offset(zone: str) -> None:
    assert offset_at(zone, JUNE) is None


def event(*lines: str) -> str:
    return "\r\n".join(["BEGIN:VEVENT", "UID:1@example.com", "DTSTAMP:20260520T080000Z", *lines, "END:VEVENT", ""])


def calendar(*events: str, method: str = "REQUEST") -> bytes:
    return "".join(["BEGIN:VCALENDAR\r\n", f"METHOD:{method}\r\n", *events, "END:VCALENDAR\r\n"]).encode()


START = "DTSTART:20260608T090000Z"
DAY = "DTSTART;VALUE=DATE:20260608"


@pytest.mark.parametrize(
    ("lines", "ends"),
    [
        pytest.param([START, "DTEND:20260608T103000Z"], "2026-06-08T10:30", id="an end"),
        pytest.param([START, "DURATION:PT1H30M"], 1.5, id="a length"),
        pytest.param([START, "DURATION:PT24H"], 24, id="a length of a day"),
        pytest.param([START], None, id="no end"),
        pytest.param([DAY], "2026-06-08T17:00", id="a day"),
        pytest.param([DAY, "DTEND;VALUE=DATE:20260609"], "2026-06-08T17:00", id="a day, to the next one"),
        pytest.param([DAY, "DURATION:P1D"], "2026-06-08T17:00", id="a day by its length"),
    ],
)
def test_the_end_of_a_meeting(lines: list[str], ends: str | float | None) -> None:
    (made,) = invitations(calendar(event(*lines)))
    assert made.faults == []
    assert made.start is not None
    assert made.start.local.isoformat() == "2026-06-08T09:00:00"
    hours = made.length / timedelta(hours=1) if made.length else None
    end = made.end.local.isoformat(timespec="minutes") if made.end else None
    assert (hours or end, made.is_all_day) == (ends, DAY in lines)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([], id="no start"),
        pytest.param([START, "DURATION:PT0S"], id="no length"),
        pytest.param([START, "DURATION:-PT1H"], id="a negative length"),
        pytest.param([START, "DURATION:PT25H"], id="more than a day"),
        pytest.param([START, "DURATION:P999999999D"], id="longer than any calendar"),
        pytest.param([DAY, "DURATION:P2D"], id="two days"),
        pytest.param([START, "DURATION:soon"], id="a length in words"),
        pytest.param([START, "DTEND:soon"], id="an end in words"),
        pytest.param(["DTSTART:15000101T090000Z"], id="out of reach"),
    ],
)
def test_times_that_cannot_be_read_are_a_fault_of_the_meeting(lines: list[str]) -> None:
    (made,) = invitations(calendar(event(*lines)))
    assert [code for code, _ in made.faults] == ["broken_time"]


def test_a_cancellation_may_leave_its_times_out() -> None:
    (made,) = invitations(calendar(event(), method="CANCEL"))
    assert (made.is_cancelled, made.faults, made.start) == (True, [], None)


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        pytest.param([], 0, id="none"),
        pytest.param(["SEQUENCE:7"], 7, id="a number"),
        pytest.param(["SEQUENCE:-1"], 0, id="a negative one"),
        pytest.param(["SEQUENCE:99999999999"], 2**31 - 1, id="a large one"),
        pytest.param(["SEQUENCE:x"], 0, id="a text"),
        pytest.param(["SEQUENCE:1", "SEQUENCE:2"], 0, id="two of them"),
    ],
)
def test_the_sequence_of_a_meeting(lines: list[str], number: int) -> None:
    (made,) = invitations(calendar(event(START, *lines)))
    assert made.sequence == number


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(calendar(event(START, "SUMMARY:Gespräch")).decode().encode("latin-1"), "not_text", id="Latin-1"),
        pytest.param(calendar(*(event(START) for _ in range(51))), "too_many_rows", id="51 meetings"),
    ],
)
def test_a_calendar_that_cannot_be_read_says_why(content: bytes, code: str) -> None:
    with pytest.raises(TableError) as refused:
        invitations(content)
    assert refused.value.code == code


def test_a_meeting_without_a_uid_is_missing_something() -> None:
    (made,) = invitations(calendar(event(START).replace("UID:1@example.com\r\n", "")))
    assert (made.uid, [code for code, _ in made.faults]) == (None, ["missing"])
