"""The meetings of one calendar file: what is asked of each, what the answers record, and which are left out."""

from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import application, items
from tests.imports import Answer, answered, counted, ran, rows, undone, uploaded
from tests.imports.test_invitations import KIND, PLAIN, calendar, imported
from tests.imports.test_meetings import part

AT_NINE, PLACE = "DTSTART:20260608T090000Z", "LOCATION:1 Main Street"
ODD_ZONE = "BEGIN:VTIMEZONE\nTZID:Odd\n" + part("20000330T000000", "+0100", "+0200", "FREQ=MONTHLY") + "END:VTIMEZONE"
BROKEN_ZONE = "BEGIN:VTIMEZONE\nTZID:Broken\n" + part("20000330T000000", "CET", "CEST") + "END:VTIMEZONE"
MEETINGS: dict[str, list[str]] = {
    "odd zone": ["DTSTART;TZID=Odd:20260608T090000", "DTEND;TZID=Odd:20260608T093000", PLACE],
    "broken zone": ["DTSTART;TZID=Broken:20260608T090000", PLACE],
    "no kind": [AT_NINE],
    "all day": ["DTSTART;VALUE=DATE:20260608", PLACE],
    "length": [AT_NINE, "DURATION:PT45M", "LOCATION:tel:+15550100"],
    "left out": [AT_NINE, PLACE],
    "cancelled": [AT_NINE, PLACE, "STATUS:CANCELLED"],
    "long link": [AT_NINE, f"LOCATION:https://zoom.us/j/{'1' * 2_000}"],
}


def file_of(meetings: dict[str, list[str]]) -> str:
    """Return a calendar with these meetings, by their UIDs."""
    lines = ["BEGIN:VCALENDAR", "METHOD:PUBLISH", ODD_ZONE, BROKEN_ZONE]
    for uid, more in meetings.items():
        lines += ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260520T080000Z", "SUMMARY:Acme", *more, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).replace("\n", "\r\n").replace("\r\r", "\r")


def planned(client: TestClient, job: Answer) -> dict[str, tuple[str, list[str], list[str]]]:
    """Return the outcome, errors and warnings of each meeting."""
    return {
        row["cells"][0]: (row["outcome"], *([one["code"] for one in row[kind]] for kind in ("errors", "warnings")))
        for row in rows(client, job)
    }


def test_what_meetings_leave_open_is_asked_and_the_answers_are_recorded(world: World, client: TestClient) -> None:
    app = application(client, time_zone="America/Chicago")
    job = uploaded(client, file_of(MEETINGS), KIND)
    assert [(one["code"], one["row_no"], one["field"]) for one in job["questions"]] == [
        ("time_zone", 1, "time_zone"),
        ("kind", 3, "rows"),
    ]
    assert [one["value"] for one in job["questions"][1]["options"]] == ["onsite", "video", "phone", "panel"]
    job = answered(client, job, rows=[{"row_no": 3, "kind": "panel"}, {"row_no": 6, "action": "skip"}])
    job = answered(client, job, time_zone="Asia/Tokyo")
    assert job["questions"] == []
    assert planned(client, job) == {
        "odd zone": ("new", [], []),
        "broken zone": ("new", [], ["zone_assumed"]),
        "no kind": ("new", [], []),
        "all day": ("new", [], ["time_assumed"]),
        "length": ("new", [], []),
        "left out": ("skip", [], []),
        "cancelled": ("skip", [], ["not_restored"]),
        "long link": ("error", ["string_too_long"], []),
    }
    assert counted(ran(world, client, job)) == {"new": 5, "skip": 2, "error": 1, "done": 5}
    found = items(client, f"/v1/applications/{app}/interviews")
    assert sorted((one["kind"], one["starts_at"], one["ends_at"] or "", one["time_zone"]) for one in found) == [
        ("onsite", "2026-06-08T00:00:00Z", "", "Asia/Tokyo"),
        ("onsite", "2026-06-08T00:00:00Z", "2026-06-08T00:30:00Z", "Asia/Tokyo"),
        ("onsite", "2026-06-08T00:00:00Z", "2026-06-08T08:00:00Z", "Asia/Tokyo"),
        ("panel", "2026-06-08T09:00:00Z", "", "Asia/Tokyo"),
        ("phone", "2026-06-08T09:00:00Z", "2026-06-08T09:45:00Z", "Asia/Tokyo"),
    ]


def test_an_invitation_is_of_the_application_with_its_domain_or_of_one_that_is_asked(client: TestClient) -> None:
    postings = {"Acme": "https://careers.acme.co.uk/1", "Other": "https://other.co.uk/1", "Free": "https://gmail.com/1"}
    apps = {name: application(client, company=name, posting_url=url) for name, url in postings.items()}
    broken = application(client, company="Broken", posting_url="https://[broken")
    organisers = {
        "kim@acme.co.uk": apps["Acme"],
        "kim@OTHER.co.uk": apps["Other"],
        "kim@uk": None,
        "kim@gmail.com": None,
        "kim@elsewhere.example": None,
    }
    meetings = {mail: [AT_NINE, PLACE, f"ORGANIZER:mailto:{mail}", "SUMMARY:Chat"] for mail in organisers}
    file = file_of(meetings).replace("SUMMARY:Acme\r\n", "")
    job = uploaded(client, file, KIND)
    found = {row["cells"][0]: row["values"].get("application_id") for row in rows(client, job)}
    assert found == organisers
    asked = [(one["code"], {option["value"] for option in one["options"]}) for one in job["questions"]]
    assert asked == [("application", {broken, *apps.values()})] * 3


def test_a_cancelled_meeting_that_is_sent_again_takes_place_again(world: World, client: TestClient) -> None:
    app = application(client)
    imported(world, client, calendar(PLAIN))
    imported(world, client, calendar("", method="CANCEL", sequence="1"))
    (one,) = items(client, f"/v1/applications/{app}/interviews")
    assert (one["status"], one["cancelled_at"]) == ("cancelled", "2026-05-20T08:00:00Z")
    assert counted(uploaded(client, calendar("", method="CANCEL", sequence="2"), KIND)) == {"same": 1}
    again = imported(world, client, calendar(PLAIN, sequence="2"))
    assert counted(again) == {"update": 1, "done": 1}, rows(client, again)
    (one,) = items(client, f"/v1/applications/{app}/interviews")
    assert (one["status"], one["cancelled_at"], one["starts_at"]) == ("scheduled", None, "2026-06-08T09:00:00Z")
    undone(world, client, again)
    (one,) = items(client, f"/v1/applications/{app}/interviews")
    assert (one["status"], one["cancelled_at"]) == ("cancelled", "2026-05-20T08:00:00Z")


def test_an_invitation_that_no_longer_fits_the_account_is_left_undone(world: World, client: TestClient) -> None:
    app, deleted = application(client), application(client, company="Deleted")
    imported(world, client, calendar(PLAIN, sequence="1"))
    moved = uploaded(client, calendar(PLAIN.replace("T09", "T08"), sequence="2"), KIND)
    other = uploaded(client, calendar(PLAIN).replace("one@", "two@"), KIND, application_id=deleted)
    later = uploaded(client, calendar(PLAIN.replace("T09", "T07"), sequence="3"), KIND)
    assert client.delete(f"/v1/applications/{deleted}").status_code == 204
    assert counted(ran(world, client, later)) == {"update": 1, "done": 1}
    assert counted(ran(world, client, moved)) == {"update": 1, "changed": 1}
    assert counted(ran(world, client, other)) == {"new": 1, "changed": 1}
    assert items(client, f"/v1/applications/{app}/interviews")[0]["starts_at"] == "2026-06-08T07:00:00Z"


def test_people_who_cannot_be_contacts_are_not_proposed(world: World, client: TestClient) -> None:
    app = application(client)
    people = {"kim@acme.example": "Kim \u202eLee", "a@b@c": "Two Signs", "no one@acme.example": "A Space"}
    lines = "".join(f"ATTENDEE;CN={name}:mailto:{mail}\n" for mail, name in people.items())
    lines += "ATTENDEE:mailto:sam@acme.example\nATTENDEE;CN=Room;CUTYPE=ROOM:mailto:room@acme.example\n"
    job = uploaded(client, calendar(PLAIN + lines), KIND)
    job = answered(client, job, rows=[{"row_no": 1, "accept_people": True}])
    wanted = [{"full_name": None, "email": "sam@acme.example"}]
    assert rows(client, job)[0]["values"]["people"] == wanted
    assert counted(ran(world, client, job)) == {"new": 1, "done": 1}
    (met,) = items(client, f"/v1/applications/{app}/interviews")
    interviewers = [one["contact_id"] for one in items(client, f"/v1/interviews/{met['id']}/interviewers")]
    contacts = items(client, "/v1/contacts")
    assert interviewers == [one["id"] for one in contacts]
    assert [{name: one[name] for name in ("full_name", "email")} for one in contacts] == wanted


def test_an_update_sets_start_end_and_zone_together(world: World, client: TestClient) -> None:
    app = application(client)

    def times(sequence: str, start: str, end: str) -> tuple[str, ...]:
        event = f"SUMMARY:Acme\nLOCATION:Here\nDTSTART{start}\nDTEND{end}\n"
        imported(world, client, calendar(event, sequence=sequence))
        (one,) = items(client, f"/v1/applications/{app}/interviews")
        return one["start_local"], one["starts_at"], one["ends_at"], one["time_zone"]

    nine, eight, ten = "2026-06-08T13:00:00Z", "2026-06-08T12:00:00Z", "2026-06-08T14:00:00Z"
    assert [
        times("1", ":20260608T130000Z", ":20260608T140000Z"),
        times("2", ":20260608T120000Z", ":20260608T140000Z"),
        times("3", ";TZID=Europe/Berlin:20260608T140000", ";TZID=Europe/Berlin:20260608T160000"),
    ] == [
        ("2026-06-08T09:00:00", nine, ten, "America/New_York"),
        ("2026-06-08T08:00:00", eight, ten, "America/New_York"),
        ("2026-06-08T14:00:00", eight, ten, "Europe/Berlin"),
    ]
