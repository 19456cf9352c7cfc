"""Genuine cursors of all lists, and the tampered and forged cursors made from them."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, quote

from api.storage.keyset import DIGEST_LENGTH, _digest, _encoded
from tests.hostile import cursors
from tests.hostile.asgi_client import Sent
from tests.hostile.attempts import Attempt, Target, Verdict
from tests.hostile.fuzz_harness import FuzzHarness


def lists(harness: FuzzHarness) -> list[Target]:
    """Return the operations that return pages."""
    return [one for one in harness.targets if "cursor" in {parameter["name"] for parameter in one.parameters("query")}]


def lengthen(harness: FuzzHarness, target: Target) -> None:
    """Add rows to a list by the POST of its address or the PUT below it."""
    for other in harness.targets:
        above, _, last = other.template.rpartition("/")
        if other.template == target.template and other.good.method == "POST":
            for _ in range(2):
                assert harness.send(other.good).status == 201, other.name
        if above == target.template and other.good.method == "PUT":
            for id_ in _ids(harness, f"/v1/{last.strip('{}').removesuffix('_id')}s", other.good):
                path = other.good.path.rpartition(b"/")[0] + b"/" + id_.encode()
                assert harness.send(replace(other.good, path=path)).status in (200, 201), other.name


def _ids(harness: FuzzHarness, path: str, like: Sent) -> list[str]:
    answer = harness.send(Sent("GET", path.encode(), headers=like.having("Content-Type").headers))
    return [str(item["id"]) for item in json.loads(answer.body)["items"]]


def orders(target: Target) -> list[str]:
    """Return the values of `sort`; an empty text for a list with one order only."""
    found = [one["schema"] for one in target.parameters("query") if one["name"] == "sort"]
    return [*found[0].get("enum", [found[0].get("const")])] if found else [""]


def cursor_of(harness: FuzzHarness, target: Target, sort: str = "") -> str:
    """Return the cursor after the first row of a list; fails for a list of fewer than two rows."""
    cursor = json.loads(harness.send(_asking(target, limit="1", sort=sort)).body)["next_cursor"]
    assert cursor, f"{target.name} needs two rows of the demo account"
    return str(cursor)


def _asking(target: Target, **params: str) -> Sent:
    given = [f"{name}={quote(value)}" for name, value in params.items() if value or name == "cursor"]
    return target.asking("&".join(given).encode())


def tampered(target: Target, cursor: str, foreign: dict[str, str]) -> Iterator[Attempt]:
    """Yield changed cursors, cursors of other lists, and the list's own cursor with another `sort`."""
    for name, change in cursors.CHANGED.items():
        yield Attempt(name, _asking(target, cursor=change(cursor)))
    for name, other in foreign.items():
        if name != target.name:
            yield Attempt(f"of {name}", _asking(target, cursor=other))
    sent = _asking(target, cursor=cursor)
    yield Attempt("twice", replace(sent, query=sent.query + b"&" + sent.query))
    yield Attempt("genuine", sent, Verdict.WORKS)
    for sort in filter(None, orders(target)):
        yield Attempt(f"sorted by {sort}", _asking(target, cursor=cursor, sort=sort))


def forged(target: Target, sort: str, cursor: str, user_id: str) -> Iterator[Attempt]:
    """Yield forged payloads with a valid digest, which needs no secret. A genuine payload must work, as a check."""
    instant, keys = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))[DIGEST_LENGTH:])
    filters = sorted([*parse_qsl(target.good.query.decode()), *([("sort", sort)] if sort else [])])
    bound_to = f"{target.good.path.decode()}?{filters}"

    def signed(payload: str) -> Sent:
        raw = payload.encode("utf-8", "surrogateescape")
        return _asking(target, cursor=_encoded(_digest(raw, user_id, bound_to) + raw), sort=sort)

    yield Attempt("signed as ours", signed(json.dumps([instant, keys], separators=(",", ":"))), Verdict.WORKS)
    for name, payload in cursors.PAYLOADS.items():
        yield Attempt(f"signed {name}", signed(payload))
    for name, wrong in cursors.INSTANTS.items():
        yield Attempt(f"signed instant {name}", signed(json.dumps([wrong, keys])))
    for place in range(len(keys)):
        for name, wrong in {**cursors.KEYS, **cursors.TEXT_KEYS}.items():
            verdict = Verdict.REFUSED if name in cursors.KEYS else Verdict.JUDGED
            others = [*keys[:place], wrong, *keys[place + 1 :]]
            yield Attempt(f"signed key {place} {name}", signed(json.dumps([instant, others])), verdict)
