"""Hostile request bodies as bytes: not JSON, not an object, not UTF-8, too large or endless.

Most are made from a valid body, so that only the hostile part can be the reason for the refusal.
"""

import codecs
import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat

from tests.hostile.inputs import MARK

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
TOO_LARGE = 262_145
Made = bytes | Iterator[bytes]
"""A whole body, or the parts of a chunked body."""


@dataclass(frozen=True)
class Body:
    """A change of the bytes of a valid body, and the status of the answer.

    `optional`: the body is accepted if the operation does not require one.
    """

    name: str
    spoil: Callable[[bytes], Made]
    optional: bool = False
    status: int = 422

    def __str__(self) -> str:
        return self.name


def _instead(content: bytes | str) -> Callable[[bytes], Made]:
    return lambda _: content.encode() if isinstance(content, str) else content


def _with(name: str, value: str = "1") -> Callable[[bytes], Made]:
    """Insert a member before all others; the valid body may have none."""
    return lambda good: b"{" + f"{name}: {value}".encode() + (b"," if good[1:].strip() != b"}" else b"") + good[1:]


def _twice(good: bytes) -> bytes:
    """Repeat the first member."""
    document = json.loads(good) or {MARK: 1}
    name, value = next(iter(document.items()))
    return b"{" + f"{json.dumps(name)}: {json.dumps(value)},".encode() + json.dumps(document).encode()[1:]


def _in_parts(good: bytes) -> Iterator[bytes]:
    yield good[:-1]
    yield from repeat(b" " * 65_536)


UNREADABLE = [
    Body("empty", _instead(b""), optional=True),
    Body("spaces", _instead(b" \r\n\t ")),
    Body("truncated", lambda good: good[:-1]),
    Body("truncated-within-a-text", _instead(f'{{"note": "{MARK}')),
    Body("trailing-text", lambda good: good + MARK.encode()),
    Body("two-documents", lambda good: good + good),
    Body("a-trailing-comma", lambda good: good[:-1] + b",}"),
    Body("single-quotes", _instead(f"{{'note': '{MARK}'}}")),
    Body("names-without-quotes", _instead(f'{{note: "{MARK}"}}')),
    Body("a-comment", lambda good: f"/* {MARK} */".encode() + good),
    Body("a-form", _instead(f"note={MARK}&at=now")),
    Body("xml", _instead(f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///{MARK}">]><a>&x;</a>')),
    Body("yaml", _instead(f"note: !!python/object/apply:os.system [{MARK}]")),
    Body("lines-of-json", lambda good: good + b"\n" + good),
    Body("a-leading-nul", lambda good: b"\x00" + good),
    Body("a-trailing-nul", lambda good: good + b"\x00"),
    Body("gzip", gzip.compress),
    Body("all-bytes", _instead(bytes(range(256)))),
]
ENCODINGS = [
    Body("two-byte-order-marks", lambda good: codecs.BOM_UTF8 * 2 + good),
    Body("utf-16", lambda good: good.decode().encode("utf-16")),
    Body("utf-16-little-endian", lambda good: good.decode().encode("utf-16-le")),
    Body("utf-16-big-endian", lambda good: good.decode().encode("utf-16-be")),
    Body("utf-32", lambda good: good.decode().encode("utf-32")),
    Body("utf-7", _instead(f'{{"note": "{MARK}"}}'.encode("utf-7") + b"+AGE-")),
    Body("latin-1", lambda good: b'{"\xe4": 1,' + good[1:]),
    Body("byte-ff", lambda good: b'{"\xff": 1,' + good[1:]),
    Body("overlong-slash", lambda good: b'{"\xc0\xaf": 1,' + good[1:]),
    Body("overlong-nul", lambda good: b'{"\xc0\x80": 1,' + good[1:]),
    Body("a-lone-surrogate-in-bytes", lambda good: b'{"\xed\xa0\x80": 1,' + good[1:]),
    Body("a-truncated-character", lambda good: b'{"\xe2\x82": 1,' + good[1:]),
    Body("beyond-unicode", lambda good: b'{"\xf4\x90\x80\x80": 1,' + good[1:]),
    Body("a-raw-newline-in-a-text", _with('"note"', f'"{MARK}\n"')),
    Body("a-raw-nul-in-a-text", _with('"note"', f'"{MARK}\x00"')),
]
NO_OBJECTS = [
    Body("null", _instead("null"), optional=True),
    Body("true", _instead("true")),
    Body("a-number", _instead("1")),
    Body("a-text", _instead(f'"{MARK}"')),
    Body("the-body-as-a-text", lambda good: json.dumps(good.decode()).encode()),
    Body("an-empty-list", _instead("[]")),
    Body("the-body-in-a-list", lambda good: b"[" + good + b"]"),
    Body("a-patch-of-another-kind", _instead(f'[{{"op": "add", "path": "/{MARK}", "value": 1}}]')),
    Body("endless-lists", _instead("[" * 100_000)),
    Body("endless-objects", _instead('{"a":' * 40_000)),
    Body("a-number-of-a-hundred-thousand-digits", _instead("9" * 100_000)),
]
MEMBERS = [
    Body("a-duplicate-name", _twice),
    Body("an-escaped-duplicate-name", _with(f'"{MARK}": 1, "\\u0071{MARK[1:]}"')),
    Body("an-unknown-name", _with(f'"{MARK}"')),
    Body("an-empty-name", _with('""')),
    Body("a-name-of-a-hundred-thousand-characters", _with(f'"{MARK}{"a" * 100_000}"')),
    Body("a-name-with-nul", _with(f'"{MARK}\\u0000"')),
    Body("a-name-with-a-lone-surrogate", _with(f'"{MARK}\\ud800"')),
    Body("a-name-with-a-bidi-override", _with(f'"\\u202e{MARK}"')),
    Body("a-name-with-a-header", _with(f'"{MARK}\\r\\nX-A: b"')),
    Body("a-text-with-nul", _with('"note"', '"\\u0000"')),
    Body("a-text-with-a-lone-surrogate", _with('"note"', '"\\ud800"')),
    Body("a-number-of-ten-thousand-digits", _with(f'"{MARK}"', "9" * 10_000)),
    Body("a-prototype", _with('"__proto__"', f'{{"{MARK}": 1}}')),
    Body("a-class", _with('"__class__"', f'"{MARK}"')),
    Body("an-owner", _with('"user_id"', '"019577a0-0000-7000-8000-000000000001"')),
    Body("a-version", _with('"version"', "1000000")),
    Body("a-creation-time", _with('"created_at"', '"2026-01-01T00:00:00Z"')),
    Body("an-entity-tag", _with('"etag"', f'"{MARK}"')),
    Body("two-thousand-names", _with(",".join(f'"{MARK}{n}": 1' for n in range(2_000)) + ', "last"')),
    Body("not-a-number", _with(f'"{MARK}"', "NaN")),
    Body("beyond-the-largest-float", _with(f'"{MARK}"', "1e400")),
    Body("thirty-three-lists-deep", _with(f'"{MARK}"', "[" * 33 + "]" * 33)),
    Body("sixty-thousand-lists-deep", _with(f'"{MARK}"', "[" * 60_000 + "]" * 60_000)),
]
SIZES = [
    Body("a-byte-too-large", lambda good: good + b" " * (TOO_LARGE - len(good)), status=413),
    Body("a-million-characters", _with(f'"{MARK}"', f'"{"a" * 1_000_000}"'), status=413),
    Body("endless-parts", _in_parts, status=413),
]
BODIES: tuple[Body, ...] = (*UNREADABLE, *ENCODINGS, *NO_OBJECTS, *MEMBERS, *SIZES)

CONTENT_TYPES: Mapping[str, bytes | None] = {
    "none": None,
    "empty": b"",
    "plain-text": b"text/plain",
    "html": b"text/html",
    "a-form": b"application/x-www-form-urlencoded",
    "multipart": b"multipart/form-data; boundary=" + MARK.encode(),
    "multipart-without-a-boundary": b"multipart/form-data",
    "xml": b"application/xml",
    "another-patch": b"application/json-patch+json",
    "json-of-an-api": b"application/vnd.api+json",
    "another-json": b"application/problem+json",
    "json-and-more": b"application/jsonx",
    "json-as-text": b"text/json",
    "two-at-once": b"application/json, text/plain",
    "anything": b"*/*",
    "two-slashes": b"application//json",
    "a-space-within": b"application /json",
    "a-trailing-nul": b"application/json\x00",
    "a-header-injection": b"application/json\r\nX-A: " + MARK.encode(),
    "not-ascii": "application/jsön".encode(),
    "a-hundred-thousand-characters": MARK.encode() * 10_000,
}
FINE_CONTENT_TYPES: Mapping[str, bytes] = {
    "in-capitals": b"APPLICATION/JSON",
    "with-charset": b"application/json; charset=utf-8",
    "with-ignored-parameters": b"application/json; charset=utf-16; a=b",
}
