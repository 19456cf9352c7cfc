"""Composed letters over HTTP: made from notes, checked, edited and sent."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.http.api_client import Answer, act, add, alter, contact, fault, interviewed, problem, put, read, step

pytestmark = pytest.mark.sqlite

WORDED = "I halved the time to deploy."


@pytest.fixture
def talk(client: TestClient) -> Answer:
    """An interview with one interviewer, a positive note, an answered concern and an open concern."""
    app, round_ = interviewed(client)
    alter(client, f"/v1/applications/{app}", why_role="I like small teams", why_company="Acme answers its own phone.")
    alter(client, f"/v1/interviews/{round_}", next_stage="a second talk", hear_by={"date": "2026-06-12"})
    ana = contact(client, full_name="Ana Ruiz", honorific="Ms", job_title="CTO", email="ana@example.com")
    put(client, f"/v1/interviews/{round_}/interviewers/{ana}")
    notes = f"/v1/applications/{app}/notes"
    made = {
        "strength": add(client, notes, interview_id=round_, kind="positive", text="Deploys", wording=WORDED)["id"],
        "answered": add(
            client, notes, interview_id=round_, kind="concern", text="No Go", wording="I read Go every day."
        )["id"],
        "open": add(client, notes, interview_id=round_, kind="concern", text="Too old for them?")["id"],
    }
    return {"app": app, "interview": round_, "ana": ana, **made}


def composed(client: TestClient, talk: Answer, **body: Any) -> Answer:
    return add(client, f"/v1/interviews/{talk['interview']}/letters/compose", **body)


def codes(client: TestClient, letter: Answer) -> dict[str, str]:
    found = read(client, f"/v1/letters/{letter['id']}/check")["findings"]
    return {finding["code"]: finding["severity"] for finding in found}


def test_a_letter_is_made_from_notes_and_names_the_notes_of_each_paragraph(client: TestClient, talk: Answer) -> None:
    letter = composed(client, talk)
    assert letter["body"].startswith("Dear Ms Ana Ruiz,\n\nThank you for taking the time on Friday, 29 May 2026")
    assert "Too old" not in letter["body"]
    rests = {one["role"]: one["source_note_ids"] for one in letter["paragraphs"]}
    assert rests["strengths"] == [talk["strength"]]
    assert rests["concerns"] == [talk["answered"]]
    assert letter["missing"] == ["specific", f"answer:{talk['open']}"]
    assert letter["unaddressed_concerns"] == [talk["open"]]
    assert letter["note_ids"] == [talk["strength"], talk["answered"]]
    assert (letter["status"], letter["kind"], letter["interview_id"]) == ("draft", "thank_you", talk["interview"])
    assert [one["contact_id"] for one in letter["recipients"]] == [talk["ana"]]
    assert letter["suggested_channel"]["channel"] == "email"
    stored = read(client, f"/v1/letters/{letter['id']}")
    assert {name: letter[name] for name in stored} == stored


def test_the_same_notes_give_the_same_text(client: TestClient, talk: Answer) -> None:
    assert composed(client, talk)["body"] == composed(client, talk)["body"]


def test_a_missing_title_names_the_contact(client: TestClient, talk: Answer) -> None:
    untitled = contact(client, full_name="Kim Lee")
    letter = composed(client, talk, kind="ask_name", recipients=[untitled])
    assert letter["missing"] == [f"recipient_title:{untitled}"]
    assert letter["gaps"] == [{"code": "recipient_title", "subject": {"type": "contact", "id": untitled}}]


def test_an_edited_letter_keeps_the_notes_of_its_unchanged_paragraphs(client: TestClient, talk: Answer) -> None:
    letter = composed(client, talk)
    body = letter["body"].replace("I read Go every day.", "I read Go every day, and write it at weekends.")
    found = alter(client, f"/v1/letters/{letter['id']}", body=body)["paragraphs"]
    rests = [(one["role"], one["source_note_ids"]) for one in found]
    assert ("strengths", [talk["strength"]]) in rests
    assert ("own", []) in rests
    assert talk["answered"] not in str(rests)
    assert alter(client, f"/v1/letters/{letter['id']}", subject="Thanks")["paragraphs"] == found


@pytest.mark.parametrize(
    "kind", ["follow_up", "chase", "ask_next_stage", "ask_name", "missed_appointment", "withdrawal"]
)
def test_other_letters_complete_no_thank_you(client: TestClient, talk: Answer, kind: str) -> None:
    letter = composed(client, talk, kind=kind, tone="friendly")
    act(client, f"/v1/letters/{letter['id']}/send", channel="email")
    assert step(client, talk["app"], 4)["state"] == "overdue"


def test_a_letter_can_go_to_somebody_who_is_not_an_interviewer(client: TestClient, talk: Answer) -> None:
    hr = contact(client, full_name="Kim Lee", job_title="HR")
    letter = composed(client, talk, kind="ask_name", recipients=[hr])
    assert letter["body"].startswith("Dear Kim Lee,")
    assert letter["suggested_channel"]["channel"] == "hand"


def test_another_users_contact_cannot_be_a_recipient(client: TestClient, talk: Answer, stranger: TestClient) -> None:
    theirs = contact(stranger)
    answer = client.post(f"/v1/interviews/{talk['interview']}/letters/compose", json={"recipients": [theirs]})
    assert problem(answer, 404, "not_found")["errors"][0]["pointer"] == "/recipients/0"


@pytest.mark.parametrize(("field", "value"), [("kind", "love"), ("tone", "rude"), ("recipients", ["x"] * 21)])
def test_an_invalid_compose_request_writes_nothing(client: TestClient, talk: Answer, field: str, value: object) -> None:
    answer = client.post(f"/v1/interviews/{talk['interview']}/letters/compose", json={field: value})
    fault(answer, f"/{field}")
    assert read(client, f"/v1/applications/{talk['app']}/letters")["items"] == []


def test_notes_too_long_for_a_letter_are_refused(client: TestClient, talk: Answer) -> None:
    for _ in range(2):
        long = {"kind": "positive", "text": "x", "wording": "long words " * 1_700}
        add(client, f"/v1/applications/{talk['app']}/notes", interview_id=talk["interview"], **long)
    answer = client.post(f"/v1/interviews/{talk['interview']}/letters/compose", json={})
    assert "wording" in problem(answer, 422, "invalid")["detail"]


def test_a_check_lists_its_findings_and_whether_the_letter_may_be_sent(client: TestClient, talk: Answer) -> None:
    letter = composed(client, talk)
    assert codes(client, letter) == {"name_not_verified": "advice", "open_concern": "warning"}
    alter(client, f"/v1/contacts/{talk['ana']}", name_verified=True)
    alter(client, f"/v1/notes/{talk['open']}", address_in_letter=False)
    assert codes(client, letter) == {}
    assert read(client, f"/v1/letters/{letter['id']}/check")["may_be_emailed"] is True


def test_an_unfilled_blank_blocks_sending_by_e_mail_only(client: TestClient, talk: Answer) -> None:
    letter = composed(client, talk)
    href = f"/v1/letters/{letter['id']}"
    alter(client, href, body="Dear [Name],\n\nthank you.")
    found = read(client, f"{href}/check")
    assert found["may_be_emailed"] is False
    assert {"code": "placeholder_left", "severity": "error", "where": "paragraph:0"}.items() <= next(
        one for one in found["findings"] if one["code"] == "placeholder_left"
    ).items()
    assert fault(client.post(f"{href}/send", json={"channel": "email"}), "/channel") == "placeholder_left"
    assert read(client, href)["status"] == "draft"
    assert act(client, f"{href}/send", channel="hand")["status"] == "sent"


def test_the_name_of_another_applications_company_is_reported(client: TestClient, talk: Answer) -> None:
    add(client, "/v1/applications", company="Globex", role="Clerk")
    letter = composed(client, talk)
    assert "other_company" not in codes(client, letter)
    alter(client, f"/v1/letters/{letter['id']}", body=letter["body"] + "\n\nI have always admired Globex.")
    assert codes(client, letter)["other_company"] == "warning"
