"""Tables as CSV (RFC 4180), safe to open in spreadsheets, and the inverse for reading them back.

A spreadsheet evaluates a cell that begins like a formula, so such a cell gets an apostrophe in front. Where a cell
begins depends on the program: one that expects another delimiter, or that ignores quotes, also begins a cell after a
comma, a semicolon, a TAB or a line break inside a text. So the apostrophe is added there, too.

`restored(safe(text)) == text` for every text: a text that looks as if it had got an apostrophe already gets one more.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import IO

FORMULA = r"=+\-@＝＋－＠﹦﹢﹣﹫−⁺⁻⁼₊₋₌"  # also the wide, small and raised forms, and the minus sign
BREAKS = r"\t\r\n"
BLANK = rf"\s{BREAKS}\x00-\x20\x7f-\xa0\xad\u061c\u180e\u200b-\u200f\u2028-\u202f\u205f-\u206f\ufeff"
SUSPECT = re.compile(rf"[{FORMULA}]|\A'*[{BREAKS}]")
# Blanks, quotes and apostrophes, maybe with a formula behind them. Each is matched once, so the time is linear.
LEADING = re.compile(rf"([{BLANK}'\"]+)([{FORMULA}])?|([{FORMULA}])")
AFTER_A_BREAK = re.compile(rf"(?<=[{BREAKS}])")
GUARD_AFTER_A_BREAK = re.compile(rf"(?<=[{BREAKS}])'")
BEGINS_WITH_A_BREAK = re.compile(rf"'*[{BREAKS}]")
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t"}
OTHER_DELIMITERS = ",;|"
BYTE_ORDER_MARK = "\ufeff"
Cell = str | int | float | None


def safe(text: str) -> str:
    """Return a text with an apostrophe wherever a spreadsheet could take what follows for a formula."""
    if not SUSPECT.search(text):
        return text
    return LEADING.sub(lambda found: ("'" if _begins_a_cell(found) else "") + _guarded(found), text)


def restored(text: str) -> str:
    """Return the text that `safe` was given."""
    if not SUSPECT.search(text):
        return text
    return LEADING.sub(lambda found: _unguarded(found)[_begins_a_cell(found) and found[0].startswith("'") :], text)


def _begins_a_cell(found: re.Match[str]) -> bool:
    """Tell whether a program could begin a cell here that it evaluates. A TAB or line break alone begins one, too."""
    if found.start() == 0 and BEGINS_WITH_A_BREAK.match(found[0]):
        return True
    is_formula = bool(found[2] or found[3])
    return is_formula and (found.start() == 0 or found.string[found.start() - 1] in OTHER_DELIMITERS)


def _guarded(found: re.Match[str]) -> str:
    return AFTER_A_BREAK.sub("'", found[1]) + found[2] if found[2] else found[0]


def _unguarded(found: re.Match[str]) -> str:
    return GUARD_AFTER_A_BREAK.sub("", found[1]) + found[2] if found[2] else found[0]


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Cell]], *, delimiter: str = ",", bom: bool = False) -> str:
    """Return a table as text; see `write_csv`."""
    lines = io.StringIO(newline="")
    write_csv(lines, header, rows, delimiter=delimiter, bom=bom)
    return lines.getvalue()


def write_csv(
    file: IO[str], header: Sequence[str], rows: Iterable[Sequence[Cell]], *, delimiter: str = ",", bom: bool = False
) -> None:
    """Write a table with CRLF line ends. `bom`: begin with a byte order mark, by which Excel recognises UTF-8.

    Texts are made safe, numbers are written as they are; whole numbers have no decimal point, None is an empty cell.
    """
    if bom:
        file.write(BYTE_ORDER_MARK)
    writer = csv.writer(file, delimiter=delimiter)
    writer.writerow(header)
    writer.writerows([_written(cell) for cell in row] for row in rows)


def _written(cell: Cell) -> Cell:
    if isinstance(cell, str):
        return safe(cell)
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell
