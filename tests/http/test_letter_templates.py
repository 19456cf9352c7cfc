"""Letter templates over HTTP: how they are stored, refused with a line number, and filled in by composing."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.http.api_client import Answer, add, alter, contact, fault, interviewed, items, problem, put, read

pytestmark = pytest.mark.sqlite(profile="quick")

HERE = "/v1/letter-templates"
WORDED = "I halved the time to deploy."
BODY = "Hi {{ interviewers }},\n\n{{ strengths }}\n\n{{ concerns }}\n\nI liked {{ company }}.\n\n{{ signature }}"


@pytest.fixture
def round_(client: TestClient) -> str:
    """An interview with Ana, a positive note and an unanswered concern."""
    app, round_ = interviewed(client)
    ana = contact(client, full_name="Ana Ruiz", honorific="Ms", job_title="CTO", email="ana@example.com")
    put(client, f"/v1/interviews/{round_}/interviewers/{ana}")
    add(client, f"/v1/applications/{app}/notes", interview_id=round_, kind="positive", text="x", wording=WORDED)
    add(client, f"/v1/applications/{app}/notes", interview_id=round_, kind="concern", text="No Go")
    return round_


def template(client: TestClient, **fields: Any) -> str:
    return str(add(client, HERE, **{"name": "Mine", "body": BODY, **fields})["id"])


def composed(client: TestClient, round_: str, **body: Any) -> Answer:
    return add(client, f"/v1/interviews/{round_}/letters/compose", **body)


def test_somebody_elses_templates_are_not_listed_and_fill_no_letter(
    client: TestClient, stranger: TestClient, round_: str
) -> None:
    template(client)
    theirs = template(stranger)
    assert [one["id"] for one in items(stranger, HERE)] == [theirs]
    answer = client.post(f"/v1/interviews/{round_}/letters/compose", json={"template_id": theirs})
    problem(answer, 404, "not_found", "/template_id")


@pytest.mark.own_statements
def test_a_template_is_stored_changed_and_deleted(client: TestClient) -> None:
    made = add(client, HERE, name="Mine", body=BODY)
    assert (made["kind"], made["tone"], made["subject"], made["version"]) == ("thank_you", "formal", None, 1)
    href = f"{HERE}/{made['id']}"
    changed = alter(client, href, subject="Thanks for {{ date }}", kind="chase", tone="friendly")
    assert (changed["subject"], changed["kind"], changed["body"]) == ("Thanks for {{ date }}", "chase", BODY)
    assert read(client, href) == changed
    assert alter(client, href, subject=None)["subject"] is None
    assert client.delete(href).status_code == 204
    assert items(client, HERE) == []


@pytest.mark.parametrize(
    ("field", "source", "code"),
    [
        ("body", "x\n{{ secret }}", "template_unknown_name"),
        ("body", "x\n{{ company|upper }}", "template_not_allowed"),
        ("body", "x\n{% for a in company %}{% endfor %}", "template_not_allowed"),
        ("body", "x\n{{ company.__class__ }}", "template_not_allowed"),
        ("body", "x\n{{ company", "template_syntax"),
        ("subject", "{% if company %}", "template_syntax"),
        ("subject", "{{ secret }}", "template_unknown_name"),
    ],
)
def test_a_template_syntax_error_is_refused_with_its_place_and_reason(
    client: TestClient, field: str, source: str, code: str
) -> None:
    answer = client.post(HERE, json={"name": "Mine", "body": "x", field: source})
    assert fault(answer, f"/{field}") == code
    told = answer.json()["errors"][0]["detail"]
    assert told.startswith("Line 2: " if field == "body" else "Line 1: ")
    assert "{{ name }}" in told
    assert "salutation, thanks, strengths" in told
    assert "secret" not in answer.text
    assert items(client, HERE) == []
    mine = template(client)
    assert fault(client.patch(f"{HERE}/{mine}", json={field: source}), f"/{field}") == code
    assert read(client, f"{HERE}/{mine}")["body"] == BODY


@pytest.mark.parametrize(
    ("field", "value"), [("name", None), ("body", None), ("body", " "), ("kind", "love"), ("tone", "rude")]
)
def test_an_invalid_template_field_is_refused(client: TestClient, field: str, value: object) -> None:
    fault(client.post(HERE, json={"name": "Mine", "body": "x", field: value}), f"/{field}")


def test_a_letter_from_a_template_names_the_notes_of_each_paragraph(client: TestClient, round_: str) -> None:
    letter = composed(client, round_, template_id=template(client, subject="Thanks, {{ company }}"))
    assert letter["body"] == (
        f"Hi Ms Ana Ruiz,\n\nLet me come back to one point from our conversation. {WORDED}\n\n"
        "I liked Acme.\n\nYours sincerely,\nAlex Doe"
    )
    assert letter["subject"] == "Thanks, Acme"
    roles = [(one["role"], len(one["source_note_ids"])) for one in letter["paragraphs"]]
    assert roles == [("template", 0), ("strengths", 1), ("template", 0), ("signature", 0)]
    assert letter["note_ids"] == letter["paragraphs"][1]["source_note_ids"]
    (unanswered,) = letter["unaddressed_concerns"]
    assert letter["missing"] == [f"answer:{unanswered}"]
    assert letter["gaps"] == [{"code": "answer", "subject": {"type": "note", "id": unanswered}}]
    assert (letter["kind"], letter["status"]) == ("thank_you", "draft")


@pytest.mark.own_statements
def test_a_deleted_or_changed_template_changes_no_letter(client: TestClient, round_: str) -> None:
    mine = template(client)
    before = read(client, f"/v1/letters/{composed(client, round_, template_id=mine)['id']}")
    alter(client, f"{HERE}/{mine}", body="Something else.")
    client.delete(f"{HERE}/{mine}")
    assert read(client, f"/v1/letters/{before['id']}") == before
    answer = client.post(f"/v1/interviews/{round_}/letters/compose", json={"template_id": mine})
    problem(answer, 404, "not_found", "/template_id")


def test_kind_and_tone_come_from_the_template_and_another_kind_is_refused(client: TestClient, round_: str) -> None:
    mine = template(client, kind="chase", tone="friendly", body="{{ salutation }}")
    letter = composed(client, round_, template_id=mine)
    assert (letter["kind"], letter["body"]) == ("follow_up", "Hello Ana Ruiz,")
    assert composed(client, round_, template_id=mine, tone="formal")["body"] == "Dear Ms Ana Ruiz,"
    assert composed(client, round_, template_id=mine, kind="chase")["kind"] == "follow_up"
    href = f"/v1/interviews/{round_}/letters/compose"
    answer = client.post(href, json={"template_id": mine, "kind": "thank_you"})
    assert fault(answer, "/kind") == "template_of_another_kind"


def test_a_template_that_gives_an_empty_or_too_long_text_writes_no_letter(client: TestClient, round_: str) -> None:
    app = read(client, f"/v1/interviews/{round_}")["application_id"]
    alter(client, f"/v1/interviews/{round_}", next_stage="a talk " * 2_000)
    href = f"/v1/interviews/{round_}/letters/compose"
    empty, long = template(client, body="{{ concerns }}"), template(client, body="{{ next_stage }}" * 9)
    assert fault(client.post(href, json={"template_id": empty}), "/template_id") == "template_empty"
    assert fault(client.post(href, json={"template_id": long}), "/template_id") == "template_too_long"
    assert items(client, f"/v1/applications/{app}/letters") == []


@pytest.mark.own_statements
def test_the_users_facts_are_never_interpreted_as_a_template(client: TestClient, round_: str) -> None:
    app = read(client, f"/v1/interviews/{round_}")["application_id"]
    text = "{{ company }} {% if role %}x{% endif %} \u202e{{ 7 * 7 }}"
    alter(client, f"/v1/interviews/{round_}", next_stage=text)
    mine = template(client, body="So: {{ next_stage }}", subject="{{ next_stage }}")
    letter = composed(client, round_, template_id=mine)
    assert letter["body"] == f"So: {text}"
    assert letter["subject"] == text.replace("\u202e", "")
    assert len(items(client, f"/v1/applications/{app}/letters")) == 1


def test_a_subject_is_cut_to_200_characters(client: TestClient, round_: str) -> None:
    alter(client, f"/v1/interviews/{round_}", next_stage="a talk " * 200)
    mine = template(client, body="x", subject="{{ next_stage }}")
    assert len(composed(client, round_, template_id=mine)["subject"]) <= 200
