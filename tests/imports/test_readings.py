"""Texts of tables are read with certainty or not at all: dates, encodings, delimiters, salaries, postings."""

from datetime import date, time

import pytest

from api.words.csv_dates import date_column, parsed
from api.words.csv_file import TableError, certain_encoding, decoded, encoding_previews, layout_of, table_rows
from api.words.posting_addresses import posting_key
from api.words.salaries import salary

MARCH, APRIL = date(2026, 3, 4), date(2026, 4, 3)
ASK, NONE = "ask", None


@pytest.mark.parametrize(
    ("values", "answer", "wanted"),
    [
        pytest.param(["2026-03-04"], None, [MARCH], id="iso"),
        pytest.param(["2026-03-04T10:00:00+02:00"], None, [MARCH], id="iso with a time"),
        pytest.param(["2026/03/04"], None, [MARCH], id="the year first"),
        pytest.param(["03/04/2026"], None, ASK, id="both can be the day"),
        pytest.param(["03/04/2026"], "dmy", [APRIL], id="answered: day first"),
        pytest.param(["03/04/2026"], "mdy", [MARCH], id="answered: month first"),
        pytest.param(["04/04/2026"], None, [date(2026, 4, 4)], id="both readings are the same day"),
        pytest.param(["03/04/2026", "13/04/2026"], None, [APRIL, date(2026, 4, 13)], id="another cell has day 13"),
        pytest.param(["03/04/2026", "03/14/2026"], None, [MARCH, date(2026, 3, 14)], id="another cell has month 3"),
        pytest.param(
            ["13/04/2026", "14/04/2026", "03/15/2026"], None, [date(2026, 4, 13), date(2026, 4, 14), NONE], id="mixed"
        ),
        pytest.param(["13/04/2026", "03/15/2026"], None, ASK, id="mixed, one each"),
        pytest.param(["03/04/2026", "13/04/2026"], "mdy", [APRIL, date(2026, 4, 13)], id="the column wins"),
        pytest.param(["2026-03-04", "03/04/2026"], None, ASK, id="iso does not decide for others"),
        pytest.param(["04.03.26"], None, ASK, id="two digits with dots"),
        pytest.param(["20.04.26"], None, [date(2026, 4, 20)], id="two digits, day 20"),
        pytest.param(["20/11/24"], None, ASK, id="two digits: 20 can be the year"),
        pytest.param(["11/20/24, 8:15 AM"], None, [date(2024, 11, 20)], id="as LinkedIn writes them"),
        pytest.param(["March 4, 2026"], None, [MARCH], id="english"),
        pytest.param(["4. März 2026"], None, [MARCH], id="german"),
        pytest.param(["4 mars 2026"], None, [MARCH], id="french"),
        pytest.param(["4 de marzo de 2026"], None, [MARCH], id="spanish"),
        pytest.param(["46085", "46086"], None, [MARCH, date(2026, 3, 5)], id="days of a spreadsheet"),
        pytest.param(["46085", "2026-03-04"], None, [NONE, MARCH], id="a number among dates is none"),
        pytest.param(["31/02/2026"], None, [NONE], id="no such day"),
        pytest.param(["soon"], None, [NONE], id="no date"),
        pytest.param(["31/12/69", "31/12/70"], None, [date(2069, 12, 31), NONE], id="two digits after 2069"),
        pytest.param(["2026-03-04 0:15 AM", "2026-03-04 13:15 PM"], None, [NONE, NONE], id="no hour of a half day"),
    ],
)
def test_the_dates_of_a_column(values: list[str], answer: str | None, wanted: object) -> None:
    column = date_column(values)
    found = [parsed(value, column, answer) for value in values]  # type: ignore[arg-type]  # an order
    if wanted == ASK:
        assert column.is_undecided
        assert None in found
    else:
        assert [one.day if one else None for one in found] == wanted


@pytest.mark.parametrize(
    ("written", "clock"),
    [
        ("12:15 AM", time(0, 15)),
        ("1:15 am", time(1, 15)),
        ("12:15 PM", time(12, 15)),
        ("11:59 pm", time(23, 59)),
        ("00:15", time(0, 15)),
        ("23:59:58", time(23, 59, 58)),
    ],
)
def test_the_time_of_a_day(written: str, clock: time) -> None:
    value = f"2026-03-04 {written}"
    found = parsed(value, date_column([value]), None)
    assert found is not None
    assert found.at == clock


SAMPLE = "Firma;Gehalt\nMüller Söhne;60.000 €\nŁódź;1\n"
WESTERN = "Firma;Gehalt\nMüller Söhne;60.000 €\n"
ENCODED = {
    "utf-8": SAMPLE.encode(),
    "utf-8 with a mark": SAMPLE.encode("utf-8-sig"),
    "utf-16 little endian": b"\xff\xfe" + SAMPLE.encode("utf-16-le"),
    "utf-16 big endian": b"\xfe\xff" + SAMPLE.encode("utf-16-be"),
    "windows-1252": WESTERN.encode("windows-1252"),
    "iso-8859-15": WESTERN.encode("iso-8859-15"),
    "cp1250": "Firma\nŁódź i Żabka\n".encode("cp1250"),
    "cp1251": "Компания\nЯндекс\n".encode("cp1251"),
    "shift_jis": "会社\n株式会社テスト\n".encode("shift_jis"),
    "gb18030": "公司\n测试有限公司\n".encode("gb18030"),
    "mac-roman": WESTERN.encode("mac-roman"),
}


@pytest.mark.parametrize("name", ENCODED)
def test_an_encoding_is_certain_or_asked(name: str) -> None:
    content = ENCODED[name]
    certain = certain_encoding(content)
    if name.startswith("utf"):
        assert certain is not None
        assert decoded(content, certain).removeprefix("\ufeff") == SAMPLE
    else:
        assert certain is None
        right = [line for line in content.decode(name).splitlines() if not line.isascii()]
        shown = [lines for _, lines in encoding_previews(content)]
        assert right[:3] in [lines[: len(right[:3])] for lines in shown], shown


@pytest.mark.parametrize("content", [b"a,b\n1\x002\n", "a,b\n".encode("utf-16-le"), b"\x1b$B0lHL\x1b(B,x\n"])
def test_what_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(TableError, match="text"):
        certain_encoding(content)


@pytest.mark.parametrize(
    ("content", "encoding", "code"),
    [
        pytest.param(WESTERN.encode("windows-1252"), "utf-8", "wrong_encoding", id="not UTF-8"),
        pytest.param(b"\xef\xbb\xbf\xff", "utf-8-sig", "wrong_encoding", id="not UTF-8 after its mark"),
        pytest.param(b"\xff\xfea\x00,", "utf-16", "wrong_encoding", id="half a character"),
        pytest.param(b"\xff\xfea\x00\x01\x00", "utf-16", "not_text", id="a control character in UTF-16"),
    ],
)
def test_bytes_that_do_not_fit_their_encoding_are_refused(content: bytes, encoding: str, code: str) -> None:
    with pytest.raises(TableError) as refused:
        decoded(content, encoding)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "delimiter", "first"),
    [
        pytest.param("a,b,c\n1,2,3\n", ",", ["a", "b", "c"], id="comma"),
        pytest.param("a;b;c\n1,5;2;3\n", ";", ["a", "b", "c"], id="semicolon, with decimal commas"),
        pytest.param("a\tb\n1\t2\n", "\t", ["a", "b"], id="tab"),
        pytest.param("a|b\n1|2\n", "|", ["a", "b"], id="bar"),
        pytest.param('a,b\n"x\ny",2\n', ",", ["a", "b"], id="a line break in quotes"),
        pytest.param('a;b\n"x; ""y""";2\n', ";", ["a", "b"], id="doubled quotes"),
        pytest.param("sep=;\na;b\n1;2\n", ";", ["a", "b"], id="a line that says it"),
        pytest.param("My applications\n\na,b,c\n1,2,3\n4,5,6\n", ",", ["a", "b", "c"], id="a title before the header"),
        pytest.param("a\n1\n2\n", ",", ["a"], id="one column"),
        pytest.param("a;\n1;\n2;\n", ";", ["a", ""], id="one column and an empty one"),
    ],
)
def test_the_delimiter_of_a_file(text: str, delimiter: str, first: list[str]) -> None:
    layout = layout_of(text)
    assert layout.delimiter == delimiter
    assert next(table_rows(text, layout)).cells == first


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("a\n" * 10_002, "too_many_rows", id="rows"),
        pytest.param("a," * 100_000, "too_many_columns", id="columns"),
        pytest.param("x" * 5_000_000, "cell_too_long", id="a cell of 5 MB"),
        pytest.param("a,b\n" + "x" * 30_000 + ",1\n", "cell_too_long", id="a cell of 30 kB"),
        pytest.param('"' * 1_000_001 + "\n", "cell_too_long", id="a million quotes"),
    ],
)
def test_a_table_beyond_the_limits_is_refused(text: str, code: str) -> None:
    with pytest.raises(TableError) as refused:
        list(table_rows(text, layout_of(text)))
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("90-110k €", (90_000, 110_000, "EUR", None)),
        ("£45,000", (45_000, None, "GBP", None)),
        ("60.000 EUR brutto", (60_000, None, "EUR", None)),
        ("$120,000 - $150,000/yr", (120_000, 150_000, None, "year")),
        ("4.500,50 € pro Monat", (4_500.5, None, "EUR", "month")),
        ("45-50 CHF/h", (45, 50, "CHF", "hour")),
        ("competitive", None),
        ("£1,234,567.50", (1_234_567.5, None, "GBP", None)),
        ("₹12,00,000", None),
        ("1,5,0 €", None),
        ("1.2M", None),
        ("10 to 20 or 30", None),
        ("110-90k", None),
    ],
)
def test_a_salary_is_read_or_left_out(text: str, wanted: object) -> None:
    found = salary(text)
    assert (found and (found.low, found.high, found.currency, found.period)) == wanted


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://Jobs.Example.com/1/?utm_source=x&gclid=1#top", "http://www.jobs.example.com/1", True),
        (
            "https://www.linkedin.com/jobs/view/engineer-at-acme-123?trk=x",
            "https://de.linkedin.com/jobs/view/123/",
            True,
        ),
        ("https://www.linkedin.com/jobs/search/?currentJobId=123&geo=1", "https://linkedin.com/jobs/view/123", True),
        ("https://a.example/jobs?id=1", "https://a.example/jobs?id=2", False),
        ("https://a.example/jobs?ref=1", "https://a.example/jobs?ref=2", False),
        ("https://a.example/jobs?4711", "https://a.example/jobs?4712", False),
        (f"https://a.example/jobs?id=1{'&a=1' * 100}", f"https://a.example/jobs?id=2{'&a=1' * 100}", False),
        (f"https://a.example/jobs?id=1{'&utm_a=1' * 100}", "https://a.example/jobs?id=1", True),
    ],
)
def test_postings_are_the_same_without_what_counts_visitors(one: str, other: str, same: bool) -> None:
    assert (posting_key(one) == posting_key(other)) is same


@pytest.mark.parametrize("address", [None, "", "https://example.com/", "https://[", "mailto:a@b.example"])
def test_an_address_that_names_no_posting_has_no_key(address: str | None) -> None:
    assert posting_key(address) is None
