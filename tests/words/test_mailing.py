"""Mails as text and as HTML: both say the same, and the HTML loads nothing and shows itself in light and dark."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest

from api.words import reminders
from api.words.catalogue import catalogue
from api.words.digest import (
    Digest,
    DigestApplication,
    DigestInterview,
    DigestInterviews,
    DigestStep,
    DigestSteps,
    IdleApplication,
    IdleApplications,
    mailing,
)
from api.words.mailing import OPEN, Line, Link, Mailing, Part, page, text
from api.words.material import Person
from api.words.reminders import DraftOf, Pages, Round

EMPLOYER = DigestApplication("1", "Søren & Sons <Ltd>", "Editor “A”")
FOOT = ("You turned it on.", Link("Unsubscribe", "https://example.org/mail/unsubscribe/awm_x?a=1&b=2"))
AT = datetime(2026, 3, 3, 13, tzinfo=UTC)
APP = "https://app.example.org/step/1"
PAGES = Pages("https://example.org", "https://app.example.org/{kind}/{id}", FOOT)
TALK = Round(
    id="7",
    employer=EMPLOYER.name,
    ended_at=AT,
    zone="America/New_York",
    due_at=AT.replace(hour=23),
    due_zone="America/New_York",
    page=APP,
    is_full=True,
)


def step(number: int = 4, *, application: DigestApplication | None = EMPLOYER) -> DigestStep:
    return DigestStep(
        step_id=str(number),
        number=number,
        step="thank_you",
        title="Send a thank-you letter",
        application=application,
        due_at=AT,
        due_text="11:00 on Tue 3 Mar 2026 (EST)",
        why="Your interview ended at 11:00 on Mon 2 Mar 2026 (EST).",
        app_url=APP if application else None,
    )


FULL = Digest(
    at=AT,
    on=date(2026, 3, 3),
    until=AT.replace(day=4),
    time_zone="America/New_York",
    period="weekly",
    details="full",
    recomputing=True,
    overdue=DigestSteps([step(), step(7, application=None)], 1_200),
    due=DigestSteps([step(5)]),
    interviews=DigestInterviews(
        [
            DigestInterview(
                interview_id="9",
                application=EMPLOYER,
                starts_at=AT,
                ends_at=AT,
                time_zone="America/New_York",
                lines=("Round 1, on site.", "Place: 4 Pine Street"),
                app_url=None,
            )
        ]
    ),
    nothing_scheduled=IdleApplications([IdleApplication(EMPLOYER, None)], 3),
    stale=2,
)
MAILS = {
    "digest": mailing(FULL, FOOT),
    "after-interview": reminders.after_interview(
        TALK,
        ["positives", "concerns"],
        ["From which day may I call you?"],
        [Person(id="1", name="Zoë <b>Ruiz</b>"), Person(id="2")],
        catalogue("formal"),
        PAGES,
    ),
    "letter-due": reminders.letter_due(TALK, ["Zoë Ruiz"], DraftOf("5", is_written=True, page=None), PAGES),
    "webhook": reminders.webhook_disabled("https://hooks.example.net/x", "failures"),
}


def long_digest() -> Mailing:
    """Return a digest with texts that are as long as they can be, without a space."""
    long = replace(EMPLOYER, company="W" * 200, role="m" * 200)
    return mailing(replace(FULL, overdue=DigestSteps([step(application=long)] * 10, 990)), FOOT)


class Reader(HTMLParser):
    """Reads an HTML mail as lines of text: a link as its text and address, as the text version has it."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = [""]
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.names: set[str] = set()
        self.is_head = False
        self.in_heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}
        self.is_head = tag in ("head", "meta", "title") or (self.is_head and tag != "body")
        self.in_heading = tag == "h2"
        if tag in ("p", "h1", "h2", "br"):
            self.lines.append("")
        if tag == "a":
            self.links.append(str(dict(attrs)["href"]))

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            said, url = self.lines[-1], self.links[-1]
            self.lines[-1] = url if said == OPEN else f"{said}: {url}"
        self.in_heading = False

    def handle_data(self, data: str) -> None:
        if not self.is_head:
            self.lines[-1] += data.upper() if self.in_heading else data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader


@pytest.mark.parametrize("name", MAILS)
def test_text_and_html_say_the_same(name: str) -> None:
    said = [re.sub(r"^(\* |  )", "", line) for line in text(MAILS[name]).splitlines()]
    assert [line.strip() for line in read(page(MAILS[name])).lines if line.strip()] == [
        line for line in said if line not in ("", "--")
    ]


@pytest.mark.parametrize("name", MAILS)
def test_the_html_loads_nothing_and_has_its_styles_inline(name: str) -> None:
    reader = read(page(MAILS[name]))
    assert reader.tags <= {"html", "head", "meta", "title", "body", "div", "h1", "h2", "p", "span", "br", "a"}
    assert reader.names <= {"lang", "charset", "name", "content", "style", "href"}
    assert all(re.match(r"https://(app\.)?example\.org/", link) for link in reader.links)
    html = page(MAILS[name])
    plain = html.replace("color-scheme:light dark", "")
    assert not re.search(r"url\(|@import|<style|javascript:|background|color:", plain)
    assert len(html) < 100_000  # longer mails are cut by some programs


@pytest.mark.parametrize("name", MAILS)
def test_every_text_is_escaped_and_on_one_line(name: str) -> None:
    assert "<b>Ruiz" not in page(MAILS[name])
    assert "<Ltd>" not in page(MAILS[name])
    marked = Line("<i>head</i>", ["<i>more</i>"], "https://example.org/<i>")
    everywhere = Mailing("s", "<i>title</i>", ["<i>intro</i>"], [Part("<i>heading</i>", [marked])], ["<i>foot</i>"])
    assert "<i>" not in page(everywhere)
    assert page(everywhere).count("&lt;i&gt;") == 8
    odd = Mailing("s", "t", ["first\r\n* second\u2028third"], [])
    assert "\n* second" not in text(odd)
    assert "first * second third" in text(odd)
    assert "first * second third" in page(odd)


def test_the_subject_counts_what_the_mail_lists() -> None:
    assert FULL.subject == "Afterword: 1,202 overdue, 1 due, 1 interview"
    assert "… and 1,200 more" in text(MAILS["digest"])


@pytest.mark.parametrize("name", MAILS)
def test_no_subject_names_anybody(name: str) -> None:
    assert not [one for one in ("Søren", "Editor", "Zoë", "hooks.example.net") if one in MAILS[name].subject]
