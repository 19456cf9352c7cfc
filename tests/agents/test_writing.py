"""The tools that write: what they record, what they refuse, what they say."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.agents.handlers.writing import NOTHING_NEW
from tests.agents.account import END, START, interviewed_by
from tests.agents.assistant import Assistant
from tests.agents.rows import everything
from tests.conftest import World
from tests.http.api_client import alter, application, contact, items, read, step

pytestmark = pytest.mark.sqlite(profile="quick")

MOVED = "2026-06-05T14:00"


@pytest.mark.own_statements
def test_a_new_application_and_its_fields(assistant: Assistant) -> None:
    given = {"company": "Acme", "role": "Cook", "applied_on": "2026-05-20", "stage": "interviewing"}
    data = assistant.data("save_application", **given)
    id_ = data["ids"]["application_id"]
    assert data["what"] == "Recorded a new application at stage interviewing."
    shown = read(assistant.client, f"/v1/applications/{id_}")
    assert (shown["company"], shown["applied_on"], shown["stage"]) == ("Acme", "2026-05-20", "interviewing")
    assistant.data("save_application", application_id=id_, why_role="Bread.", location="Boston")
    assert assistant.data("save_application", application_id=id_, location="Boston")["what"].startswith(
        "It is recorded"
    )
    said = assistant.refusal("save_application", application_id=id_, location="Paris", why_role="Cake.")
    assert said == (
        "Recorded already: location: ⟦Boston⟧; why_role: ⟦Bread.⟧. If the user wants it changed, call "
        "save_application with replace."
    )
    assistant.data("save_application", application_id=id_, location="Paris", replace=True)
    assert read(assistant.client, f"/v1/applications/{id_}")["location"] == "Paris"


def test_an_application_needs_company_and_role(assistant: Assistant) -> None:
    assert assistant.refusal("save_application", company="Acme").startswith("Send company and role")
    assert "IANA" in assistant.refusal("save_application", company="A", role="B", time_zone="EST5")
    said = assistant.refusal("save_application", company="A", role="B", posting_url="javascript:x")
    assert said == "posting_url wants a web address that begins with https:// or http://."


@pytest.mark.own_statements
def test_a_second_application_for_the_same_role_is_told(assistant: Assistant) -> None:
    first = application(assistant.client, company="Acme", role="Cook")
    data = assistant.data("save_application", company="Acme", role="Cook")
    assert data["warnings"] == [f"It may be the same as application_id {first}: ask the user."]


@pytest.mark.parametrize("stage", ["accepted", "declined", "rejected", "withdrawn", "no_response"])
def test_an_ending_needs_a_yes(assistant: Assistant, stage: str) -> None:
    app, _, _ = interviewed_by(assistant.client)
    question = assistant.question("save_application", application_id=app, stage=stage)
    assert question.message.startswith(f"This ends the application ⟦Larkfield Press⟧, ⟦Editor⟧: {stage}.")
    assert "step 5 References: not applicable" in question.message
    assert read(assistant.client, f"/v1/applications/{app}")["stage"] == "applied"
    given = {"application_id": app, "stage": stage}
    assert "code is not valid" in assistant.refusal("save_application", **given, why_role="x", confirm=question.code)
    assert "not agree: nothing was changed" in assistant.refusal("save_application", **given, agreed=False)
    tried = assistant.data("save_application", **given, dry_run=True)
    assert "This needs the user's yes." in tried["warnings"]
    data = assistant.data("save_application", **given, confirm=question.code)
    assert data["what"] == f"Stage {stage}, since Mon 1 Jun 2026, 08:00 EDT."
    assert {effect["change"] for effect in data["effects"]} == {"not_applicable", "missed"}
    assert read(assistant.client, f"/v1/applications/{app}")["stage"] == stage


def test_a_yes_in_the_client_needs_no_code(assistant: Assistant) -> None:
    app, _, _ = interviewed_by(assistant.client)
    assistant.data("save_application", application_id=app, stage="rejected", agreed=True)
    assert read(assistant.client, f"/v1/applications/{app}")["stage"] == "rejected"


def test_an_old_code_is_refused(assistant: Assistant, world: World) -> None:
    app, _, _ = interviewed_by(assistant.client)
    question = assistant.question("save_application", application_id=app, stage="rejected")
    world.clock.now = world.clock.now.replace(minute=11)
    said = assistant.refusal("save_application", application_id=app, stage="rejected", confirm=question.code)
    assert "older than ten minutes" in said


def test_a_planned_interview_with_people(assistant: Assistant) -> None:
    app = application(assistant.client, time_zone="Europe/Berlin")
    data = assistant.data(
        "record_interview",
        application_id=app,
        start="2026-06-04T14:00",
        end="2026-06-04T15:00",
        kind="video",
        link="https://meet.example.com/7",
        people=[{"full_name": "Ben Sato", "job_title": "CTO", "ask_about_application": True}],
    )
    assert data["what"] == "Recorded an interview on Thu 4 Jun 2026, 14:00 CEST."
    shown = read(assistant.client, f"/v1/interviews/{data['ids']['interview_id']}")
    assert (shown["starts_at"], shown["time_zone"], shown["kind"]) == ("2026-06-04T12:00:00Z", "Europe/Berlin", "video")
    people = items(assistant.client, f"/v1/interviews/{shown['id']}/interviewers")
    assert [one["full_name"] for one in people] == ["Ben Sato"]
    assert read(assistant.client, f"/v1/applications/{app}")["status_contact_id"] == people[0]["contact_id"]
    assert {effect["change"] for effect in data["effects"]} == {"opened"}


def test_an_interview_needs_an_application_and_a_start(assistant: Assistant) -> None:
    app = application(assistant.client)
    assert "application_id for a new interview" in assistant.refusal("record_interview", start=START)
    assert "ask the user for date and time" in assistant.refusal("record_interview", application_id=app)
    assert "time of day" in assistant.refusal("record_interview", application_id=app, start="2026-06-04")
    assert "does not exist" in assistant.refusal("record_interview", application_id=app, start="2027-03-14T02:30")
    said = assistant.refusal("record_interview", application_id=app, start=END, end=START)
    assert said == "end lies before the start: ask the user."


def test_moving_an_interview_overwrites_its_time(assistant: Assistant) -> None:
    app, round_, _ = interviewed_by(assistant.client)
    said = assistant.refusal("record_interview", interview_id=round_, start=MOVED)
    assert "start: Fri 29 May 2026, 10:00 EDT" in said
    data = assistant.data("record_interview", interview_id=round_, start=MOVED, replace=True)
    assert data["what"] == "Changed the interview on Fri 5 Jun 2026, 14:00 EDT: start."
    assert {effect["change"] for effect in data["effects"]} == {"moved"}
    assert "The end moved with the start. → record_interview" in data["warnings"]
    other = application(assistant.client)
    assert "another application" in assistant.refusal("record_interview", interview_id=round_, application_id=other)
    assert app


@pytest.mark.own_statements
def test_an_interview_that_was_held_and_then_one_that_is_cancelled(assistant: Assistant) -> None:
    _, round_, _ = interviewed_by(assistant.client)
    assistant.data("record_interview", interview_id=round_, status="held")
    question = assistant.question("record_interview", interview_id=round_, status="cancelled")
    assert question.message.startswith("This cancels the interview on Fri 29 May 2026, 10:00 EDT.\nIt would change:")
    assistant.data("record_interview", interview_id=round_, status="cancelled", confirm=question.code)
    assert read(assistant.client, f"/v1/interviews/{round_}")["status"] == "cancelled"


@pytest.mark.own_statements
def test_people_are_added_to_an_interview(assistant: Assistant) -> None:
    _, round_, person = interviewed_by(assistant.client)
    data = assistant.data(
        "record_interview",
        interview_id=round_,
        hear_by="2026-06-09",
        people=[{"full_name": "Li"}, {"contact_id": person}],
    )
    assert data["what"].endswith("hear_by, people.")
    assert len(items(assistant.client, f"/v1/interviews/{round_}/interviewers")) == 2


def debrief(round_: str, **more: Any) -> dict[str, Any]:
    return {
        "interview_id": round_,
        "people": [{"full_name": "Ben Sato", "job_title": "CTO", "email": "ben@example.com"}],
        "positives": [{"text": "Laughed.", "wording": "We laughed about proofs."}],
        "concerns": [{"text": "Small team.", "wording": "I led eight freelancers."}],
        "remarks": [{"text": "The specimen book."}],
        "next_stage": "a second talk",
        "contact_from": "2026-06-02",
        "hear_by": "2026-06-09T14:30",
        "at": "2026-05-29T12:00",
        **more,
    }


@pytest.mark.own_statements
def test_a_debrief_records_all_that_was_said(assistant: Assistant) -> None:
    app, round_, _ = interviewed_by(assistant.client)
    data = assistant.data("record_debrief", **debrief(round_, actual_end="2026-05-29T11:10"))
    assert data["what"] == (
        "Recorded the debrief of the interview on Fri 29 May 2026, 10:00 EDT: people 1, positives 1, concerns 1, "
        "remarks 1, next_stage, contact_from, hear_by, actual_end (contact_from Tue 2 Jun 2026, hear_by Tue 9 Jun "
        "2026, 14:30)."
    )
    assert len(data["ids"]["note_ids"]) == 3
    assert len(data["ids"]["contact_ids"]) == 1
    assert {(one["step"], one["change"]) for one in data["effects"]} >= {(1, "done"), (3, "done")}
    assert {one["step"] for one in data["next"]} == {2, 4, 5}
    shown = read(assistant.client, f"/v1/interviews/{round_}")
    assert shown["stage_learned_at"] == "2026-05-29T16:00:00Z"
    assert shown["hear_by"] == {"date": "2026-06-09", "time": "14:30"}
    assert step(assistant.client, app, 3)["state"] == "done"


@pytest.mark.own_statements
def test_a_debrief_overwrites_nothing(assistant: Assistant) -> None:
    _, round_, person = interviewed_by(assistant.client)
    alter(assistant.client, f"/v1/interviews/{round_}", next_stage="A test.", hear_by={"date": "2026-06-08"})
    before = everything(assistant.world)
    for given, said in (
        (
            {"next_stage": "Other"},
            "Recorded already: next_stage: ⟦A test.⟧. If the user wants it changed, call",
        ),
        ({"next_stage_unknown": True}, "Recorded already: next_stage: ⟦A test.⟧"),
        ({"hear_by": "2026-06-10"}, "Recorded already: hear_by: Mon 8 Jun 2026"),
        ({"timing_unknown": True}, "Recorded already: hear_by: Mon 8 Jun 2026"),
        (
            {"people": [{"contact_id": person, "email": "b@example.com"}]},
            "people.0 is ⟦Ana Ruiz⟧, recorded already",
        ),
        ({"people": [{"email": "b@example.com"}]}, "people.0 wants a contact_id"),
        ({"people": [{"full_name": "B", "email": "none"}]}, "people.0.email wants one e-mail address"),
        ({}, "Nothing to record: ask the user"),
        (
            {"positives": [{"text": "x"}], "at": "2026-06-02T10:00"},
            "lies in the future (now: Mon 1 Jun 2026, 08:00",
        ),
    ):
        assert said in assistant.refusal("record_debrief", interview_id=round_, **given)
    data = assistant.data("record_debrief", interview_id=round_, next_stage="A test.", hear_by="2026-06-08")
    assert data["what"] == NOTHING_NEW
    assert everything(assistant.world) == before


def test_a_debrief_does_not_change_whom_to_ask(assistant: Assistant) -> None:
    app, round_, person = interviewed_by(assistant.client)
    alter(assistant.client, f"/v1/applications/{app}", status_contact_id=person)
    ben: dict[str, Any] = {"full_name": "Ben Sato", "ask_about_application": True}
    said = assistant.refusal("record_debrief", interview_id=round_, people=[ben])
    assert said.startswith("people.0: the one to ask is recorded already, ⟦Ana Ruiz⟧.")
    ana = {"contact_id": person, "ask_about_application": True}
    assistant.data("record_debrief", interview_id=round_, people=[ana])
    assistant.data("record_interview", interview_id=round_, people=[ben], replace=True)
    assert read(assistant.client, f"/v1/applications/{app}")["status_contact_id"] != person


@pytest.mark.own_statements
def test_they_would_not_say(assistant: Assistant) -> None:
    _, round_, _ = interviewed_by(assistant.client)
    assistant.data(
        "record_debrief", interview_id=round_, timing_unknown=True, next_stage_unknown=True, no_concerns=True
    )
    shown = read(assistant.client, f"/v1/interviews/{round_}")
    assert (shown["timing_unknown"], shown["next_stage_unknown"]) == (True, True)
    assert shown["no_concerns_at"]


def test_a_person_is_recorded_linked_and_the_one_to_ask(assistant: Assistant) -> None:
    app = application(assistant.client)
    data = assistant.data("save_contact", full_name="Jo Field", phone="+1 212 555 0199", application_id=app)
    id_ = data["ids"]["contact_id"]
    assert [one["contact_id"] for one in items(assistant.client, f"/v1/applications/{app}/contacts")] == [id_]
    assistant.data("save_contact", contact_id=id_, application_id=app, ask_about_application=True)
    assert read(assistant.client, f"/v1/applications/{app}")["status_contact_id"] == id_
    again = assistant.data("save_contact", contact_id=id_, application_id=app, ask_about_application=True)
    assert again["what"] == NOTHING_NEW
    assert "application_id is missing" in assistant.refusal("save_contact", contact_id=id_, ask_about_application=True)
    assert "at least full_name or job_title" in assistant.refusal("save_contact", email="a@example.com")


@pytest.mark.own_statements
@pytest.mark.parametrize("field", ["full_name", "email", "phone"])
def test_a_changed_address_needs_a_yes(assistant: Assistant, field: str) -> None:
    old = {"full_name": "Jo Field", "email": "jo@example.com", "phone": "+1 212 555 0199", "name_verified": True}
    new = {"full_name": "Jo Fields", "email": "jo@evil.example", "phone": "+1 900 555 0100"}[field]
    id_ = contact(assistant.client, **old)
    question = assistant.question("save_contact", contact_id=id_, **{field: new}, replace=True)
    assert f"{field} from ⟦{old[field]}⟧ to ⟦{new}⟧. Letters and calls go there." in question.message
    assistant.data("save_contact", contact_id=id_, **{field: new}, replace=True, confirm=question.code)
    shown = read(assistant.client, f"/v1/contacts/{id_}")
    assert (shown[field], shown["name_verified"]) == (new, False)


@pytest.mark.own_statements
def test_other_details_of_a_person_need_replace_and_missing_ones_nothing(assistant: Assistant) -> None:
    id_ = contact(assistant.client, full_name="Jo", job_title="Recruiter")
    assistant.data("save_contact", contact_id=id_, email="jo@example.com", honorific="Ms")
    assert "job_title: ⟦Recruiter⟧" in assistant.refusal("save_contact", contact_id=id_, job_title="Head")
    assistant.data("save_contact", contact_id=id_, job_title="Head", replace=True)
    assistant.client.post(f"/v1/contacts/{id_}/erase")
    assert "was erased" in assistant.refusal("save_contact", contact_id=id_, full_name="Jo")


def test_contact_with_the_employer(assistant: Assistant) -> None:
    app, _, person = interviewed_by(assistant.client)
    given = {"application_id": app, "direction": "in", "channel": "phone", "outcome": "decision", "contact_id": person}
    data = assistant.data("log_contact_made", **given, at="2026-05-31T10:00", summary="Yes!")
    assert data["what"] == "Recorded contact of Sun 31 May 2026, 10:00 EDT: decision."
    assert "The stage stays as it was: if they decided, record it → save_application stage" in data["warnings"]
    assert read(assistant.client, f"/v1/applications/{app}")["stage"] == "applied"
    said = assistant.refusal("log_contact_made", **{**given, "outcome": "spoke"})
    assert said.startswith("outcome: out takes no_answer")
    moments = {"contact_from": "2026-06-09", "contact_by": "2026-06-08"}
    assert "contact_by lies before contact_from" in assistant.refusal("log_contact_made", **given, **moments)


def test_effects_and_next_steps_are_told_only_to_tokens_that_may_read_steps(world: World, client: TestClient) -> None:
    app, _, _ = interviewed_by(client)
    narrow = Assistant.with_scopes(world, client, "applications:write", "contacts:write")
    given = {"application_id": app, "direction": "out", "channel": "phone", "outcome": "spoke"}
    data = narrow.data("log_contact_made", **given)
    assert data["effects"] == []
    assert "next" not in data


def test_a_part_that_was_recorded_is_told_when_the_rest_is_refused(assistant: Assistant) -> None:
    _, round_, _ = interviewed_by(assistant.client)
    given = {"interview_id": round_, "location": "Room 7", "people": [{"full_name": "Li", "email": "none"}]}
    said = assistant.refusal("record_interview", **given)
    assert said.startswith("A part was recorded, the rest was not: people.0.email wants one e-mail address")
    assert read(assistant.client, f"/v1/interviews/{round_}")["location"] == "Room 7"
