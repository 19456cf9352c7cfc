"""What people read when a request is refused: every answer to a wrong value says what to send."""

import re

import pytest
from fastapi.testclient import TestClient

from tests.http.api_client import Answer, add, application, interview, problem
from tests.words.messages import PAGE, answers, page

JARGON = re.compile(
    r"(?i)dictionary|instance|pattern|regex|input should|should have|after validation|timezone|datetime|boolean|integer"
    r"|\bfloat|\bstring|tuple|(?-i:None)\b|literal|enum\b|\bmodel\b|pars(e|ing)|\bvalid\b|surrogate|\^|\\|\[a-z|extra|ctx"
)
BEGINNINGS = ("Send ", "Use ", "Remove ", "Shorten ", "Leave out ", "Add ", "It cannot be null: send ")
EXPLAINED = ("This is required: send ", "There is no ", "A date alone ", "This password ", "It is derived ")
EXAMPLE = re.compile(
    r"(?i:send) \"\w+\"\.|such as|for example|one of| or |from \d|at least \d|at most [\d,]+|write \w+"
)
WITHOUT_EXAMPLE = ("Remove ", "Shorten ", "There is no field", "This password ", "It is derived ")
AN_INSTANT = 'an instant with its offset from UTC, such as "2026-03-02T10:00:00-05:00"'
A_DATE_ALONE = f"A date alone is not enough: send {AN_INSTANT}."
A_MOMENT = 'Send an object such as {"date": "2026-03-13", "time": "14:30"}.'


def test_the_page_shows_the_answers_of_today() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.words.messages, and read what changed"


def test_every_answer_says_what_to_send_in_plain_words_with_an_example() -> None:
    unclear = []
    for code, detail in answers():
        begins = detail.startswith(BEGINNINGS + EXPLAINED) or (code.startswith("template") and ". Use " in detail)
        shows = EXAMPLE.search(detail) or detail.startswith(WITHOUT_EXAMPLE) or code.startswith("template")
        if not begins or not shows or JARGON.search(detail) or not detail.endswith(".") or "another value" in detail:
            unclear.append(f"{code}: {detail}")
    assert unclear == []


@pytest.mark.parametrize(
    ("body", "pointer", "detail"),
    [
        pytest.param({"email": "mailto:n@x.example"}, "/email", "Leave out mailto: and send the", id="mailto"),
        pytest.param({"email": "Nora <n@x.example>"}, "/email", "Send the address without the name", id="a-name"),
        pytest.param({"full_name": None, "emial": "x"}, "/emial", "There is no field of this name: ", id="misspelt"),
        pytest.param({"fullName": "Nora"}, "/fullName", "There is no field of this name: write full_name.", id="camel"),
        pytest.param({"role": "boss"}, "/role", 'Send one of "interviewer", "hiring_manager", "hr"', id="a-choice"),
        pytest.param({"phone": 5550123}, "/phone", 'Send a text on one line, such as "+1 212 555 0123".', id="a-phone"),
        pytest.param([], "", 'Send an object such as {"full_name": "Ana Ruiz', id="a-list"),
    ],
)
def test_a_wrong_contact_is_answered_with_what_to_send(
    client: TestClient, body: object, pointer: str, detail: str
) -> None:
    assert _told(client.post("/v1/contacts", json=body), pointer).startswith(detail)


def test_dates_links_and_nulls_are_answered_with_what_to_send(client: TestClient) -> None:
    app = application(client)
    href, at = f"/v1/applications/{app}", interview(client, app)
    letter = add(client, f"{href}/letters", sent_at="2026-05-30T10:00:00Z", body="x")["id"]
    sent = [
        ("PATCH", href, {"posting_url": "www.x.example"}, "/posting_url", "Send a web address without spaces that"),
        ("PATCH", f"/v1/interviews/{at}", {"hear_by": "2026-12-05"}, "/hear_by", A_MOMENT),
        ("PATCH", f"/v1/letters/{letter}", {"sent_at": None}, "/sent_at", f"It cannot be null: send {AN_INSTANT}, or"),
        ("POST", f"{href}/offers", {"respond_by": "2026-12-04"}, "/respond_by", A_DATE_ALONE),
        ("POST", f"{href}/offers", {"pay": "62,000"}, "/pay", "Send a number from 0 to 1,000,000,000 without currency"),
        ("POST", f"{href}/letters", {"checklist": {"x": True}}, "/checklist/x", 'Send one of "recipient_named", '),
        ("POST", f"{href}/notes", None, "", 'This is required: send an object such as {"'),
    ]
    for method, address, body, pointer, detail in sent:
        answer = client.request(method, address, json=body) if body is not None else client.request(method, address)
        assert _told(answer, pointer).startswith(detail), (address, body)
    answer = client.get("/v1/queue", params={"due_before": "2026-12-04"})
    assert "such as 2026-03-02T10:00:00" in _told(answer, "due_before")


def _told(answer: object, place: str) -> str:
    document: Answer = problem(answer, 422, "invalid", place)  # type: ignore[arg-type]
    return next(str(e["detail"]) for e in document["errors"] if e.get("pointer", e.get("parameter")) == place)
