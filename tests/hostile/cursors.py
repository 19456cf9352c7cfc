"""Hostile cursors: changes of a genuine cursor, and forged payloads with a valid digest."""

import base64
import json
from collections.abc import Callable, Mapping

from tests.hostile.inputs import MARK

INSTANT = "2026-03-12T17:00:00+00:00"
LAST_YEAR = "9999-12-31T23:59:59+00:00"


def _flipped(cursor: str, place: int) -> str:
    """Replace one character by another of the same alphabet."""
    other = "A" if cursor[place] != "A" else "B"
    return cursor[:place] + other + cursor[place + 1 :]


def _with_loose_bits(cursor: str) -> str:
    """Change bits that lenient base64 decoders ignore; a cursor without such bits gets an ignored character."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    if len(cursor) % 4 == 0:
        return f"{cursor[:8]}*{cursor[8:]}"
    return cursor[:-1] + alphabet[alphabet.index(cursor[-1]) ^ 1]


CHANGED: Mapping[str, Callable[[str], str]] = {
    "empty": lambda _: "",
    "one-character-less": lambda cursor: cursor[:-1],
    "one-character-less-in-front": lambda cursor: cursor[1:],
    "half": lambda cursor: cursor[: len(cursor) // 2],
    "its-digest-alone": lambda cursor: cursor[:16],
    "its-payload-alone": lambda cursor: cursor[16:],
    "one-character-more": lambda cursor: f"{cursor}A",
    "twice": lambda cursor: cursor * 2,
    "its-first-character-changed": lambda cursor: _flipped(cursor, 0),
    "its-digest-changed": lambda cursor: _flipped(cursor, 10),
    "its-payload-changed": lambda cursor: _flipped(cursor, 24),
    "its-last-key-changed": lambda cursor: _flipped(cursor, len(cursor) - 6),
    "unused-bits-changed": _with_loose_bits,
    "padded": lambda cursor: cursor + "=" * (-len(cursor) % 4 or 4),
    "a-line-break-within": lambda cursor: f"{cursor[:8]}\n{cursor[8:]}",
    "a-trailing-space": lambda cursor: f"{cursor} ",
    "ignored-characters-within": lambda cursor: f"{cursor[:8]}!?*{cursor[8:]}",
    "in-capitals": lambda cursor: cursor.upper(),
    "backwards": lambda cursor: cursor[::-1],
    "a-trailing-nul": lambda cursor: f"{cursor}\x00",
    "not-ascii": lambda cursor: f"{cursor}ä",
    "words": lambda _: MARK,
    "json": lambda _: f'["{MARK}", []]',
    "base64-of-all-bytes": lambda _: base64.urlsafe_b64encode(bytes(range(256))).decode(),
    "base64-of-zeros": lambda _: base64.urlsafe_b64encode(bytes(12)).decode(),
    "base64-of-a-pickle": lambda _: base64.urlsafe_b64encode(b"\x80\x04\x95" + MARK.encode()).decode(),
    "two-thousand-characters": lambda cursor: (cursor * 100)[:2_000],
    "a-million-characters": lambda _: "A" * 1_000_000,
}
PAYLOADS: Mapping[str, str] = {
    "nothing": "",
    "no-json": MARK,
    "null": "null",
    "an-object": f'{{"{MARK}": 1}}',
    "no-keys": json.dumps([INSTANT]),
    "keys-that-are-no-list": json.dumps([INSTANT, MARK]),
    "no-values": json.dumps([INSTANT, []]),
    "too-many-values": json.dumps([INSTANT, [INSTANT] * 9]),
    "endless-nesting": "[" * 1_400,
    "not-utf-8": "\udcff",
}
"""Payloads that are invalid for every order of a list."""
INSTANTS: Mapping[str, object] = {
    "a-number": 1,
    "nothing": None,
    "no-offset": "2026-03-12T17:00:00",
    "a-word": MARK,
    "year-9999": LAST_YEAR,
    "after-the-last-instant-there-is": "9999-12-31T23:59:59-23:59",
    "before-the-first-instant-there-is": "0001-01-01T00:00:00+23:59",
    "before-1900": "1899-12-31T23:59:59+00:00",
}
"""Invalid values of the instant of the first page."""
KEYS: Mapping[str, object] = {
    "nothing": None,
    "a-list": [],
    "an-object": {},
    "nul": f"{MARK}\x00",
    "a-lone-surrogate": f"{MARK}\ud800",
    "a-number-too-large-for-any-column": 2**64,
    "not-a-number": float("nan"),
}
"""Values that are invalid keys for every order of a list."""
TEXT_KEYS: Mapping[str, object] = {
    "year-9999": LAST_YEAR,
    "after-the-last-instant-there-is": "9999-12-31T23:59:59-23:59",
    "before-the-first-instant-there-is": "0001-01-01T00:00:00+23:59",
    "in-braces": "{019577a0-0000-7000-8000-000000000001}",
    "a-word": MARK,
}
"""Values that are valid keys only in a list that is ordered by a text."""
