"""Hostile values of headers: of those that the document names, and of others, which are sent to every operation."""

from collections.abc import Mapping

from tests.hostile.inputs import MARK

M = MARK.encode()
Values = Mapping[str, bytes]
COMMON: Values = {
    "nul": M + b"\x00",
    "a-header-injection": M + b"\r\nSet-Cookie: a=b",
    "a-bare-newline": M + b"\nX-A: b",
    "an-escape": M + b"\x1b[2J",
    "delete": M + b"\x7f",
    "latin-1": M + b"\xe4\xff",
    "utf-8": M + "ä\u202e".encode(),
    "a-lone-surrogate-in-bytes": M + b"\xed\xa0\x80",
    "a-million-characters": M + b"a" * 1_000_000,
    "a-million-commas": b"," * 1_000_000,
}
IF_MATCH: Values = {
    **COMMON,
    "another-version": b'"999999999"',
    "without-quotes": b"1",
    "one-quote": b'"1',
    "weak": b'W/"1"',
    "empty": b"",
    "an-empty-list": b",,,",
    "a-list-of-others": b'"7", "8", W/"9"',
    "a-star-within": b'"*"',
    "a-tag-with-a-mark": b'"' + M + b'"',
}
IDEMPOTENCY_KEY: Values = {
    **COMMON,
    "empty": b"",
    "a-space-within": M + b" b",
    "a-tab-within": M + b"\tb",
    "256-characters": b"k" * 256,
}
AUTHORIZATION: Values = {
    **COMMON,
    "empty": b"",
    "a-scheme-alone": b"Bearer",
    "a-scheme-and-spaces": b"Bearer    ",
    "a-token-without-a-scheme": b"awp_" + M,
    "basic": b"Basic " + M,
    "another-scheme-and-nothing": b"Digest",
    "a-token-of-nobody": b"Bearer awp_" + M + b"0" * 33 + b"000000",
    "a-token-of-a-million-characters": b"Bearer " + M + b"a" * 1_000_000,
    "a-token-with-nul": b"Bearer " + M + b"\x00",
    "a-token-beyond-ascii": b"Bearer " + M + b"\xff",
    "two-tokens": b"Bearer " + M + b", Bearer " + M,
    "a-token-of-json": b"Bearer eyJhbGciOiJub25lIn0.e30.",
}
DOCUMENTED: Mapping[str, Values] = {
    "If-Match": IF_MATCH,
    "If-None-Match": {
        "a-million-characters": COMMON["a-million-characters"],
        "a-million-commas": COMMON["a-million-commas"],
        "nul": COMMON["nul"],
        "a-header-injection": COMMON["a-header-injection"],
        "an-escape": COMMON["an-escape"],
    },
    "Idempotency-Key": IDEMPOTENCY_KEY,
}
FINE: Mapping[str, Values] = {
    "If-Match": {"any": b"*", "any-of-several": b'"' + M + b'", *'},
    "If-None-Match": {
        "another-version": b'"999999999"',
        "without-quotes": M,
        "empty": b"",
        "an-empty-list": b",,,",
        "latin-1": COMMON["latin-1"],
    },
    "Idempotency-Key": {"all-visible-characters": bytes(range(0x21, 0x7F)), "255-characters": b"k" * 255},
}
ANYWHERE: Mapping[str, Values] = {
    "X-Request-ID": {**COMMON, "empty": b"", "a-space-within": M + b" b", "129-characters": M + b"a" * 119},
    "X-Unknown": COMMON,
    "Accept": {"an-unknown-type": b"image/" + M, "nonsense": M + b";;q=x", "not-ascii": b"\xff" + M},
    "Accept-Language": {"nonsense": M + b"-\xff"},
    "Cookie": {"nonsense": M + b"=\xff; ="},
    "Host": {
        "an-invalid-port": M + b":99999999999",
        "an-ipv6-address": b"[::1]:8000",
        "empty": b"",
    },
    "X-Forwarded-For": {"nonsense": M + b", \xff"},
    "X-Forwarded-Proto": {"a-script": b"javascript:" + M},
    "Forwarded": {"nonsense": b"for=" + M + b";proto=\xff"},
    "X-HTTP-Method-Override": {"another-method": b"DELETE"},
    "Range": {"nonsense": b"bytes=-1-" + M},
    "Origin": {"nonsense": b"null " + M},
}
"""Headers that no operation reads: hostile values have no effect and are not echoed."""
SINGLE = ("Authorization", "Content-Type", "Idempotency-Key")
"""Headers that may be sent only once: two different values are refused."""
