"""Invitations: created, moved and cancelled by their UID; their zones; and files of the form of four calendars."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from icalendar.timezone import tzp

from api.words.invitations import invitations
from tests.conftest import World
from tests.http.api_client import application, contact, items, put
from tests.http.api_client import read as get
from tests.imports import Answer, answered, counted, ran, rows, settled, undone, uploaded

KIND = "text/calendar"
BERLIN = """BEGIN:VTIMEZONE
TZID:{name}
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""
TOKYO = """BEGIN:VTIMEZONE
TZID:{name}
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0900
TZOFFSETTO:+0900
END:STANDARD
END:VTIMEZONE
"""


def calendar(event: str, *, zone: str = "", method: str = "REQUEST", **fields: str) -> str:
    more = "".join(f"{name.replace('_', '-').upper()}:{value}\n" for name, value in fields.items())
    text = (
        f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Test//EN\nMETHOD:{method}\n{zone}"
        f"BEGIN:VEVENT\nUID:one@example.com\nDTSTAMP:20260520T080000Z\n{event}{more}END:VEVENT\nEND:VCALENDAR\n"
    )
    return text.replace("\n", "\r\n")


PLAIN = "SUMMARY:Interview at Acme\nDTSTART:20260608T090000Z\nDTEND:20260608T100000Z\nLOCATION:1 Main Street\n"
OUTLOOK = calendar(
    "SUMMARY;LANGUAGE=en-US:Interview Acme\nDTSTART;TZID=W. Europe Standard Time:20260608T110000\n"
    "DTEND;TZID=W. Europe Standard Time:20260608T120000\nLOCATION:Microsoft Teams Meeting\n"
    'ORGANIZER;CN="Kim Lee":mailto:kim@acme.example\n'
    "ATTENDEE;ROLE=REQ-PARTICIPANT;CN=Alex Doe:mailto:user1@example.com\n"
    "X-MICROSOFT-SKYPETEAMSMEETINGURL:https://teams.microsoft.com/l/meetup-join/19%3ameeting\n"
    "DESCRIPTION:Join: https://teams.microsoft.com/l/meetup-join/19%3ameeting\n",
    zone=BERLIN.format(name="W. Europe Standard Time"),
)
GOOGLE = calendar(
    "SUMMARY:Interview with Acme\nDTSTART:20260608T090000Z\nDTEND:20260608T100000Z\n"
    "ORGANIZER;CN=kim@acme.example:mailto:kim@acme.example\n"
    "ATTENDEE;CUTYPE=INDIVIDUAL;PARTSTAT=NEEDS-ACTION;CN=user1@example.com;X-NUM-GUESTS=0:mai\n"
    " lto:user1@example.com\n"
    "X-GOOGLE-CONFERENCE:https://meet.google.com/abc-defg-hij\n"
)
CALENDLY = calendar(
    "SUMMARY:Acme Intro call\nDTSTART:20260608T090000Z\nDTEND:20260608T100000Z\n"
    "LOCATION:https://us02web.zoom.us/j/123?pwd=abc\nDESCRIPTION:Event Name: Intro\\nPowered by Calendly.com\n",
    method="PUBLISH",
)
APPLE = calendar(
    "SUMMARY:Acme\nDTSTART;TZID=Europe/Berlin:20260608T110000\nDTEND;TZID=Europe/Berlin:20260608T120000\n"
    "LOCATION:Acme\\nHauptstr. 1\\nBerlin\nX-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC\nSEQUENCE:1\n",
    zone=BERLIN.format(name="Europe/Berlin"),
)


@pytest.mark.parametrize(
    ("file", "kind", "link"),
    [
        pytest.param(OUTLOOK, "video", "https://teams.microsoft.com/l/meetup-join/19%3ameeting", id="outlook"),
        pytest.param(GOOGLE, "video", "https://meet.google.com/abc-defg-hij", id="google"),
        pytest.param(CALENDLY, "video", "https://us02web.zoom.us/j/123?pwd=abc", id="calendly"),
        pytest.param(APPLE, "onsite", None, id="apple"),
    ],
)
def test_the_invitation_of_a_calendar_becomes_an_interview(
    world: World, client: TestClient, file: str, kind: str, link: str | None
) -> None:
    app = application(client)
    job = uploaded(client, file, KIND)
    assert (job["questions"], counted(job)) == ([], {"new": 1}), rows(client, job)
    ran(world, client, job)
    (made,) = items(client, f"/v1/applications/{app}/interviews")
    assert (made["starts_at"], made["ends_at"]) == ("2026-06-08T09:00:00Z", "2026-06-08T10:00:00Z")
    assert (made["kind"], made["link"]) == (kind, link)


def imported(world: World, client: TestClient, file: str, **params: Any) -> Answer:
    return ran(world, client, uploaded(client, file, KIND, **params))


def test_an_invitation_moves_and_cancels_the_interview_of_its_uid(world: World, client: TestClient) -> None:
    app = application(client)
    imported(world, client, calendar(PLAIN))
    later = PLAIN.replace("T09", "T13").replace("T10", "T14")
    assert counted(uploaded(client, calendar(PLAIN), KIND)) == {"same": 1}
    moved = imported(world, client, calendar(later, sequence="2"))
    assert counted(moved) == {"update": 1, "done": 1}
    (one,) = items(client, f"/v1/applications/{app}/interviews")
    assert (one["starts_at"], len(one["rescheduled_from"])) == ("2026-06-08T13:00:00Z", 1)
    older = uploaded(client, calendar(PLAIN, sequence="1"), KIND)
    assert counted(older) == {"same": 1}
    assert rows(client, older)[0]["warnings"][0]["code"] == "sequence_too_low"
    client.delete(f"/v1/imports/{older['id']}")
    imported(world, client, calendar(later, method="CANCEL", sequence="3"))
    (one,) = items(client, f"/v1/applications/{app}/interviews")
    assert (one["status"], one["cancelled_at"]) == ("cancelled", "2026-05-20T08:00:00Z")


def test_an_update_undone_gives_the_interview_its_former_times(world: World, client: TestClient) -> None:
    app = application(client)
    imported(world, client, calendar(PLAIN))
    before = items(client, f"/v1/applications/{app}/interviews")[0]
    moved = imported(world, client, calendar(PLAIN.replace("T09", "T08"), sequence="2"))
    undone(world, client, moved)
    after = items(client, f"/v1/applications/{app}/interviews")[0]
    unlike = ("version", "etag", "updated_at")
    assert {k: v for k, v in after.items() if k not in unlike} == {k: v for k, v in before.items() if k not in unlike}


def test_a_new_interview_undone_is_gone(world: World, client: TestClient) -> None:
    app = application(client)
    job = imported(world, client, calendar(PLAIN))
    undone(world, client, job)
    assert items(client, f"/v1/applications/{app}/interviews") == []


ODD = PLAIN.replace("DTSTART:", "DTSTART;TZID=Customized Time Zone:").replace(
    "DTEND:", "DTEND;TZID=Customized Time Zone:"
)
ODD = ODD.replace("00Z", "00")
DEFINED = {
    "berlin": (BERLIN, "2026-06-08T07:00:00Z"),
    "tokyo": (TOKYO, "2026-06-08T00:00:00Z"),
    "none": (None, "2026-06-08T13:00:00Z"),
}


@pytest.mark.parametrize(
    "order", [("berlin", "tokyo", "none"), ("tokyo", "berlin", "none"), ("none", "tokyo", "berlin")]
)
def test_a_zone_that_a_file_defines_counts_for_that_file_only(
    world: World, client: TestClient, order: tuple[str, ...]
) -> None:
    app = application(client)
    for number, name in enumerate(order):
        zone, starts_at = DEFINED[name]
        text = calendar(ODD, zone=zone.format(name="Customized Time Zone") if zone else "")
        imported(world, client, text.replace("one@", f"{number}@"))
        found = [one["starts_at"] for one in items(client, f"/v1/applications/{app}/interviews")]
        assert starts_at in found, (name, found)


def test_the_cache_of_the_package_is_never_filled() -> None:
    before = dict(getattr(tzp, "_TZP__tz_cache", {}))
    for zone in (BERLIN, TOKYO):
        invitations(calendar(ODD, zone=zone.format(name="Customized Time Zone")).encode())
    assert dict(getattr(tzp, "_TZP__tz_cache", {})) == before


def test_of_which_application_an_invitation_is(world: World, client: TestClient) -> None:
    apps = [application(client, company="Acme", role=role) for role in ("Engineer", "Writer")]
    job = uploaded(client, calendar(PLAIN), KIND)
    (asked,) = job["questions"]
    assert (asked["code"], {one["value"] for one in asked["options"]}) == ("application", set(apps))
    job = answered(client, job, rows=[{"row_no": 1, "application_id": apps[1]}])
    assert (job["questions"], counted(job)) == ([], {"new": 1})
    client.delete(f"/v1/imports/{job['id']}")
    person = contact(client, full_name="Kim Lee", email="kim@acme.example")
    put(client, f"/v1/applications/{apps[0]}/contacts/{person}", role="hr")
    job = uploaded(client, calendar(PLAIN + "ORGANIZER:mailto:Kim@acme.example\n"), KIND)
    assert rows(client, job)[0]["values"]["application_id"] == apps[0]


def test_people_are_recorded_only_if_that_is_accepted(world: World, client: TestClient) -> None:
    app = application(client)
    job = uploaded(client, OUTLOOK, KIND)
    assert rows(client, job)[0]["values"]["people"] == [{"full_name": "Kim Lee", "email": "kim@acme.example"}]
    job = answered(client, job, rows=[{"row_no": 1, "accept_people": True}])
    job = ran(world, client, job)
    (made,) = items(client, f"/v1/applications/{app}/interviews")
    (person,) = items(client, f"/v1/interviews/{made['id']}/interviewers")
    assert person["full_name"] == "Kim Lee"
    undone(world, client, job)
    assert items(client, "/v1/contacts") == []


@pytest.mark.parametrize(
    ("file", "error"),
    [
        pytest.param(calendar(PLAIN, method="REPLY"), "not_an_invitation", id="reply"),
        pytest.param(calendar(PLAIN, method="COUNTER"), "not_an_invitation", id="counter"),
        pytest.param("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "empty", id="no event"),
        pytest.param("BEGIN:VCALENDAR\r\n" * 2_000, "too_many_rows", id="many components"),
        pytest.param("BEGIN:VEVENT\r\n" * 20, "broken_calendar", id="nested"),
        pytest.param(calendar(PLAIN.replace("T:", "T;TZID=Europe:")), "broken_calendar", id="a zone that is a folder"),
        pytest.param("nothing of the kind", "broken_calendar", id="no calendar"),
        pytest.param("BEGIN:VCALENDAR\r\n" + "X" * 200_000, "broken_calendar", id="one long line"),
    ],
)
def test_a_file_that_is_no_invitation_says_so(world: World, client: TestClient, file: str, error: str) -> None:
    job = settled(world, client, uploaded(client, file, KIND))
    assert (job["state"], job["error"].partition(":")[0]) == ("failed", error)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        pytest.param(PLAIN + "RRULE:FREQ=WEEKLY\n", "recurring", id="recurring"),
        pytest.param(PLAIN.replace("DTSTART:", "DTSTART;TZID=tzone://Microsoft/Custom:"), "broken_time", id="colon"),
        pytest.param(PLAIN.replace("DTEND:20260608", "DTEND:20260610"), "broken_time", id="too long"),
        pytest.param("SUMMARY:Acme\nLOCATION:x\n", "broken_time", id="no start"),
    ],
)
def test_a_meeting_that_cannot_be_imported_is_an_error_of_its_row(client: TestClient, event: str, code: str) -> None:
    application(client)
    job = uploaded(client, calendar(event), KIND)
    assert [one["code"] for one in rows(client, job)[0]["errors"]] == [code], rows(client, job)


def test_a_zone_with_many_onsets_is_read_in_time(world: World, client: TestClient) -> None:
    application(client)
    dates = "".join(f"RDATE:{1900 + n % 200:04}0101T000000\n" for n in range(4_000))
    zone = TOKYO.format(name="Customized Time Zone").replace("TZOFFSETFROM", dates + "TZOFFSETFROM", 1)
    job = uploaded(client, calendar(ODD, zone=zone), KIND)
    assert get(client, f"/v1/imports/{job['id']}")["state"] in ("draft", "analysing")
