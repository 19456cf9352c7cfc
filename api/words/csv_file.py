"""Tables in text files, as other programs write them: encoding, delimiter, header and rows.

What a file does not tell is not guessed: an encoding is certain by its byte order mark or because the bytes are valid
UTF-8; otherwise the caller asks, with `encoding_previews`.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MAX_ROWS, MAX_COLUMNS, MAX_CELL = 10_000, 100, 20_000
CANDIDATES = ("windows-1252", "iso-8859-15", "cp1250", "cp1251", "shift_jis", "gb18030", "mac-roman")
MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
DELIMITERS = (",", ";", "\t", "|")
SAMPLE_CHARACTERS, SAMPLE_ROWS, PREVIEW_LINES, PREVIEW_LENGTH = 65_536, 200, 3, 120
BINARY = re.compile("[\x00-\x08\x0e-\x1f]")
BINARY_BYTES = re.compile(b"[\x00-\x08\x0e-\x1f]")
NON_ASCII = re.compile(rb"[\x80-\xff]")
SEPARATOR_LINE = re.compile(r"\ufeff?sep=([,;\t|])[ ]*(\r\n|\r|\n)", re.IGNORECASE)

csv.field_size_limit(MAX_CELL)  # of the process: whatever reads CSV reads what people uploaded


class TableError(ValueError):
    """The file cannot be read as a table. `code`: not_text, wrong_encoding, too_many_rows, and so on."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Layout:
    """How rows are written in a file. `skip_lines`: rows before the header that belong to no table."""

    delimiter: str
    quote: str = '"'
    skip_lines: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file: the number of its first line, from 1, and its cells without spaces around them."""

    line_no: int
    cells: list[str]


def certain_encoding(content: bytes) -> str | None:
    """Return the encoding if the bytes tell it, else None. Raises TableError for what is no text."""
    for mark, name in MARKS:
        if content.startswith(mark):
            return name
    if BINARY_BYTES.search(content):
        raise TableError("not_text", "The file is not a text: save it as CSV in the encoding UTF-8, then send it.")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "utf-8"


def decoded(content: bytes, encoding: str) -> str:
    """Return the text of a file. Raises TableError if the bytes do not fit the encoding."""
    try:
        text = content.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise TableError("wrong_encoding", "The file is not in this encoding: choose another one.") from error
    if BINARY.search(text):
        raise TableError("not_text", "The file contains control characters: save it as CSV in the encoding UTF-8.")
    return text


def encoding_previews(content: bytes) -> list[tuple[str, list[str]]]:
    """Return the encodings in which the bytes can be read, each with up to three lines in it; equal texts once."""
    lines: list[bytes] = []
    seen: set[int] = set()
    for line in re.split(b"[\r\n]+", content):
        found = set(NON_ASCII.findall(line))
        new = {one[0] for one in found} - seen
        if new and len(lines) < PREVIEW_LINES:
            lines.append(line)
            seen |= new
    previews: list[tuple[str, list[str]]] = []
    for name in CANDIDATES:
        try:
            content.decode(name)
            shown = [line.decode(name, "replace")[:PREVIEW_LENGTH] for line in lines]
        except UnicodeDecodeError:
            continue
        if not any(BINARY.search(one) for one in shown) and shown not in [known for _, known in previews]:
            previews.append((name, shown))
    return previews


def layout_of(text: str) -> Layout:
    """Return the delimiter that gives most rows the same number of columns, and what stands before the header."""
    named = SEPARATOR_LINE.match(text)
    if named:
        return Layout(named[1], skip_lines=1)
    sample = text[:SAMPLE_CHARACTERS]
    if len(text) > SAMPLE_CHARACTERS:
        sample = sample[: max(sample.rfind("\n"), sample.rfind("\r"), 1)]
    best, most = ",", 1
    for delimiter in DELIMITERS:
        columns = _usual_columns(sample, delimiter)
        if columns > most:
            best, most = delimiter, columns
    return Layout(best, skip_lines=_lines_before_header(sample, best) if most > 1 else 0)


def _sampled(sample: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    try:
        rows = [row for row, _ in zip(reader, range(SAMPLE_ROWS), strict=False)]
    except csv.Error:
        return []
    return rows


def _usual_columns(sample: str, delimiter: str) -> int:
    """Return the number of columns that more than half of the rows have, 0 if there is none."""
    widths = Counter(len(row) for row in _sampled(sample, delimiter) if any(cell.strip() for cell in row))
    if not widths:
        return 0
    width, rows = max(widths.items(), key=lambda one: (one[1], one[0]))
    return width if rows * 2 > widths.total() else 0


def _lines_before_header(sample: str, delimiter: str) -> int:
    """Return how many of the first rows have one cell at most: titles and notes, which are no header."""
    for number, row in enumerate(_sampled(sample, delimiter)):
        if sum(bool(cell.strip()) for cell in row) > 1:
            return number
    return 0


def table_rows(text: str, layout: Layout) -> Iterator[Row]:
    """Yield the rows of a file that are not empty, the header too. Raises TableError for what exceeds a limit."""
    reader = csv.reader(
        io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=layout.delimiter, quotechar=layout.quote
    )
    rows, before = 0, 0
    try:
        for number, cells in enumerate(reader):
            line_no, before = before + 1, reader.line_num
            if number < layout.skip_lines or not any(cell.strip() for cell in cells):
                continue
            if len(cells) > MAX_COLUMNS:
                detail = f"Line {line_no} has more than {MAX_COLUMNS} columns: check the delimiter."
                raise TableError("too_many_columns", detail)
            rows += 1
            if rows > MAX_ROWS + 1:
                raise TableError("too_many_rows", f"Send at most {MAX_ROWS:,} rows in one file.")
            yield Row(line_no, [cell.strip() for cell in cells])
    except csv.Error as error:
        detail = f"After line {before} a cell has more than {MAX_CELL:,} characters: check the quotes there."
        raise TableError("cell_too_long", detail) from error


def column_names(cells: Sequence[str], *, has_header: bool) -> list[str]:
    """Return a name for each column; empty and repeated ones get a number."""
    names: list[str] = []
    for number, cell in enumerate(cells, start=1):
        name = cell[:PREVIEW_LENGTH] if has_header and cell else f"column {number}"
        names.append(f"{name} ({number})" if name in names else name)
    return names
