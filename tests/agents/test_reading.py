"""The tools that read, on a real account."""

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.agents.delimiters import outside
from tests.agents.account import interviewed_by, reference
from tests.agents.assistant import Assistant
from tests.conftest import World
from tests.http.api_client import UNKNOWN, add, alter, application, contact, interview, put

pytestmark = pytest.mark.sqlite

LATER = ["references", "contacts_made", "offers"]
NOW = "Now: Mon 1 Jun 2026, 08:00 EDT."


def test_due_tells_what_is_overdue_why_and_what_to_do(assistant: Assistant) -> None:
    app, round_, _ = interviewed_by(assistant.client)
    answer = assistant.call("due")
    assert answer.text.startswith(NOW)
    assert "overdue, " in answer.text.splitlines()[1]
    data = assistant.data("due")
    first = data["items"][0]
    assert data["now"] == "Mon 1 Jun 2026, 08:00 EDT"
    assert data["counts"] == {"overdue": 4, "open": 2, "upcoming": 1}
    assert (first["application_id"], first["company"], first["role"]) == (app, "Larkfield Press", "Editor")
    assert {item["step"] for item in data["items"]} == {1, 2, 3, 4, 5, 7}
    letter = next(item for item in data["items"] if item["step"] == 4)
    assert letter["state"] == "overdue"
    assert letter["due"] == "11:00 on Sat 30 May 2026 (EDT)"
    assert letter["tool"] == "draft_letter"
    assert letter["arguments"] == {"interview_id": round_}
    assert letter["missing"] == ["the thank-you letter"]
    assert "A thank-you letter is due within 24 hours" in letter["why"]
    entries = re.split(r"\n\d\. ", answer.text)[1:]
    assert all(1 <= len(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", entry)) <= 2 for entry in entries)


def test_due_tells_step_7_once_for_all_applications(assistant: Assistant) -> None:
    for company in ("Acme", "Binary", "Cobalt"):
        interview(assistant.client, application(assistant.client, company=company))
    data = assistant.data("due", limit=50)
    searches = [item for item in data["items"] if item["step"] == 7]
    assert [item["also_in_applications"] for item in searches] == [2]
    assert "and 2 other applications" in assistant.text("due", limit=50)
    assert len(assistant.data("due", step=7)["items"]) == 3


def test_due_ahead_adds_what_comes_and_pages_lose_nothing(assistant: Assistant) -> None:
    app, _, _ = interviewed_by(assistant.client)
    wanted = [item["step_id"] for item in assistant.data("due", ahead=7, limit=50)["items"]]
    assert 6 in {item["step"] for item in assistant.data("due", ahead=7, limit=50)["items"]}
    assert 6 not in {item["step"] for item in assistant.data("due")["items"]}
    for limit in (1, 2, 5):
        found: list[str] = []
        page = assistant.data("due", ahead=7, limit=limit)
        for _ in range(20):
            found += [item["step_id"] for item in page["items"]]
            if "next_cursor" not in page:
                break
            assert "counts" in page or found
            page = assistant.data("due", ahead=7, limit=limit, cursor=page["next_cursor"])
        assert found == wanted
    assert assistant.data("due", application_id=app, step=4)["items"][0]["step"] == 4


def test_due_refuses_the_cursor_of_another_list(assistant: Assistant) -> None:
    interviewed_by(assistant.client)
    cursor = assistant.data("due", limit=1)["next_cursor"]
    assert assistant.refusal("due", limit=1, step=4, cursor=cursor).endswith("Start without cursor.")


def test_nothing_is_due(assistant: Assistant) -> None:
    assert assistant.text("due").endswith("Nothing is due.")


def full(client: TestClient) -> tuple[str, str, str]:
    """Record an application with a fact of every kind that the picture shows; return the ids."""
    app, round_, person = interviewed_by(client, applied_on="2026-05-20", why_role="Books.")
    alter(client, f"/v1/applications/{app}", status_contact_id=person)
    note = {"interview_id": round_, "kind": "positive", "text": "Laughed.", "wording": "We did."}
    add(client, f"/v1/applications/{app}/notes", **note)
    add(client, f"/v1/interviews/{round_}/letters/compose")
    client.put(f"/v1/applications/{app}/references/{reference(client)}", json={})
    follow_up = {"direction": "in", "channel": "phone", "outcome": "status", "hear_by": {"date": "2026-06-09"}}
    add(client, f"/v1/applications/{app}/follow-ups", **follow_up)
    add(client, f"/v1/applications/{app}/offers", respond_by="2026-06-20T16:00:00Z")
    return app, round_, person


def test_the_whole_picture_of_an_application(assistant: Assistant) -> None:
    app, round_, person = full(assistant.client)
    answer = assistant.call("application", application_id=app)
    for piece in (
        "⟦Larkfield Press⟧, ⟦Editor⟧ · stage applied · employer's zone America/New_York",
        "applied_on: Wed 20 May 2026",
        "why_role: ⟦Books.⟧",
        f"1. onsite, scheduled, Fri 29 May 2026, 10:00 EDT · interview_id {round_}",
        f"There: ⟦Ana Ruiz⟧ contact_id {person}",
        "positive: ⟦Laughed.⟧ → in a letter: ⟦We did.⟧",
        "thank_you, draft ⟦Thank you – Editor⟧ to ⟦Ana Ruiz⟧ · letter_id",
        "⟦Robin Okafor⟧ · not told yet · details not given · reference_id",
        "in, phone, status · they answer by Tue 9 Jun 2026",
        "received Mon 1 Jun 2026, 08:00 EDT · answer by Sat 20 Jun 2026, 12:00 EDT · not answered yet",
        f"The one to ask: ⟦Ana Ruiz⟧ contact_id {person}",
    ):
        assert piece in answer.text, answer.text
    data = answer.structure or {}
    assert {
        "now",
        "application",
        "steps",
        "rounds",
        "notes",
        "letters",
        "references",
        "contacts_made",
        "offers",
    } <= set(data)
    assert data["notes"] == [
        {"kind": "positive", "text": "Laughed.", "wording": "We did.", "interview_id": round_},
    ]


def test_an_application_is_found_by_a_company_that_fits_one(assistant: Assistant) -> None:
    client = assistant.client
    lark = application(client, company="Larkfield Press")
    acme = application(client, company="Acme")
    application(client, company="Acme Robotics")
    assert assistant.data("application", application_id="lark")["application"]["application_id"] == lark
    assert assistant.data("application", application_id="ACME")["application"]["application_id"] == acme
    several = assistant.refusal("application", application_id="acm")
    assert several.count("application_id") == 2
    assert "⟦Acme Robotics, Engineer⟧" in several
    assert "No application fits" in assistant.refusal("application", application_id="zebra")


def test_steps_as_they_will_stand(assistant: Assistant) -> None:
    app, _, _ = interviewed_by(assistant.client)
    later = assistant.data("application", application_id=app, as_of="2026-06-20T09:00")
    assert {step["state"] for step in later["steps"] if step["step"] == 6} == {"overdue"}
    assert "Say the time of day too" in assistant.refusal("application", application_id=app, as_of="2026-06-20")


def test_cards_for_a_call_and_a_talk(assistant: Assistant) -> None:
    client = assistant.client
    app, round_, person = interviewed_by(client)
    alter(client, f"/v1/applications/{app}", status_contact_id=person)
    card = assistant.call("application", application_id=app, view="call_card")
    assert f"Whom: ⟦Ana Ruiz⟧ ⟦Head of production⟧ ⟦ana@example.com⟧ · contact_id {person}" in card.text
    assert "There: Monday, 1 June 2026 at 08:00, office hours 09:00 to 17:00 (closed now)" in card.text
    assert f"log_contact_made application_id={app}" in card.text
    assert "No interview lies ahead" in assistant.refusal("application", application_id=app, view="prep_card")
    ahead = interview(client, app, starts_at="2026-06-08T14:00:00Z", location="Room 7")
    talk = assistant.call("application", application_id=app, view="prep_card")
    assert f"Mon 8 Jun 2026, 10:00 EDT · ⟦Room 7⟧ · interview_id {ahead}" in talk.text
    assert "Nobody is recorded for it" in talk.text
    assert round_ not in talk.text


def test_cards_name_what_is_to_be_found_out(assistant: Assistant) -> None:
    client = assistant.client
    app = application(client)
    card = assistant.text("application", application_id=app, view="call_card")
    assert "Whom: nobody is chosen; ask the user." in card
    ahead = interview(client, app, starts_at="2026-06-08T14:00:00Z")
    person = contact(client, full_name="Li", email=None)
    put(client, f"/v1/interviews/{ahead}/interviewers/{person}")
    talk = assistant.text("application", application_id=app, view="prep_card")
    reach = "an e-mail address, a telephone number or a postal address"
    assert f"Find out: the job title, {reach} of ⟦Li⟧ · contact_id {person}" in talk


def test_the_person_to_ask_is_named_although_they_are_in_no_list(assistant: Assistant) -> None:
    app, person = application(assistant.client), contact(assistant.client, full_name="Jo Field")
    alter(assistant.client, f"/v1/applications/{app}", status_contact_id=person)
    asked = f"The one to ask: ⟦Jo Field⟧ contact_id {person}"
    assert asked in assistant.text("application", application_id=app)


def test_more_than_50_of_a_kind_are_told(assistant: Assistant) -> None:
    app = application(assistant.client)
    for number in range(51):
        add(assistant.client, f"/v1/applications/{app}/notes", kind="general", text=f"{number}")
    text = assistant.text("application", application_id=app)
    assert text.count("general: ") == 50
    assert "… and more than 50: `find` has them." in text


def test_find_gives_ids_of_five_kinds(assistant: Assistant) -> None:
    client = assistant.client
    app, round_, person = interviewed_by(client, why_role="zebra stripes")
    alter(client, f"/v1/contacts/{person}", notes="likes a zebra")
    robin = reference(client, relation="zebra keeper")
    note = add(client, f"/v1/applications/{app}/notes", interview_id=round_, kind="general", text="A zebra came by.")[
        "id"
    ]
    letter = add(client, f"/v1/applications/{app}/letters", subject="Your zebra")["id"]
    data = assistant.data("find", words="zebra")
    assert {item["kind"]: item["id"] for item in data["items"]} == {
        "application": app,
        "contact": person,
        "reference": robin,
        "note": note,
        "letter": letter,
    }
    assert [item["id"] for item in assistant.data("find", words="zebra", kind="note")["items"]] == [note]
    assert f"note ⟦Larkfield Press⟧: ⟦A zebra came by.⟧ · id {note}" in assistant.text("find", words="zebra")
    page = assistant.data("find", words="zebra", limit=2)
    assert len(page["items"]) == 2
    assert len(assistant.data("find", words="zebra", limit=20, cursor=page["next_cursor"])["items"]) == 3
    assert "Nothing found" in assistant.text("find", words="quagga")
    assert "has no word to look for" in assistant.refusal("find", words="…")


def test_find_shows_people_only_to_whom_may_see_them(world: World, client: TestClient) -> None:
    interviewed_by(client)
    narrow = Assistant.with_scopes(world, client, "applications:read")
    assert [item["kind"] for item in narrow.data("find", words="larkfield")["items"]] == ["application"]
    assert narrow.data("find", words="ruiz")["items"] == []
    assert "preset `agent_reader`" in narrow.refusal("find", words="ruiz", kind="contact")


def test_a_step_is_explained_with_rules_settings_and_facts(assistant: Assistant) -> None:
    app, round_, _ = interviewed_by(assistant.client)
    add(assistant.client, f"/v1/applications/{app}/letters", interview_id=round_, sent_at="2026-05-29T20:00:00Z")
    steps = assistant.data("application", application_id=app)["steps"]
    step = next(one for one in steps if one["step"] == 4)
    answer = assistant.call("explain_step", step_id=step["step_id"])
    assert "step 4 Thank-you letter: done. Done at 16:00 on Fri 29 May 2026 (EDT)" in answer.text
    assert (
        "elapsed_hours(end=Fri 29 May 2026, 11:00 EDT, thank_you_hours=24) → Sat 30 May 2026, 11:00 EDT" in answer.text
    )
    data: dict[str, Any] = dict(answer.structure or {})
    assert {"name": "thank_you_hours", "value": 24, "origin": "system"} in data["policy"]
    assert [fact["type"] for fact in data["facts"]] == ["letter"]
    assert "⟦" not in answer.text


@pytest.mark.parametrize(
    ("tool", "argument", "noun"),
    [("application", "application_id", "application"), ("explain_step", "step_id", "step")],
)
def test_what_is_not_there(assistant: Assistant, stranger: TestClient, tool: str, argument: str, noun: str) -> None:
    theirs, _, _ = interviewed_by(stranger)
    for id_ in (UNKNOWN, theirs):
        said = assistant.refusal(tool, **{argument: id_})
        assert said == f"There is no such {noun} in this account: `find` or `application` has the ids."


def test_a_large_account_fits_into_an_answer(assistant: Assistant) -> None:
    client = assistant.client
    app, round_, _ = interviewed_by(client, posting_text="x" * 5_000)
    for number in range(45):
        add(client, f"/v1/applications/{app}/notes", interview_id=round_, kind="general", text=f"{number} " + "é" * 900)
    answer = assistant.call("application", application_id=app)
    assert "(cut: 5,000 characters, whole in afterword://applications/" in answer.text
    assert answer.text.endswith("… more is recorded than fits here.")
    assert len(outside(answer.text)) < 4_000


WIDE = "𝕬" * 200  # four bytes each


def test_nothing_is_lost_when_an_answer_has_no_room(assistant: Assistant) -> None:
    client = assistant.client
    for number in range(12):
        interview(client, application(client, company=f"{number} zebra {WIDE[:180]}", role=WIDE))
    for tool, given in (("due", {"limit": 50, "ahead": 7}), ("find", {"words": "zebra", "limit": 20})):
        found: list[str] = []
        page = assistant.data(tool, **given)
        assert "next_cursor" in page
        while True:
            found += [item["step_id"] if tool == "due" else item["id"] for item in page["items"]]
            if "next_cursor" not in page:
                break
            page = assistant.data(tool, **given, cursor=page["next_cursor"])
        assert len(set(found)) == len(found)
        assert len(found) == 12 if tool == "find" else len(found) >= 12 * 6


def test_every_answer_has_room_for_the_longest_texts(assistant: Assistant) -> None:
    client = assistant.client
    app = application(client, company=WIDE, role=WIDE, posting_text="𝕬" * 20_000, why_role="𝕬" * 20_000)
    round_ = interview(client, app, location=WIDE, next_stage="𝕬" * 20_000)
    for _ in range(20):
        add(client, f"/v1/applications/{app}/notes", interview_id=round_, kind="positive", text="𝕬" * 9_000)
    for _ in range(30):
        reference(client, name=WIDE)
    letter = add(client, f"/v1/applications/{app}/letters", interview_id=round_, body="𝕬" * 20_000)["id"]
    picture = assistant.data("application", application_id=app)
    assert "notes" in picture["left_out"]
    assert "(cut: 20,000 characters" in assistant.text("draft_letter", letter_id=letter)
    assert assistant.refusal("brief_reference", application_id=app).count("reference_id") > 20
    assistant.call("draft_letter", interview_id=round_)
    assistant.call("record_debrief", interview_id=round_, next_stage="Other.")
    assistant.call("save_application", application_id=app, why_role="Other.")
