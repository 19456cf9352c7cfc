"""Calendars and vCards: what they say is read back, whatever the texts contain."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from api.words.calendar_entries import Employer, Look, Meeting, Task
from api.words.calendar_file import CalendarName, calendar_bytes, clean, meeting_event, task_components
from api.words.vcard import Person, vcard
from tests.calendars import READERS, Read, with_icalendar

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
MEETING = Meeting(
    "019577a0-0000-7000-8000-000000000011",
    "019577a0-0000-7000-8000-000000000002",
    Employer("Acme", "Engineer"),
    1,
    "onsite",
    NOW,
    NOW + timedelta(hours=1),
    "America/New_York",
    is_cancelled=False,
    location="Room 4",
    link="https://meet.example.com/x?a=1&b=2",
    interviewers=["Kim Lee", "Ana Ruiz"],
    created_at=NOW - timedelta(days=3),
    changed_at=NOW - timedelta(days=1),
    sequence=7,
)
TASK = Task(
    "019577a0-0000-7000-8000-000000000012",
    4,
    f"interview:{MEETING.id}",
    MEETING.application,
    NOW,
    NOW + timedelta(hours=25),
    "America/New_York",
    "elapsed",
    None,
    None,
    total=2,
    missing=1,
    interview=(MEETING.starts_at, MEETING.ends_at, MEETING.zone),
    changed_at=NOW,
    sequence=8,
)
PERSON = Person(
    "019577a0-0000-7000-8000-000000000021",
    "Kim van Lee",
    "Dr.",
    "Director",
    "Acme; Ltd.",
    "kim@example.com",
    "+1 555 0100",
    "1 Main Street\nTown, TX",
    NOW,
)
PIECES = [
    *("\r\nATTENDEE:mailto:x@example.com", "\rBEGIN:VEVENT", "\nEND:VCALENDAR", "\\n", "\\", "\\,", ";", ",", ":", '"'),
    *(
        "\t",
        " ",
        "  ",
        "\u2028",
        "\u2029",
        "\u0085",
        "\x00",
        "\x0b",
        "\x7f",
        "\x9f",
        "\ufeff",
        "é",
        "e\u0301",
        "日本語",
    ),
    *(
        "👩‍👩‍👧",
        "\U0010ffff",
        "א",
        "a" * 74,
        "é" * 40,
        "TZID=UTC",
        "^n",
        "^'",
        "%0A",
        "=0D=0A",
        "<br>",
        "&amp;",
        "=1+1",
    ),
]


def hostile(number: int) -> str:
    draw = Random(number)
    pieces = draw.choices(PIECES, k=draw.randint(1, 12))
    anything = "".join(chr(code) for code in draw.choices(range(1, 0x2FFFF), k=5) if not 0xD800 <= code < 0xE000)
    return "x" + "".join(pieces) + anything + "x"


def event_text(meeting: Meeting, look: Look | None = None) -> str:
    return calendar_bytes(CalendarName("Mine"), [meeting_event(meeting, look or Look())]).decode()


def checked_lines(content: bytes) -> None:
    """Check that lines end with CRLF, have at most 75 octets, and end between characters."""
    assert content.endswith(b"\r\n")
    for line in content[:-2].split(b"\r\n"):
        assert len(line) <= 75
        assert not {b"\r", b"\n"} & {line[at : at + 1] for at in range(len(line))}
        line.decode()


@pytest.mark.parametrize("read", READERS)
def test_three_thousand_hostile_texts_come_back(read: Read) -> None:
    texts = [hostile(number) for number in range(300 if read is with_icalendar else 3_000)]  # it takes 5 ms a text
    meetings = [
        replace(MEETING, id=str(number), application=Employer(text, "x"), location=text)
        for number, text in enumerate(texts)
    ]
    content = calendar_bytes(CalendarName(texts[0]), [meeting_event(one, Look()) for one in meetings])
    checked_lines(content)
    (found,) = read([content.decode()])
    assert found.get("x-wr-calname") == found.get("name") == clean(texts[0])
    assert len(found.components) == len(texts)
    for item, text in zip(found.components, texts, strict=True):
        assert item.get("summary") == f"Interview: {clean(text)} – x"
        assert item.get("location") == clean(text)
        assert {name for name, *_ in item.properties} == {name for name, *_ in found.components[0].properties}
        assert item.values("attendee") == []


@pytest.mark.parametrize("version", ["3.0", "4.0"])
@pytest.mark.parametrize("read", READERS[1:])
def test_hostile_texts_come_back_from_cards(read: Read, version: Any) -> None:
    texts = [hostile(number) for number in range(1_000)]
    cards = [
        vcard(replace(PERSON, full_name=text, company=text, postal_address=text, job_title=text), version)
        for text in texts
    ]
    for content in cards:
        checked_lines(content)
    for item, text in zip(read([card.decode() for card in cards]), texts, strict=True):
        assert item.name == "vcard"
        # ical.js leaves the escape of a semicolon outside of structured values, which vCard 3.0 requires.
        wanted = clean(text).replace(";", "\\;") if version == "3.0" else clean(text)
        assert (item.get("fn"), item.get("title")) == (wanted,) * 2
        assert item.get("org") == clean(text)
        assert item.get("adr")[2] == clean(text)
        assert {name for name, *_ in item.properties} <= {
            *("version", "fn", "n", "org", "title", "email", "tel", "adr", "label", "uid", "rev", "categories")
        }


def test_a_card_has_the_name_in_parts_and_the_ways_to_reach_a_person() -> None:
    lines = vcard(PERSON).decode().split("\r\n")
    assert lines == [
        "BEGIN:VCARD",
        "VERSION:3.0",
        "FN:Kim van Lee",
        "N:Lee;Kim van;;Dr.;",
        "ORG:Acme\\; Ltd.",
        "TITLE:Director",
        "EMAIL;TYPE=work:kim@example.com",
        "TEL;TYPE=work,voice:+1 555 0100",
        "ADR;TYPE=work:;;1 Main Street\\nTown\\, TX;;;;",
        "LABEL;TYPE=work:1 Main Street\\nTown\\, TX",
        f"UID:urn:uuid:{PERSON.id}",
        "REV:20260302T150000Z",
        "CATEGORIES:Afterword",
        "END:VCARD",
        "",
    ]
    nobody = Person("1", None, None, None, None, None, None, None, NOW)
    assert "FN:Unnamed\r\nN:;;;;\r\n" in vcard(nobody).decode()
    assert vcard(PERSON, "4.0").startswith(b"BEGIN:VCARD\r\nVERSION:4.0\r\n")


def test_an_interview_as_an_event() -> None:
    assert event_text(MEETING, Look(has_alarms=True, alarm_minutes=90)) == "\r\n".join(
        (
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Afterword//Afterword//EN",
            "CALSCALE:GREGORIAN",
            "METHOD:PUBLISH",
            "NAME:Mine",
            "X-WR-CALNAME:Mine",
            "COLOR:teal",
            "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
            "X-PUBLISHED-TTL:PT1H",
            "BEGIN:VEVENT",
            f"UID:interview-{MEETING.id}@afterword",
            "DTSTAMP:20260301T150000Z",
            "SEQUENCE:7",
            "LAST-MODIFIED:20260301T150000Z",
            "CREATED:20260227T150000Z",
            "DTSTART:20260302T150000Z",
            "DTEND:20260302T160000Z",
            "SUMMARY:Interview: Acme – Engineer",
            "DESCRIPTION:Round 1\\, on site.\\n10:00 to 11:00 on Mon 2 Mar 2026 (EST)\\, A",
            " merica/New_York.\\nWith Kim Lee\\, Ana Ruiz.\\nPlace: Room 4\\nLink: https://m",
            " eet.example.com/x?a=1&b=2",
            "LOCATION:Room 4",
            "CONFERENCE;VALUE=URI:https://meet.example.com/x?a=1&b=2",
            "STATUS:CONFIRMED",
            "TRANSP:OPAQUE",
            "CATEGORIES:Afterword",
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            "DESCRIPTION:Interview: Acme – Engineer",
            "TRIGGER:-PT1H30M",
            "END:VALARM",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        )
    )


@pytest.mark.parametrize(
    ("link", "is_address"),
    [
        ("https://x.example/a;b=1,2", True),
        ('https://x.example/"a', False),
        ("zoom.us/j/1", False),
        ("ftp://x.example/a", False),
        ("https://münchen.example/ä", False),
        ("https://x.example/a%0D%0AATTENDEE:x", True),
    ],
)
def test_only_a_web_address_becomes_a_link_and_every_link_is_in_the_text(link: str, is_address: bool) -> None:
    (found,) = with_icalendar([event_text(replace(MEETING, link=link))])
    item = found.components[0]
    assert item.get("conference") == (link if is_address else None)
    assert f"Link: {link}" in item.get("description")


CLOSED = [
    ("done", "COMPLETED", 100),
    ("done_late", "COMPLETED", 100),
    ("skipped", "CANCELLED", 50),
    ("not_applicable", "CANCELLED", 50),
    ("missed", "CANCELLED", 50),
]


@pytest.mark.parametrize(("state", "status", "percent"), CLOSED)
def test_the_status_of_a_closed_step(state: str, status: str, percent: int) -> None:
    done = replace(TASK, closed_state=state, completed_at=NOW + timedelta(hours=2) if status == "COMPLETED" else None)
    (todo,) = task_components(done, Look(has_todos=True))
    text = todo.to_ical().decode()
    assert f"STATUS:{status}\r\n" in text
    assert f"PERCENT-COMPLETE:{percent}\r\n" in text
    assert ("COMPLETED:20260302T170000Z" in text) == (status == "COMPLETED")


@pytest.mark.parametrize(
    ("total", "missing", "status"), [(2, 2, "NEEDS-ACTION"), (2, 1, "IN-PROCESS"), (0, 0, "NEEDS-ACTION")]
)
def test_the_status_of_an_open_step(total: int, missing: int, status: str) -> None:
    _, todo = task_components(replace(TASK, total=total, missing=missing), Look(has_todos=True))
    assert todo["status"] == status


def shown(task: Task) -> list[str]:
    """Return start and end of the event, and the deadline of the to-do."""
    event, todo = (part.to_ical().decode().split("\r\n") for part in task_components(task, Look(has_todos=True)))
    found = [(event, "DTSTART"), (event, "DTEND"), (todo, "DUE")]
    return [next(line.partition(":")[2] for line in lines if line.startswith(name)) for lines, name in found]


def test_a_step_that_is_due_at_the_end_of_a_day_lasts_all_day_also_where_clocks_change() -> None:
    assert shown(TASK) == ["20260303T153000Z", "20260303T160000Z", "20260303T160000Z"]
    spring = replace(TASK, due_at=datetime(2026, 3, 9, 4, tzinfo=UTC))  # the end of Sunday 8 March in New York
    assert shown(spring) == ["20260308", "20260309", "20260309T035959Z"]
    beirut = replace(
        TASK, zone="Asia/Beirut", due_at=datetime(2026, 3, 28, 22, tzinfo=UTC)
    )  # clocks change at midnight
    assert shown(beirut) == ["20260328", "20260329", "20260328T215959Z"]


def test_minimal_details_show_no_word_of_the_application() -> None:
    look = Look(is_full=False, has_todos=True, has_alarms=True)
    parts = [meeting_event(MEETING, look), *task_components(TASK, look)]
    text = calendar_bytes(CalendarName("x"), parts).decode()
    for word in ("Acme", "Engineer", "Kim", "Ana", "Room", "meet.example", "DESCRIPTION:Round", "Thank"):
        assert word not in text
    assert text.count("SUMMARY:Follow-up due") == 2
