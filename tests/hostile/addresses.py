"""Hostile path segments and query strings, percent-encoded as they are sent.

None of them names an existing object or parameter, so the answer is 404 for a path and 422 for a query.
"""

from collections.abc import Mapping

from tests.hostile.inputs import MARK

M = MARK.encode()
SEGMENTS: Mapping[str, bytes] = {
    "a-word": M,
    "nul": M + b"%00",
    "nul-alone": b"%00",
    "a-slash": b"%2F" + M,
    "two-slashes": b"%2F%2F" + M,
    "a-backslash": b"..%5C" + M,
    "upwards": b"%2e%2e%2f%2e%2e%2f" + M,
    "upwards-unencoded": b"../" + M,
    "a-dot": b".",
    "two-dots": b"..",
    "encoded-twice": b"%252e%252e%252f" + M,
    "overlong-slash": b"%c0%af" + M,
    "overlong-nul": b"%c0%80" + M,
    "lone-surrogate": b"%ed%a0%80" + M,
    "invalid-utf-8": b"%ff" + M,
    "a-truncated-character": b"%e2%82" + M,
    "a-header-injection": M + b"%0d%0aSet-Cookie:%20a=b",
    "a-newline": b"%0a" + M,
    "an-escape": b"%1b%5b2J" + M,
    "a-bidi-override": b"%e2%80%ae" + M,
    "digits-of-another-script": b"%d9%a0%d9%a1",
    "a-percent-sign-without-digits": b"%" + M,
    "a-percent-sign-with-wrong-digits": b"%zz" + M,
    "a-unicode-escape-of-microsoft": b"%u0041" + M,
    "a-placeholder": b"{id}" + M,
    "a-star": b"*",
    "zero": b"0",
    "minus-one": b"-1",
    "null": b"null",
    "undefined": b"undefined",
    "sql": b"'%20OR%20'1'='1" + M,
    "html": b"%3Cscript%3E" + M,
    "parameters-of-a-path": b";a=b" + M,
    "a-hash": b"%23" + M,
    "a-question-mark": b"%3F" + M,
    "version-4": b"5b3b1a0e-7a1e-4c3f-9a55-0e8f0c1f2a3b",
    "an-id-of-nobody": b"01f00000-0000-7000-8000-0000000000ff",
    "all-zeros": b"00000000-0000-0000-0000-000000000000",
    "without-hyphens": b"019577a0000070008000000000000001",
    "in-braces": b"%7B019577a0-0000-7000-8000-000000000001%7D",
    "a-trailing-space": b"019577a0-0000-7000-8000-000000000001%20",
    "a-number-of-a-hundred-digits": b"9" * 100,
    "sixty-four-characters": b"a" * 64,
    "sixty-five-characters": b"a" * 65,
    "ten-thousand-characters": M + b"a" * 10_000,
    "a-million-characters": M + b"a" * 1_000_000,
}
QUERIES: Mapping[str, bytes] = {
    "an-unknown-name": M + b"=1",
    "an-unknown-name-alone": M,
    "an-empty-name": b"=" + M,
    "an-unknown-name-with-nul": M + b"%00=1",
    "an-unknown-name-with-a-bidi-override": b"%e2%80%ae" + M + b"=1",
    "an-unknown-name-with-a-header": M + b"%0d%0aX-A:b=1",
    "an-unknown-name-with-invalid-utf-8": b"%ff" + M + b"=1",
    "an-unknown-name-with-a-lone-surrogate": b"%ed%a0%80" + M + b"=1",
    "an-unknown-name-of-a-hundred-thousand-characters": M + b"a" * 100_000 + b"=1",
    "ten-thousand-names": b"&".join(b"%s%d=1" % (M, n) for n in range(10_000)),
    "a-name-in-brackets": b"limit[]=1",
    "a-name-in-capitals": b"LIMIT=1",
    "a-name-that-is-a-method": b"_method=DELETE",
    "another-owner": b"user_id=019577a0-0000-7000-8000-000000000001",
    "raw-invalid-utf-8": b"\xff\xfe" + M + b"=1",
    "raw-characters-beyond-ascii": "ä".encode() + M + b"=1",
}
VALUES: Mapping[str, bytes] = {
    "nul": M + b"%00",
    "overlong-slash": b"%c0%af" + M,
    "lone-surrogate": b"%ed%a0%80" + M,
    "invalid-utf-8": b"%ff" + M,
    "a-truncated-character": b"%e2%82" + M,
    "a-raw-byte": b"\xff" + M,
    "raw-characters-beyond-ascii": "ä".encode() + M,
    "a-control-character": b"%07" + M,
    "a-header-injection": M + b"%0d%0aSet-Cookie:%20a=b",
    "a-million-characters": M + b"a" * 1_000_000,
}
FINE_QUERIES = (b"&", b"&&&")
"""Query strings without any parameter are accepted."""
