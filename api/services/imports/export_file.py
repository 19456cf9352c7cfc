"""Exports of accounts (JSON Lines): what is planned for each line."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlmodel import col, select, tuple_

from api.models import User
from api.services.accounts.export import FORMAT, FORMAT_VERSION
from api.services.current_user import current_user
from api.services.imports.plans import ROWS_AT_ONCE, Context, PlannedRow
from api.services.imports.profiles import profile_values
from api.services.imports.restored_columns import BY_NAME, ValueFaultError, restored_values
from api.services.imports.restored_rows import columns_of, is_same, key_names, key_of, links_of
from api.storage.session import OwnedSession
from api.words.csv_file import TableError

MAX_LINE_BYTES, MAX_LINES, MAX_DEPTH = 1_048_576, 400_000, 20
TOO_LONG = "A line has more than 1 MiB: send an export as this service writes it."
NOT_OURS = "Send the JSON Lines of GET /v1/me/export: the first line is its manifest."
Key = tuple[str, ...]


class ExportReader:
    """Reads an export line by line. Raises TableError for a file that is none."""

    def __init__(self, content: bytes, context: Context) -> None:
        self.questions: list[dict[str, Any]] = []
        self.recognised: dict[str, Any] = {"encoding": "utf-8"}
        self._context = context
        self._lines = self._numbered(content)
        self._left_out: Counter[str] = Counter()
        self._in_file: set[Key] = set()
        self._check_manifest()

    def next_rows(self, session: OwnedSession) -> list[PlannedRow]:
        """Return the next rows with their plans, none at the end."""
        planned: list[PlannedRow] = []
        while not planned:
            some = list(islice(self._lines, ROWS_AT_ONCE))
            if not some:
                break
            planned = [row for number, line in some if (row := self._row(number, line)) is not None]
            self._compare(session, planned)
        self.recognised["left_out"] = dict(self._left_out)
        return planned

    def _numbered(self, content: bytes) -> Iterator[tuple[int, bytes]]:
        start, number = 0, 0
        while start < len(content):
            end = content.find(b"\n", start)
            end = len(content) if end < 0 else end
            number += 1
            if end - start > MAX_LINE_BYTES:
                raise TableError("line_too_long", TOO_LONG)
            if number > MAX_LINES:
                raise TableError("too_many_rows", f"Send at most {MAX_LINES:,} lines.")
            if line := content[start:end].strip():
                yield number, line
            start = end + 1

    def _check_manifest(self) -> None:
        first = next(self._lines, (1, b""))[1]
        manifest = _parsed(first.removeprefix(b"\xef\xbb\xbf"))
        if manifest is None or manifest.get("type") != "manifest" or manifest.get("format") != FORMAT:
            raise TableError("not_an_export", NOT_OURS)
        version = manifest.get("format_version")
        if not isinstance(version, int) or not 1 <= version <= FORMAT_VERSION:
            detail = f"This export has another format than version {FORMAT_VERSION}: use a newer Afterword."
            raise TableError("unknown_format_version", detail)

    def _row(self, number: int, line: bytes) -> PlannedRow | None:
        """Return the plan of a line; None for what is not restored, such as tokens."""
        document = _parsed(line)
        row = PlannedRow(number, [])
        if document is None or not isinstance(document.get("type"), str):
            row.fail("invalid_value", "The line is not a JSON object with a type.")
            return row
        kind = document["type"]
        if kind == str(User.__tablename__) and self._context.options.profile:
            return _profile_row(row, document)
        table = BY_NAME.get(kind)
        if table is None:
            self._left_out[kind[:40]] += 1
            return None
        try:
            restored_values(table, document)
        except ValueFaultError as fault:
            row.fail("invalid_value", fault.detail, fault.column or None)
            return row
        row.plan = {"type": kind, "row": {name: document[name] for name in columns_of(table) if name in document}}
        return row

    def _compare(self, session: OwnedSession, planned: Sequence[PlannedRow]) -> None:
        """Compare rows with those of the account, and resolve what they point at in the file and the account."""
        ready = [row for row in planned if row.outcome == "new" and "row" in row.plan]
        wanted: dict[str, set[Key]] = {}
        for row in ready:
            kind, values = row.plan["type"], row.plan["row"]
            wanted.setdefault(kind, set()).add(key_of(BY_NAME[kind], values))
            for other, id_ in links_of(BY_NAME[kind], values):
                wanted.setdefault(other, set()).add((id_,))
        there = {(kind, *key): row for kind, keys in wanted.items() for key, row in _rows(session, kind, keys)}
        for row in planned:
            if "profile" in row.plan:
                _compare_profile(session, row)
            elif row in ready:
                self._resolve(row, there)

    def _resolve(self, row: PlannedRow, there: Mapping[Key, Any]) -> None:
        kind, values = row.plan["type"], row.plan["row"]
        table, key = BY_NAME[kind], key_of(BY_NAME[kind], values)
        for other, id_ in links_of(table, values):
            if (other, id_) not in there and (other, id_) not in self._in_file:
                row.fail("points_nowhere", "It points at an object that is neither in the file nor in the account.")
                return
        known = there.get((kind, *key))
        if known is not None:
            row.outcome = "same" if is_same(table, known, values) else "duplicate"
            row.duplicate_of = key[0]
        elif (kind, *key) in self._in_file:
            row.fail("not_restored", "The file has an object with this id twice.")
            return
        self._in_file.add((kind, *key))


def _profile_row(row: PlannedRow, document: Mapping[str, Any]) -> PlannedRow:
    try:
        row.plan = {"type": str(User.__tablename__), "profile": profile_values(document)}
    except ValueError:
        row.fail("invalid_value", "The profile does not fit: send profile: false to leave it as it is.")
        return row
    row.outcome = "update"
    return row


def _compare_profile(session: OwnedSession, row: PlannedRow) -> None:
    user = current_user(session)
    if all(getattr(user, name) == value for name, value in row.plan["profile"].items()):
        row.outcome = "same"


def _rows(session: OwnedSession, kind: str, keys: set[Key]) -> list[tuple[Key, Any]]:
    """Return the rows of the account with some keys, also those that are deleted."""
    table = BY_NAME[kind]
    names = key_names(table)
    columns = [col(getattr(table, name)) for name in names]
    chosen = columns[0].in_([key[0] for key in keys]) if len(names) == 1 else tuple_(*columns).in_(sorted(keys))
    return [(tuple(getattr(row, name) for name in names), row) for row in session.exec(select(table).where(chosen))]


def _parsed(line: bytes) -> dict[str, Any] | None:
    """Return the object of a line, None if it is none, or nested too deeply."""
    try:
        document = json.loads(line.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) and _depth(document) <= MAX_DEPTH else None


def _no_constant(_name: str) -> None:
    raise ValueError("NaN and Infinity are not valid JSON")


def _depth(value: object, depth: int = 0) -> int:
    if depth > MAX_DEPTH or not isinstance(value, dict | list):
        return depth
    inner = value.values() if isinstance(value, dict) else value
    return max((_depth(one, depth + 1) for one in inner), default=depth + 1)
