"""Malformed HTTP requests as bytes, which no client library sends. Most would record an application if accepted.

The connection stays open after the last byte: a request that announces more than it sends waits for the timeout.
"""

from collections.abc import Iterator, Mapping
from itertools import chain, repeat

from tests.hostile.inputs import MARK

M = MARK.encode()
BODY = b'{"company": "' + M + b'", "role": "Engineer"}'
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNK = b"%x\r\n%b\r\n" % (len(BODY), BODY)
Wire = Mapping[str, bytes]


def post(headers: bytes = LENGTH, body: bytes = BODY, line: bytes = b"POST /v1/applications HTTP/1.1") -> bytes:
    """Return a request that would record an application; `@token@` stands for the value of `Authorization`."""
    fixed = b"Host: here\r\nAuthorization: @token@\r\nContent-Type: application/json\r\n"
    return b"%b\r\n%b%b\r\n%b" % (line, fixed, headers, body)


def chunked(body: bytes, headers: bytes = b"") -> bytes:
    return post(b"Transfer-Encoding: chunked\r\n" + headers, body)


LINES: Wire = {
    "nothing-but-line-ends": b"\r\n" * 1_000,
    "all-bytes": bytes(range(256)) * 100,
    "nuls": b"\x00" * 10_000,
    "a-handshake-of-tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500,
    "a-preface-of-http-2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "nul-in-the-path": post(line=b"POST /v1/applications\x00 HTTP/1.1"),
    "a-raw-byte-in-the-path": post(line=b"POST /v1/applications\xff HTTP/1.1"),
    "a-space-in-the-path": post(line=b"POST /v1/ applications HTTP/1.1"),
    "a-tab-in-the-path": post(line=b"POST /v1/\tapplications HTTP/1.1"),
    "a-newline-in-the-path": post(line=b"POST /v1/\napplications HTTP/1.1"),
    "no-version": post(line=b"POST /v1/applications"),
    "an-unknown-version": post(line=b"POST /v1/applications HTTP/9.9"),
    "another-protocol": post(line=b"POST /v1/applications ICE/1.1"),
    "a-method-in-small-letters": post(line=b"post /v1/applications HTTP/1.1"),
    "an-unknown-method": post(line=M + b" /v1/applications HTTP/1.1"),
    "a-method-of-another-protocol": post(line=b"PROPFIND /v1/applications HTTP/1.1"),
    "a-method-of-a-hundred-thousand-letters": post(line=b"P" * 100_000 + b" / HTTP/1.1"),
    "a-path-of-a-million-characters": post(line=b"POST /" + M + b"a" * 1_000_000 + b" HTTP/1.1"),
    "a-query-of-a-million-characters": post(line=b"POST /v1/applications?" + b"a" * 1_000_000 + b" HTTP/1.1"),
    "a-query-of-raw-bytes": post(line=b"POST /v1/applications?\xff\xfe HTTP/1.1"),
    "no-path": post(line=b"POST  HTTP/1.1"),
    "no-slash": post(line=b"POST v1/applications HTTP/1.1"),
    "a-star": post(line=b"OPTIONS * HTTP/1.1"),
    "a-tunnel": b"CONNECT here:1 HTTP/1.1\r\nHost: here\r\n\r\n",
    "a-path-with-two-slashes": post(line=b"POST //" + M + b"/v1/applications HTTP/1.1"),
    "an-invalid-absolute-address": post(line=b"POST http://[" + M + b"/v1/applications HTTP/1.1"),
    "an-absolute-address-of-a-file": post(line=b"POST file:///etc/passwd HTTP/1.1"),
}


def _to(*hosts: bytes, version: bytes = b"1.1") -> bytes:
    """Return a request that is fine but for these values of Host."""
    return b"GET /livez HTTP/%b\r\n%b\r\n" % (version, b"".join(b"Host: %b\r\n" % host for host in hosts))


HOSTS: Wire = {
    "no-host": _to(),
    "two-hosts": _to(b"here", M),
    "two-hosts-that-agree": _to(b"here", b"here"),
    "two-hosts-in-http-1-0": _to(b"here", M, version=b"1.0"),
    "two-hosts-in-one-line": _to(b"here, " + M),
    "a-host-with-a-space": _to(b"here " + M),
    "a-host-with-a-bracket": _to(b"[" + M),
    "a-host-with-a-path": _to(b"here/" + M),
    "a-host-with-a-question": _to(b"here?" + M),
    "a-host-with-a-user": _to(M + b"@here"),
    "a-host-with-a-scheme": _to(b"http://" + M),
    "a-host-with-a-port-of-letters": _to(b"here:" + M),
    "a-host-beyond-ascii": _to(M + b"\xff"),
    "an-upgrade-without-host": _to().replace(b"\r\n\r\n", b"\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
}
HEADERS: Wire = {
    "nul-in-a-value": post(LENGTH + b"X-A: " + M + b"\x00\r\n"),
    "nul-in-a-name": post(LENGTH + b"X-\x00A: b\r\n"),
    "a-bare-carriage-return": post(LENGTH + b"X-A: " + M + b"\rX-B: c\r\n"),
    "a-control-character": post(LENGTH + b"X-A: \x01" + M + b"\r\n"),
    "a-space-before-the-colon": post(LENGTH + b"X-A : b\r\n"),
    "no-colon": post(LENGTH + M + b"\r\n"),
    "no-name": post(LENGTH + b": " + M + b"\r\n"),
    "a-name-beyond-ascii": post(LENGTH + b"X-\xc3\xa4: b\r\n"),
    "a-name-of-a-million-letters": post(LENGTH + b"X" * 1_000_000 + b": b\r\n"),
    "a-value-of-a-million-letters": post(LENGTH + b"X-A: " + b"a" * 1_000_000 + b"\r\n"),
    "a-hundred-thousand-lines": post(LENGTH + b"X-A: b\r\n" * 100_000),
    "two-tokens": post(LENGTH + b"Authorization: Bearer " + M + b"\r\n"),
    "two-content-types": post(LENGTH + b"Content-Type: text/plain\r\n"),
    "two-keys": post(LENGTH + b"Idempotency-Key: a\r\nIdempotency-Key: b\r\n"),
}
LENGTHS: Wire = {
    "a-negative-length": post(b"Content-Length: -1\r\n"),
    "a-length-with-a-plus": post(b"Content-Length: +" + LENGTH[16:]),
    "a-length-in-hexadecimal": post(b"Content-Length: 0x2f\r\n"),
    "a-length-with-an-exponent": post(b"Content-Length: 4e1\r\n"),
    "a-length-of-words": post(b"Content-Length: " + M + b"\r\n"),
    "an-empty-length": post(b"Content-Length: \r\n"),
    "a-length-of-two-to-the-64": post(b"Content-Length: 18446744073709551616\r\n"),
    "a-length-of-a-thousand-digits": post(b"Content-Length: " + b"9" * 1_000 + b"\r\n"),
    "a-length-of-a-list": post(b"Content-Length: 47, 47\r\n"),
    "two-lengths-that-differ": post(LENGTH + b"Content-Length: 5\r\n"),
    "two-lengths-that-agree": post(LENGTH + LENGTH),
    "a-length-too-large": post(b"Content-Length: 262145\r\n"),
    "a-length-of-a-terabyte": post(b"Content-Length: 1099511627776\r\n"),
    "more-announced-than-sent": post(b"Content-Length: 5000\r\n"),
    "less-announced-than-sent": post(b"Content-Length: 10\r\n"),
    "no-length": post(b""),
    "length-and-chunks": chunked(CHUNK + b"0\r\n\r\n", LENGTH),
    "chunks-and-a-length-that-hides-a-request": chunked(
        b"0\r\n\r\nDELETE /v1/me HTTP/1.1\r\nHost: here\r\n\r\n", b"Content-Length: 4\r\n"
    ),
    "chunks-by-another-name": post(b"Transfer-Encoding: xchunked\r\n", CHUNK + b"0\r\n\r\n"),
    "chunks-twice": post(b"Transfer-Encoding: chunked, chunked\r\n", CHUNK + b"0\r\n\r\n"),
    "chunked-then-gzip": post(b"Transfer-Encoding: chunked, gzip\r\n", CHUNK + b"0\r\n\r\n"),
    "chunks-behind-a-space": post(b"Transfer-Encoding : chunked\r\n", CHUNK + b"0\r\n\r\n"),
    "chunks-behind-a-tab-and-a-length": post(b"Transfer-Encoding:\x0bchunked\r\n" + LENGTH),
}
CHUNKS: Wire = {
    "an-invalid-size": chunked(b"zz\r\n" + BODY),
    "a-negative-size": chunked(b"-1\r\n" + BODY),
    "a-size-with-a-prefix": chunked(b"0x2f\r\n" + BODY),
    "an-empty-size": chunked(b"\r\n" + BODY),
    "a-size-of-two-to-the-64": chunked(b"1" + b"0" * 16 + b"\r\n" + BODY),
    "a-size-of-a-thousand-digits": chunked(b"f" * 1_000 + b"\r\n" + BODY),
    "a-size-larger-than-the-chunk": chunked(b"fff\r\n" + BODY),
    "a-size-smaller-than-the-chunk": chunked(b"4\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "no-line-end-after-a-chunk": chunked(CHUNK[:-2] + b"0\r\n\r\n"),
    "no-last-chunk": chunked(CHUNK),
    "all-bytes-as-chunks": chunked(bytes(range(256))),
    "nul-in-a-size": chunked(b"2\x00f\r\n" + BODY),
}
BROKEN: Wire = {**LINES, **HOSTS, **HEADERS, **LENGTHS, **CHUNKS}
FINE: Wire = {
    "an-absolute-address": b"GET http://" + M + b"/livez HTTP/1.1\r\nHost: here\r\n\r\n",
    "a-hash": b"GET /livez#" + M + b" HTTP/1.1\r\nHost: here\r\n\r\n",
    "http-1-0": _to(version=b"1.0"),
    "an-empty-host": _to(b""),
    "a-host-with-a-port": _to(b"my_app.example:8000"),
    "a-host-with-an-ipv6-address": _to(b"[::1]:8000"),
    "an-unknown-expectation": b"GET /livez HTTP/1.1\r\nHost: here\r\nExpect: " + M + b"\r\n\r\n",
    "an-upgrade-to-http-2": b"GET /livez HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "an-upgrade-to-a-socket": b"GET /livez HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "an-unneeded-body": b"GET /livez HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\n\r\nabcde",
    "a-line-end-before-the-request": b"\r\nGET /livez HTTP/1.1\r\nHost: here\r\n\r\n",
}
"""Unusual but valid requests, which are answered normally."""


def without_end() -> dict[str, Iterator[bytes]]:
    """Return endless requests as parts."""
    head = b"GET /livez HTTP/1.1\r\nHost: here\r\n"
    return {
        "endless-headers": chain([head], repeat(b"X-A: b\r\n" * 1_000)),
        "an-endless-header": chain([head + b"X-A: "], repeat(b"a" * 65_536)),
        "an-endless-path": chain([b"GET /"], repeat(b"a" * 65_536)),
        "endless-line-ends": repeat(b"\r\n" * 10_000),
        "endless-chunks": chain([chunked(b"")], repeat(b"1\r\n \r\n" * 10_000)),
        "an-endless-chunk": chain([chunked(b"fffffff\r\n")], repeat(b" " * 65_536)),
        "an-endless-chunk-extension": chain([chunked(b"1;")], repeat(b"a" * 65_536)),
        "endless-trailers": chain([chunked(CHUNK + b"0\r\n")], repeat(b"X-A: b\r\n" * 1_000)),
        "an-endless-body": chain([post(b"Content-Length: 99999999\r\n")], repeat(b" " * 65_536)),
    }
