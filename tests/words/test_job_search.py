"""The report of a job search on paper: every entry is on the page and in the PDF, and texts never become markup."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

import pytest
from pypdf import PageObject, PdfReader

from api.words import job_search_page, pdf
from api.words.catalogue import catalogue
from api.words.job_search import KINDS, Entry, Outcome, Report, Standing, laid_out, outcome, result, table
from api.words.letter_sheet import line
from tests.words.reading import HOSTILE, squeezed

WORDS = catalogue("formal")
FIRST = date(2026, 3, 4)  # a Wednesday
APPLIED = Entry(
    day=FIRST,
    kind="application",
    code="applied",
    how="Job board",
    employer="Larkfield Press",
    position="Production editor",
    place="Albany",
    posting_url="https://jobs.example.com/larkfield",
    application_id="019577a0-0000-7000-8000-000000000001",
    result=Outcome("rejected", date(2026, 3, 9)),
    stages=(("applied", FIRST), ("rejected", date(2026, 3, 9))),
)
HEAD = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "dl", "dt", "dd", "ul", "li", "b", "p", "div"}
TAGS = HEAD | {"table", "colgroup", "col", "thead", "tbody", "tr", "th", "td", "span", "wbr"}


def report(entries: Sequence[Entry] = (), undated: Sequence[Entry] = (), **fields: Any) -> Report:
    known: dict[str, Any] = {"full_name": "Dana Demo", "email": "dana@example.com", "first": FIRST, "zone": "UTC"}
    known |= {"last": date(2026, 3, 31), "made_on": date(2026, 4, 1), "kinds": KINDS, "words": WORDS}
    return Report(**{**known, **fields}, entries=entries, undated=undated)


class Page(HTMLParser):
    """The texts of a page; an unexpected element or attribute fails the test."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.rows = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        assert {name for name, _ in attrs} <= {"lang", "charset", "name", "content", "class", "dir", "scope"}, attrs
        self.rows += tag == "tr"

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


def texts_of(shown: Report) -> str:
    return squeezed("".join(Page(job_search_page.page(shown)).texts))


def pages_of_pdf(shown: Report) -> list[PageObject]:
    return list(PdfReader(BytesIO(pdf.report_pdf(laid_out(shown)))).pages)


def text_of(pages: list[PageObject]) -> str:
    return squeezed("".join(page.extract_text() for page in pages))


def test_every_text_of_the_report_is_on_the_page_and_in_the_pdf() -> None:
    unknown = replace(APPLIED, day=None, employer="Undated Ltd", result=Outcome("no_answer"), stages=None)
    met = replace(APPLIED, kind="interview", code="video", people=("Ana Ruiz", "Kim Sato"))
    shown = report([APPLIED, met], [unknown])
    on_paper = text_of(pages_of_pdf(shown))
    for read in (texts_of(shown), on_paper):
        for text in (
            *("Record of job search", "Dana Demo", "dana@example.com", "4 March 2026 to 31 March 2026"),
            *("1Applications", "1Interviews", "4 Mar 2026", "Applied", "Job board", "Larkfield Press", "Albany"),
            *("Production editor", "https://jobs.example.com/larkfield", "Rejected", "9 Mar 2026"),
            *("by video", "with Ana Ruiz and Kim Sato", "without date", "Undated Ltd", "No answer yet"),
            *("2026-W10: 4 Mar – 8 Mar 2026", "Made on 1 April 2026", "Signature"),
        ):
            assert squeezed(text) in read, text
    assert squeezed("Page 1 of 1") in on_paper


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_texts_of_users_never_become_markup(text: str) -> None:
    one = replace(APPLIED, how=text, employer=text, position=text, place=text, posting_url=text, people=(text,))
    shown = report([one], [replace(one, day=None)], full_name=text, email=text)
    page = Page(job_search_page.page(shown))
    assert page.rows == 1 + len(list(shown.weeks())) + 2 * 2
    assert squeezed("".join(page.texts)).count(squeezed(line(text))) >= 10
    pages = pages_of_pdf(shown)
    assert pages
    if text.isascii() and len(text) < 200 and "\x00" not in text:
        assert squeezed(line(text)) in text_of(pages)


def test_rows_of_a_long_report_are_all_there_under_a_header_on_each_page() -> None:
    entries = [replace(APPLIED, employer=f"Employer-{number}-") for number in range(300)]
    found = pages_of_pdf(report(entries))
    pages, read = len(found), text_of(found)
    assert pages > 5
    assert read.count("DateActivityEmployer") == pages
    assert all(f"Employer-{number}-" in read for number in range(300))
    assert f"Page{pages}of{pages}" in read


def test_a_pdf_of_too_many_rows_or_characters_is_refused() -> None:
    with pytest.raises(pdf.NoPdfError):
        pdf.report_pdf(laid_out(report([APPLIED] * (pdf.MAX_REPORT_ROWS + 1))))
    long = replace(APPLIED, posting_url="https://example.com/" + "x" * 1_900)
    with pytest.raises(pdf.NoPdfError):
        pdf.report_pdf(laid_out(report([long] * 300)))


def test_the_same_report_makes_the_same_pdf() -> None:
    shown = laid_out(report([APPLIED]))
    assert pdf.report_pdf(shown) == pdf.report_pdf(shown)


def test_weeks_begin_on_monday_and_end_with_the_period() -> None:
    entries = [replace(APPLIED, day=FIRST + timedelta(days=days)) for days in (0, 4, 5, 27)]
    weeks = list(report(entries).weeks())
    assert [(week.name, week.first.day, week.last.day, week.counts["application"]) for week in weeks] == [
        ("2026-W10", 4, 8, 2),
        ("2026-W11", 9, 15, 1),
        ("2026-W12", 16, 22, 0),
        ("2026-W13", 23, 29, 0),
        ("2026-W14", 30, 31, 1),
    ]
    across = list(report(first=date(2026, 12, 30), last=date(2027, 1, 4)).weeks())
    assert [week.name for week in across] == ["2026-W53", "2027-W01"]


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        ({"stage": "applied"}, "No answer yet"),
        ({"stage": "saved"}, "No answer yet"),
        ({"stage": "applied", "answered": date(2026, 3, 5)}, "Answered on 5 Mar 2026"),
        ({"stage": "applied", "answered": date(2026, 3, 5), "is_invited": True}, "Invited to an interview"),
        ({"stage": "applied", "interviewed": date(2026, 3, 6), "is_invited": True}, "Interviewed on 6 Mar 2026"),
        ({"stage": "interviewing", "interviewed": date(2026, 3, 6)}, "In interviews"),
        ({"stage": "rejected", "stage_day": date(2026, 3, 9)}, "Rejected on 9 Mar 2026"),
        ({"stage": "no_response", "stage_day": date(2026, 3, 9)}, "No answer, closed on 9 Mar 2026"),
    ],
)
def test_the_result_is_the_stage_or_what_the_employer_did_so_far(standing: dict[str, Any], said: str) -> None:
    known = outcome(Standing(**{"stage_day": None, **standing}))
    assert result(replace(APPLIED, result=known), WORDS) == said


def test_the_table_has_undated_rows_last_and_the_history_on_one_line() -> None:
    first, last = table(report([APPLIED], [replace(APPLIED, day=None, result=None)]))
    assert first[:3] == ("2026-03-04", "application", "Applied")
    assert first[7] == "Rejected on 9 Mar 2026"
    assert first[10] == "applied 4 Mar 2026 > rejected 9 Mar 2026"
    assert (last[0], last[7]) == (None, None)


def test_every_kind_and_stage_has_words() -> None:
    said = WORDS.card("job_search")
    stages = {"saved", "applied", "interviewing", "offered", "accepted", "declined", "rejected", "withdrawn"}
    assert set(said["stages"]) == {*stages, "no_response"}
    assert set(said["results"]) == {*stages, "no_response", "no_answer", "invited", "interviewed", "answered"} - {
        "saved",
        "applied",
    }
