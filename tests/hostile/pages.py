"""Lists and their cursors: genuine ones, and everything that is made of them."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from api.pagination import DIGEST_LENGTH, _digest, _encoded
from tests.hostile import cursors
from tests.hostile.attempts import Attempt, Target, Verdict
from tests.hostile.door import Sent
from tests.hostile.siege import Siege


def lists(siege: Siege) -> list[Target]:
    """Return the operations that answer pages."""
    return [one for one in siege.targets if "cursor" in {parameter["name"] for parameter in one.parameters("query")}]


def lengthen(siege: Siege, target: Target) -> None:
    """Give a list more rows, by what may be posted to its address or put below it."""
    for other in siege.targets:
        above, _, last = other.template.rpartition("/")
        if other.template == target.template and other.good.method == "POST":
            for _ in range(2):
                assert siege.send(other.good).status == 201, other.name
        if above == target.template and other.good.method == "PUT":
            for id_ in _ids(siege, f"/v1/{last.strip('{}').removesuffix('_id')}s", other.good):
                path = other.good.path.rpartition(b"/")[0] + b"/" + id_.encode()
                assert siege.send(replace(other.good, path=path)).status in (200, 201), other.name


def _ids(siege: Siege, path: str, like: Sent) -> list[str]:
    answer = siege.send(Sent("GET", path.encode(), headers=like.having("Content-Type").headers))
    return [str(item["id"]) for item in json.loads(answer.body)["items"]]


def cursor_of(siege: Siege, target: Target) -> str:
    """Return the cursor behind a list's first row. Fails for a list of less than two rows."""
    cursor = json.loads(siege.send(replace(target.good, query=b"limit=1")).body)["next_cursor"]
    assert cursor, f"give {target.name} two rows of the demo account"
    return str(cursor)


def asking(target: Target, cursor: str) -> Sent:
    return replace(target.good, query=f"cursor={quote(cursor)}".encode())


def tampered(target: Target, cursor: str, foreign: dict[str, str]) -> Iterator[Attempt]:
    """Change a genuine cursor; bring those of other lists, and one's own under other filters."""
    for name, change in cursors.CHANGED.items():
        yield Attempt(name, asking(target, change(cursor)))
    for name, other in foreign.items():
        if name != target.name:
            yield Attempt(f"of {name}", asking(target, other))
    sent = asking(target, cursor)
    yield Attempt("twice", replace(sent, query=sent.query + b"&" + sent.query))
    yield Attempt("genuine", sent, Verdict.WORKS)
    for parameter in target.parameters("query"):
        if parameter["name"] == "sort":
            yield Attempt("in another form of the same order", replace(sent, query=_sorted(parameter, sent)))


def _sorted(parameter: Any, sent: Sent) -> bytes:
    default = str(parameter["schema"]["default"])
    return b"sort=" + default.encode() + b"&" + sent.query


def forged(target: Target, cursor: str, user_id: str) -> Iterator[Attempt]:
    """Sign payloads of one's own: the digest is no secret. One like ours works, or forging is not what it was."""
    instant, keys = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))[DIGEST_LENGTH:])

    def signed(payload: str) -> Sent:
        raw = payload.encode("utf-8", "surrogateescape")
        return asking(target, _encoded(_digest(raw, user_id, f"{target.good.path.decode()}?[]") + raw))

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
