"""Letters in every format, parsed again: texts of users come out unchanged and never as markup."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_string
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.words import letter_mail, letter_sheet
from api.words.letter_sheet import Addressee, Sheet, line, plain
from api.words.material import Paragraph
from api.words.pdf import letter_pdf
from tests.drawing import drawn
from tests.words import reading
from tests.words.corpus import CORPUS, TONES, letters, talk
from tests.words.reading import HOSTILE

EVERY = pytest.mark.parametrize("name", CORPUS)
SENT = datetime(2026, 3, 2, 20, tzinfo=UTC)
TEXTS = pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))


def letter_sheets(name: str) -> list[Sheet]:
    """Return the letters of an interview of the corpus as sheets."""
    met = talk(name)
    people = [
        Addressee(
            name=one.printed, title=one.title, company=met.company, postal_address="4 Pine St\nAlbany", email=one.email
        )
        for one in met.interviewers
    ]
    return [
        Sheet(
            sender=met.me,
            sender_email="me@example.com",
            date="2 March 2026",
            to=people[number : number + 1],
            subject=draft.subject,
            paragraphs=draft.paragraphs,
        )
        for tone in TONES
        for number, draft in enumerate(letters(name, tone))
    ]


def hostile(text: str) -> Sheet:
    """Return a letter in which every text of the user is the same text."""
    one = Addressee(name=text, title=text, company=text, postal_address=text, email="a@example.com")
    return Sheet(
        sender=text,
        sender_email="me@example.com",
        date="2 March 2026",
        to=[one, replace(one, email="b@example.com")],
        subject=text,
        paragraphs=[Paragraph(text, "own"), Paragraph(f"Yours,\n{text}", "signature")],
    )


def assert_whole(letter: Sheet) -> None:
    """Check that all formats but PDF contain the complete letter."""
    body = letter.body
    assert reading.of_page(letter_sheet.page(letter)) == reading.expected_texts(letter)
    assert letter_sheet.text(letter).endswith(f"{body}\n")
    message, text = reading.of_message(letter_mail.eml(letter))
    assert text == f"{body}\n"
    to = [("To", reading.addressed(*letter.to))] if letter.to else []
    expected = [("From", [(line(letter.sender), letter.sender_email)]), *to]
    assert [(name, reading.people_in(str(message[name]))) for name in message if name in ("From", "To")] == expected
    assert reading.decoded(str(message["Subject"]).replace("\r\n", "")) == line(letter.subject)
    first = ["X-Unsent"] if letter.sent_at is None else ["Date"]
    fixed = ["Subject", "Content-Type", "Content-Transfer-Encoding", "MIME-Version"]
    assert list(message) == [*first, *(name for name, _ in expected), *fixed]
    addresses = [one.email for one in letter.to]
    assert reading.of_link(letter_mail.mailto(letter)) == (addresses, line(letter.subject), body.replace("\n", "\r\n"))


@EVERY
def test_every_letter_of_the_corpus_is_complete_in_every_format(name: str) -> None:
    for letter in letter_sheets(name):
        assert_whole(letter)
        assert_whole(replace(letter, sent_at=SENT))
        read = reading.of_markdown(letter_sheet.markdown(letter))
        assert read[-len(letter.paragraphs) :] == [one.text for one in letter.paragraphs]
        pages, text = reading.of_pdf(letter_pdf(letter))
        assert pages == 1
        assert all(reading.squeezed(one.text) in text for one in letter.paragraphs if one.text.isascii())


@TEXTS
def test_no_text_breaks_a_page_a_message_or_a_link(text: str) -> None:
    assert_whole(hostile(text))
    assert_whole(replace(hostile(text), sent_at=SENT, to=[]))


@TEXTS
def test_markdown_contains_texts_of_users_but_no_markup_of_theirs(text: str) -> None:
    read = " ".join(reading.of_markdown(letter_sheet.markdown(hostile(text))))
    for one in filter(None, map(str.strip, plain(text).split("\n"))):
        assert reading.squeezed(one) in reading.squeezed(read)


@TEXTS
def test_a_pdf_shows_text_and_runs_nothing(text: str) -> None:
    letter = hostile(text) if len(text) < 1_000 else replace(hostile("x"), paragraphs=[Paragraph(text, "own")])
    made = letter_pdf(letter)
    pages, read = reading.of_pdf(made)
    assert pages <= 4
    assert letter_pdf(letter) == made
    if text.isascii():
        assert reading.squeezed(plain(text)) in read


@drawn(quick=100, long=1_000)
@given(st.text(max_size=300), st.text(max_size=60))
def test_no_text_at_all_breaks_a_letter(text: str, name: str) -> None:
    assert_whole(replace(hostile(text), sender=name, subject=name))


def page_of_words() -> Sheet:
    """Return a letter of about as many words as the check allows, to a panel of five."""
    letter = letter_sheets("a-panel-of-five")[0]
    long = [replace(one, text=one.text + " and more of it" * 9) for one in letter.paragraphs[1:-1]]
    everybody = [one for other in letter_sheets("a-panel-of-five")[:5] for one in other.to]
    return replace(letter, to=everybody, paragraphs=[letter.paragraphs[0], *long, letter.paragraphs[-1]])


def test_a_letter_of_the_allowed_length_fits_on_a_page() -> None:
    assert 330 <= len(page_of_words().body.split()) <= 400
    assert reading.of_pdf(letter_pdf(page_of_words()))[0] == 1


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        pytest.param("kim.lee+jobs@example.com", "<kim.lee+jobs@example.com>", id="plain"),
        pytest.param('"a b"@example.com', '<"a b"@example.com>', id="quoted-already"),
        pytest.param('"john.doe"@example.com', "<john.doe@example.com>", id="needless-quotes"),
        pytest.param("kim@faß.example", "<kim@xn--fa-hia.example>", id="a-domain-with-a-sharp-s"),
        pytest.param("jm@exämple.com", "<jm@xn--exmple-cua.com>", id="a-domain-beyond-ascii"),
        pytest.param("jürgen@example.com", "<jürgen@example.com>", id="beyond-ascii-before-the-at"),
        pytest.param("jürgen@exämple.com", "<jürgen@xn--exmple-cua.com>", id="beyond-ascii-on-both-sides"),
        pytest.param('a"(b)@example.com', None, id="quotes-inside"),
        pytest.param("a@b[c", None, id="no-domain"),
        pytest.param("a@" + "x" * 80 + ".com", None, id="a-label-too-long"),
        pytest.param("nobody", None, id="no-at"),
    ],
)
def test_an_address_in_a_header_is_one_that_mail_servers_accept(email: str, shown: str | None) -> None:
    raw = letter_mail.eml(replace(hostile("x"), to=[Addressee(email=email), *hostile("x").to]))
    reading.of_message(raw)
    others = "x <a@example.com>,\r\n x <b@example.com>\r\n"
    written = f"\r\nTo: {shown},\r\n {others}" if shown else f"\r\nTo: {others}"
    assert written.encode() in raw
    read = message_from_string(raw.decode(), policy=default)["To"]
    assert [f"<{one.addr_spec}>" for one in read.addresses] == [
        *filter(None, [shown]),
        "<a@example.com>",
        "<b@example.com>",
    ]


def test_a_long_name_and_a_long_address_are_folded() -> None:
    name, address = "Anna " * 12 + "Berg", "a" * 60 + "@example.com"
    raw = letter_mail.eml(replace(hostile("x"), to=[Addressee(name=name, email=address)]))
    assert f"To: {name}\r\n <{address}>\r\n".encode() in raw


def test_recipients_of_one_company_share_one_address_block() -> None:
    ana = Addressee(name="Ms Ana Ruiz", title="CTO", company="Acme", postal_address="ACME\n1 Main St\n\nAlbany")
    kim = replace(ana, name="Kim Lee", title=None)
    elsewhere = Addressee(name="Jo Ray", title="Agent", company="Agency")
    letter = replace(hostile("x"), to=[ana, kim, elsewhere])
    assert letter_sheet.laid_out(letter)["to"] == [
        "Ms Ana Ruiz, CTO", "Kim Lee", "ACME", "1 Main St", "Albany", "Jo Ray", "Agent", "Agency",
    ]  # fmt: skip


def test_an_address_cannot_add_fields_to_a_link() -> None:
    address = "a?bcc=evil%40example.com&body=#x@example.com"
    to, subject, _ = reading.of_link(letter_mail.mailto(replace(hostile("x"), to=[Addressee(email=address)])))
    assert (to, subject) == ([address], "x")
