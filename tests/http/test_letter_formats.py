"""Formats of a letter over HTTP: chosen by `Accept` or `format`, each with its own ETag."""

import email
import io
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pypdf import PdfReader

from api.words import pdf
from tests.conftest import World
from tests.http.api_client import act, add, alter, application, contact, fault, problem, read
from tests.words import reading

pytestmark = pytest.mark.sqlite  # words and days; other files test the statements on both databases

KINDS = {
    "json": "application/json",
    "text": "text/plain; charset=utf-8",
    "markdown": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "eml": "message/rfc822",
    "mailto": "text/uri-list; charset=utf-8",
    "pdf": "application/pdf",
}
EVERY = pytest.mark.parametrize("kind", KINDS)
KIM = {"full_name": "Kim Lee", "honorific": "Dr", "job_title": "Director", "email": "kim@example.com"}


@pytest.fixture
def letter(client: TestClient) -> str:
    """The path of a draft whose recipient works at a company with special characters in its name."""
    app = application(client, company='Ümläut & Söhne / "x"\\')
    kim = contact(client, **KIM, postal_address="4 Pine Street\nAlbany")
    body = "Dear Dr Lee,\n\nthank you.\n\nYours,\nAlex"
    made = add(client, f"/v1/applications/{app}/letters", subject="Thanks – Monday", body=body, recipients=[kim])
    return f"/v1/letters/{made['id']}"


def test_formats_are_not_revealed_to_those_who_may_not_read_the_letter(
    world: World, letter: str, stranger: TestClient
) -> None:
    nobody = world.anonymous()
    problem(nobody.get(letter, headers={"Accept": "image/png", "Authorization": "Bearer x"}), 401, "unauthorized")
    problem(stranger.get(letter, headers={"Accept": "image/png"}), 404, "not_found")


@EVERY
def test_a_letter_comes_in_the_requested_format(client: TestClient, letter: str, kind: str) -> None:
    asked = client.get(letter, params={"format": kind})
    accepted = client.get(letter, headers={"Accept": KINDS[kind].partition(";")[0]})
    for answer in (asked, accepted):
        assert (answer.status_code, answer.headers["content-type"]) == (200, KINDS[kind])
        assert answer.headers["vary"] == "Accept"
    assert asked.content == accepted.content


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "html"),
        ("application/pdf;q=0.5, message/rfc822", "eml"),
        ("text/html;q=0, text/plain", "text"),
        ("text/*", "text"),
        ("image/png, */*;q=0.1", "json"),
        ("TEXT/MARKDOWN; charset=utf-8", "markdown"),
        ("application/json;q=x", "json"),
    ],
)
def test_the_best_match_of_the_accept_header_is_sent(client: TestClient, letter: str, accept: str, kind: str) -> None:
    answer = client.get(letter, headers={"Accept": accept})
    assert answer.headers["content-type"] == KINDS[kind]


def test_an_unsupported_format_is_refused(client: TestClient, letter: str) -> None:
    answer = client.get(letter, headers={"Accept": "image/png"})
    assert "application/pdf" in problem(answer, 406, "not_acceptable")["detail"]
    assert answer.headers["vary"] == "Accept"
    fault(client.get(letter, params={"format": "docx"}), "format")


def test_each_format_has_its_own_etag(client: TestClient, letter: str) -> None:
    tags = {kind: client.get(letter, params={"format": kind}).headers["etag"] for kind in KINDS}
    assert len(set(tags.values())) == len(KINDS)
    for kind in KINDS:
        for other, tag in tags.items():
            answer = client.get(letter, params={"format": kind}, headers={"If-None-Match": tag})
            assert answer.status_code == (304 if kind == other else 200), (kind, other)
            assert (answer.headers["vary"], answer.headers["etag"]) == ("Accept", tags[kind])
    problem(client.patch(letter, json={"body": "x"}, headers={"If-Match": tags["html"]}), 412, "precondition_failed")
    assert client.patch(letter, json={"body": "x"}, headers={"If-Match": tags["json"]}).status_code == 200
    assert {client.get(letter, params={"format": kind}).headers["etag"] for kind in KINDS}.isdisjoint(tags.values())


def test_the_html_page_shows_sender_and_recipient_and_runs_no_script(client: TestClient, letter: str) -> None:
    answer = client.get(letter, params={"format": "html"})
    to = 'Dr Kim Lee\nDirector\nÜmläut & Söhne / "x"\\\n4 Pine Street\nAlbany'
    head = ["Thanks – Monday", "Alex Doe\nuser1@example.com", "1 June 2026", to, "Thanks – Monday"]
    assert reading.of_page(answer.text) == [*head, "Dear Dr Lee,", "thank you.", "Yours,\nAlex"]
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script" not in policy


def test_a_draft_opens_in_a_mail_program_as_a_draft(client: TestClient, letter: str) -> None:
    answer = client.get(letter, params={"format": "eml"})
    assert answer.headers["content-disposition"] == 'attachment; filename="letter-umlaut-sohne-x.eml"'
    message, text = reading.of_message(answer.content)
    assert (message["X-Unsent"], message["Date"]) == ("1", None)
    assert reading.people_in(message["To"]) == [("Dr Kim Lee", "kim@example.com")]
    assert reading.people_in(message["From"]) == [("Alex Doe", "user1@example.com")]
    assert text == "Dear Dr Lee,\n\nthank you.\n\nYours,\nAlex\n"
    link = client.get(letter, params={"format": "mailto"}).text
    assert reading.of_link(link) == (["kim@example.com"], "Thanks – Monday", text[:-1].replace("\n", "\r\n"))


def test_a_sent_letter_keeps_its_recipients_until_they_are_erased(
    world: World, client: TestClient, letter: str
) -> None:
    act(client, f"{letter}/send", channel="email", sent_at="2026-05-30T02:30:00Z")
    before = {kind: client.get(letter, params={"format": kind}).content for kind in KINDS if kind != "json"}
    kim = read(client, letter)["recipients"][0]["contact_id"]
    alter(client, f"/v1/contacts/{kim}", full_name="Kim Leigh", email="leigh@example.com", postal_address="Elsewhere")
    world.clock.now += timedelta(days=40)
    assert {kind: client.get(letter, params={"format": kind}).content for kind in before} == before
    message = email.message_from_bytes(before["eml"])
    assert (message["X-Unsent"], message["Date"]) == (None, "Sat, 30 May 2026 02:30:00 +0000")
    assert "29 May 2026" in before["text"].decode()  # the day in New York
    assert before["text"].decode().count("kim@example.com") == 0
    assert read(client, letter)["recipients"][0]["company"] == 'Ümläut & Söhne / "x"\\'
    act(client, f"/v1/contacts/{kim}/erase")
    for kind in before:
        assert "kim" not in client.get(letter, params={"format": kind}).text.lower()


def test_a_letter_sent_by_post_shows_the_postal_address_and_no_mail_recipient(client: TestClient, letter: str) -> None:
    act(client, f"{letter}/send", channel="post")
    assert "4 Pine Street\nAlbany" in client.get(letter, params={"format": "text"}).text
    message, _ = reading.of_message(client.get(letter, params={"format": "eml"}).content)
    assert message["To"] is None


def test_a_blank_draft_comes_in_every_format_too(client: TestClient) -> None:
    app = application(client, company="星野光学")
    href = f"/v1/letters/{add(client, f'/v1/applications/{app}/letters')['id']}"
    for kind in KINDS:
        answer = client.get(href, params={"format": kind})
        assert answer.status_code == 200
        if kind in ("eml", "pdf"):
            assert answer.headers["content-disposition"] == f'attachment; filename="letter.{kind}"'


def test_a_pdf_is_one_page_with_the_text(client: TestClient, letter: str) -> None:
    answer = client.get(letter, params={"format": "pdf"})
    assert answer.headers["content-disposition"] == 'attachment; filename="letter-umlaut-sohne-x.pdf"'
    (page,) = PdfReader(io.BytesIO(answer.content)).pages
    assert reading.squeezed("Dear Dr Lee,thank you.") in reading.squeezed(page.extract_text())
    assert (round(page.mediabox.width), round(page.mediabox.height)) == (595, 842)


def test_a_format_with_q_0_is_not_sent(client: TestClient, letter: str) -> None:
    problem(client.get(letter, headers={"Accept": "text/html;q=0"}), 406, "not_acceptable")


def test_without_the_pdf_extra_the_problem_says_how_to_install_it(
    client: TestClient, letter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "IS_AVAILABLE", False)
    asks: list[dict[str, Any]] = [{"params": {"format": "pdf"}}, {"headers": {"Accept": "application/pdf"}}]
    for asked in asks:
        detail = problem(client.get(letter, **asked), 406, "not_acceptable")["detail"]
        assert "html" in detail
        assert "afterword[pdf]" in detail
    other = client.get(letter, headers={"Accept": "application/pdf, text/html;q=0.5"})
    assert other.headers["content-type"] == KINDS["html"]
    assert (
        "application/pdf"
        not in problem(client.get(letter, headers={"Accept": "image/png"}), 406, "not_acceptable")["detail"]
    )


def test_a_letter_that_does_not_fit_a_pdf_is_refused_and_html_is_suggested(client: TestClient) -> None:
    app = application(client)
    people = [contact(client, full_name=f"K{n}", postal_address=f"{n} Dock Street, " * 1_200) for n in range(4)]
    href = f"/v1/letters/{add(client, f'/v1/applications/{app}/letters', recipients=people)['id']}"
    assert "html" in problem(client.get(href, params={"format": "pdf"}), 406, "not_acceptable")["detail"]


@pytest.mark.parametrize(
    "text", ["👩\u200d" * 6_600, "a" + "\u0301" * 19_000, "ل" * 19_000, "क्\u200d" * 6_000, "\u202e\u202d" * 9_000]
)
def test_text_that_is_hard_to_typeset_becomes_a_pdf(client: TestClient, text: str) -> None:
    app = application(client)
    href = f"/v1/letters/{add(client, f'/v1/applications/{app}/letters', body=f'x{text}')['id']}"
    assert client.get(href, params={"format": "pdf"}).status_code == 200
