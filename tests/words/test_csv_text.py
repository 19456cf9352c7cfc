"""CSV: no program takes a text of a user for a formula, and every text can be read back."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.words.csv_text import Cell, csv_text, restored, safe
from tests.drawing import drawn
from tests.words.reading import HOSTILE

# Characters that spreadsheets or these rules treat specially, more often than others.
SPECIAL = st.text(
    alphabet=st.sampled_from("=+-@＝＋－＠−'\"\t\r\n,;| \u200b\ufeff\xa0a1(") | st.characters(), max_size=16
)
TEXTS = SPECIAL | st.sampled_from(HOSTILE)
DELIMITERS = (",", ";", "\t", "|")
LEADING = re.compile(r"^[\s\x00-\x20\x7f-\xa0\u200b-\u200f\u2060\ufeff\"]+")
EVALUATED = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "−")


def cells(text: str, delimiter: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


@drawn(1_000, 100_000)
@given(st.lists(st.lists(TEXTS.filter(lambda text: "\x00" not in text), min_size=2, max_size=2), max_size=3))
def test_every_table_can_be_read_back(rows: list[list[str]]) -> None:
    for delimiter in DELIMITERS[:3]:
        head, *read = cells(csv_text(["a", "b"], rows, delimiter=delimiter), delimiter)
        assert head == ["a", "b"]
        assert [[restored(cell) for cell in row] for row in read] == rows


@drawn(1_500, 100_000)
@given(TEXTS, st.sampled_from(DELIMITERS[:3]))
def test_every_text_can_be_restored_and_is_no_formula(text: str, written: str) -> None:
    """Even with another delimiter, or without quotes; and no cell begins with a tab or a line break."""
    assert restored(safe(text)) == text
    assert restored(safe(safe(text))) == safe(text)
    (_, [_, read]) = cells(csv_text(["a", "b"], [["x", text]]), ",")
    assert not read.startswith(("\t", "\r", "\n"))
    table = csv_text(["a", "b"], [["x", text], [text, "x"]], delimiter=written)
    lines = [line.split(delimiter) for delimiter in DELIMITERS for line in re.split(r"[\r\n]", table)]
    for row in [*lines, *(row for delimiter in DELIMITERS for row in cells(table, delimiter))]:
        for cell in row:
            assert not LEADING.sub("", cell).startswith(EVALUATED), (table, cell)


@pytest.mark.parametrize("written", DELIMITERS[:3])
@pytest.mark.parametrize("other", DELIMITERS)
def test_what_follows_a_delimiter_of_other_programs_is_no_formula(written: str, other: str) -> None:
    table = csv_text(["a", "b"], [["x", f"y{other}=1+1"]], delimiter=written)
    assert "=1+1" in table
    assert not any(cell.startswith("=") for row in cells(table, other) for cell in row)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("-12.5", "'-12.5"),
        ("+1 212 555 0123", "'+1 212 555 0123"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (" =1", "' =1"),
        ("\ufeff=1", "'\ufeff=1"),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        ("\tx", "'\tx"),
        ('"=1"', '\'"=1"'),
        ('X;=HYPERLINK("a")', 'X;\'=HYPERLINK("a")'),
        ("one\n- two", "one\n'- two"),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("Foo - Bar", "Foo - Bar"),
        ("sam@example.com", "sam@example.com"),
        ("C++", "C++"),
        ("'quoted'", "'quoted'"),
        ("2026-03-09", "2026-03-09"),
        ("https://example.com/?a=1&b=-2", "https://example.com/?a=1&b=-2"),
        ("", ""),
    ],
)
def test_an_apostrophe_is_added_where_a_formula_could_begin(text: str, expected: str) -> None:
    assert safe(text) == expected
    assert restored(expected) == text


@pytest.mark.parametrize("text", ["\t" * 20_000, "\t" * 19_999 + "=", "'" * 20_000, ' "' * 10_000, "=," * 10_000])
def test_the_longest_texts_can_be_restored(text: str) -> None:
    assert restored(safe(text)) == text


@pytest.mark.parametrize(
    ("cell", "written"),
    [(None, ""), (62_000.0, "62000"), (12.5, "12.5"), (-3, "-3"), ("a,b", '"a,b"'), ('say "x"', '"say ""x"""')],
)
def test_numbers_and_empty_cells_are_written_plainly(cell: Cell, written: str) -> None:
    assert csv_text(["a", "b"], [["x", cell]]) == f"a,b\r\nx,{written}\r\n"


def test_a_byte_order_mark_and_another_delimiter_can_be_requested() -> None:
    assert csv_text(["a", "b"], [["x;y", "z"]], delimiter=";", bom=True) == '\ufeffa;b\r\n"x;y";z\r\n'
