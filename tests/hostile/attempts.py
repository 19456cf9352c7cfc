"""Hostile variants of a valid request, for each operation of the document."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any
from urllib.parse import quote_from_bytes

from api.capture import filled
from api.http import examples
from api.http.openapi.document import operations
from api.storage.codecs import is_id
from tests.hostile import addresses, bodies, headers
from tests.hostile.asgi_client import Sent
from tests.hostile.bodies import JSON, MERGE_PATCH
from tests.hostile.inputs import Input
from tests.hostile.places import Node, Place, place_in_address, places_in
from tests.hostile.texts import EMPTY, TEXTS
from tests.hostile.values import OTHER_TYPES, SPECIAL

FILE = "text/csv"
KNOWN_CONTENT = {JSON, MERGE_PATCH}


class Verdict(Enum):
    """The expected result of a request."""

    REFUSED = "it is refused"
    JUDGED = "it is valid by its schema: it may be refused for another reason, but never with 500"
    WORKS = "it succeeds like the valid request"


@dataclass(frozen=True)
class Attempt:
    """A request and its expected result.

    `blamed`: the pointers or parameters that the problem must name. `names`: the hostile part is a name, which the
    problem may repeat as pointer or parameter. `status`: the only right status; None if several are right.
    """

    name: str
    sent: Sent
    verdict: Verdict = Verdict.REFUSED
    blamed: tuple[str, ...] = ()
    names: bool = False
    status: int | None = None


@dataclass(frozen=True)
class Target:
    """An operation of the document with a valid request. `number`: the offset for inputs that operations share out."""

    number: int
    name: str
    node: Node
    schemas: Node
    template: str
    good: Sent
    example: Any

    @property
    def is_open(self) -> bool:
        return bool(self.node.get("security") == [])

    @property
    def takes_file(self) -> bool:
        """Whether the body is a file as it is; hostile files are in tests/imports."""
        return FILE in self.node.get("requestBody", {}).get("content", {})

    @property
    def has_body(self) -> bool:
        return "requestBody" in self.node and not self.takes_file

    @property
    def schema(self) -> Node:
        """The schema of its body. Fails for a content type that the corpus has no hostile input for."""
        content = self.node["requestBody"]["content"]
        assert set(content) <= KNOWN_CONTENT, f"add hostile inputs to tests/hostile for {set(content) - KNOWN_CONTENT}"
        schema: Node = content[JSON]["schema"]
        return schema

    @property
    def takes_no_body(self) -> bool:
        """Whether the body is optional; to erase an account with a password it is needed once the code is repeated."""
        return self.name != "delete_me" and {"type": "null"} in self.schema.get("anyOf", ())

    def parameters(self, where: str) -> list[Node]:
        return [one for one in self.node.get("parameters", ()) if one["in"] == where]

    def asking(self, query: bytes) -> Sent:
        """Return the valid request with a query, and with the parameters that it needs and the query does not name."""
        named = {part.partition(b"=")[0] for part in query.split(b"&")}
        needed = [part for part in self.good.query.split(b"&") if part and part.partition(b"=")[0] not in named]
        return replace(self.good, query=b"&".join([*needed, query]))


def targets(document: Node, token: str) -> Iterator[Target]:
    """Yield all operations of a document, each with a request that is valid for the demo account."""
    schemas = document["components"]["schemas"]
    for number, (path, method, node) in enumerate(operations(document)):
        address, _, query = filled(path, node).encode().partition(b"?")
        sent = Sent(method.upper(), address, query, headers=((b"host", b"testserver"),))
        if node["security"] != []:
            sent = sent.having("Authorization", f"Bearer {token}".encode())
        target = Target(number, node["operationId"], node, schemas, path, sent, None)
        if target.takes_file:
            sent = replace(sent.having("Content-Type", FILE.encode()), body=examples.TABLE.encode())
            target = replace(target, good=sent)
        if target.has_body:
            example = _example(target)
            body = json.dumps(example).encode()
            sent = replace(sent.having("Content-Type", JSON.encode()), body=body)
            target = replace(target, good=sent, example=example)
        yield target


def _example(target: Target) -> Any:
    """Return the example of the body's schema; fails for a schema without one."""
    named = [target.schema, *target.schema.get("anyOf", ())]
    name = next(one["$ref"] for one in named if "$ref" in one).rsplit("/", 1)[1]
    example = target.schemas[name]["examples"][0]
    return {**example, "email": examples.EMAIL} if target.name == "create_session" else example


def in_bodies(target: Target) -> Iterator[Attempt]:
    """Yield requests with hostile bodies and content types."""
    if not target.has_body:
        return
    assert isinstance(target.good.body, bytes)
    for body in bodies.BODIES:
        verdict = Verdict.WORKS if body.optional and target.takes_no_body else Verdict.REFUSED
        status = body.status if verdict is Verdict.REFUSED else None
        sent = replace(target.good, body=body.spoil(target.good.body))
        yield Attempt(body.name, sent, verdict, names=True, status=status)
    for name, kind in bodies.CONTENT_TYPES.items():
        spoiled = target.good.having("Content-Type", *([] if kind is None else [kind]))
        yield Attempt(f"content type {name}", spoiled, status=415)
    patch = Verdict.WORKS if target.good.method == "PATCH" else Verdict.REFUSED
    yield Attempt("content type a-merge-patch", target.good.having("Content-Type", MERGE_PATCH.encode()), patch)
    name, kind = list(bodies.FINE_CONTENT_TYPES.items())[target.number % len(bodies.FINE_CONTENT_TYPES)]
    yield Attempt(f"content type {name}", target.good.having("Content-Type", kind), Verdict.WORKS)


@dataclass(frozen=True)
class Form:
    """The fields of an operation's body. `examples`: example values of the objects and lists among them."""

    target: Target
    places: list[Place]
    examples: dict[tuple[str | int, ...], Any]

    @classmethod
    def of(cls, target: Target) -> "Form":
        places = list(places_in(target.schema, target.schemas))
        return cls(target, places, {place.at: place.example for place in places if not place.is_leaf})

    def filled(self, given: Iterable[tuple[Place, Input]]) -> Sent:
        """Return the valid request with other values in some fields of its body."""
        document: Any = deepcopy(self.target.example)
        holes: dict[str, str] = {}
        for place, sent in given:
            node = document
            for depth, part in enumerate(place.at[:-1], 1):
                node = _within(node, part, self.examples[place.at[:depth]])
            hole = f"@@{len(holes)}@@"
            holes[hole] = sent.json
            _set(node, place.at[-1], hole)
        text = re.sub(r'"(@@\d+@@)"', lambda found: holes[found[1]], json.dumps(document))
        return replace(self.target.good, body=text.encode())

    def alone(self, place: Place, sent: Input) -> Attempt:
        verdict = Verdict.JUDGED if place.takes(sent) else Verdict.REFUSED
        blamed = (place.pointer,) if verdict is Verdict.REFUSED else ()
        return Attempt(f"{place.pointer} {sent}", self.filled([(place, sent)]), verdict, blamed, "{" in sent.json)


def _within(node: Any, part: str | int, example: Any) -> Any:
    """Return the value at a key or index of a node; if there is none, insert the example first."""
    there = node.get(part) if isinstance(node, dict) else node[0] if node else None
    if not isinstance(there, dict | list):
        there = deepcopy(example)
        _set(node, part, there)
    return there


def _set(node: Any, part: str | int, value: Any) -> None:
    if isinstance(node, list):
        node[:1] = [value]
    else:
        node[part] = value


def in_fields(target: Target) -> Iterator[Attempt]:
    """Yield requests with hostile values in the fields of the body.

    Invalid values go into all fields at once, and the problem must name each of them; every field also gets one
    invalid value alone. Valid texts go into all fields that accept them. Other values go into one field at a time,
    and the fields take turns: those that may break the whole document, valid values that are not texts, and ids.
    """
    if not target.has_body:
        return
    form = Form.of(target)
    leaves = [place for place in form.places if place.is_leaf and "id" not in place.kinds]
    hostile = {
        place: [one for one in place.inputs() if not one.breaks and not place.takes(one)] for place in form.places
    }
    yield from _all_at_once(form, {place: hostile[place] for place in leaves})
    for turn, place in enumerate(form.places, target.number):
        yield form.alone(place, hostile[place][turn % len(hostile[place])])
    texts = {place: [one for one in place.inputs() if place.takes(one)] for place in leaves if place.is_textual}
    yield from _all_fine(form, texts)
    by_input: dict[Input, list[Place]] = {}
    for place in form.places:
        for one in place.inputs():
            if one.breaks or (place not in texts and place.takes(one)) or place not in leaves:
                by_input.setdefault(one, []).append(place)
    for turn, (one, among) in enumerate(by_input.items(), target.number):
        yield form.alone(among[turn % len(among)], one)


def _all_at_once(form: Form, hostile: Mapping[Place, Sequence[Input]]) -> Iterator[Attempt]:
    for turn in range(max(map(len, hostile.values()), default=0)):
        given = [(place, some[turn]) for place, some in hostile.items() if turn < len(some)]
        blamed = tuple(place.pointer for place, _ in given)
        yield Attempt(f"all at once {turn}", form.filled(given), blamed=blamed, names=True)


def _all_fine(form: Form, texts: Mapping[Place, Sequence[Input]]) -> Iterator[Attempt]:
    """Give each field a quarter of the valid texts; the next operation gets the next quarter."""
    for turn in range(form.target.number % 4, max(map(len, texts.values()), default=0), 4):
        given = [(place, some[(turn + n) % len(some)]) for n, (place, some) in enumerate(texts.items()) if some]
        yield Attempt(f"all fine {turn}", form.filled(given), Verdict.JUDGED)


def in_paths(target: Target) -> Iterator[Attempt]:
    """Yield requests with every second hostile segment, and with ids of other kinds, in place of an id.

    Two ids in a path take turns. The next operation gets the other half. An id in capitals is the same id.
    """
    parameters = target.parameters("path")
    others = {f"of-a-{name}": str(id_).encode() for name, id_ in examples.PARAMETERS.items()}
    segments = list({**addresses.SEGMENTS, **others}.items() if parameters else ())
    for turn, (name, segment) in enumerate(segments[target.number % 2 :: 2]):
        parameter = parameters[turn % len(parameters)]
        if segment != str(parameter["example"]).encode():
            yield Attempt(f"{parameter['name']} {name}", _addressed(target, parameter, segment))
    path = target.good.path
    for id_ in path.split(b"/"):
        if is_id(id_.decode()):
            same = replace(target.good, path=path.replace(id_, id_.upper()))
            yield Attempt(f"{id_.decode()} in capitals", same, Verdict.WORKS)


def _addressed(target: Target, parameter: Node, segment: bytes) -> Sent:
    before, _, after = target.template.partition(f"{{{parameter['name']}}}")
    ends = [filled(part, target.node).partition("?")[0].encode() for part in (before, after)]
    return replace(target.good, path=ends[0] + segment + ends[1])


def in_queries(target: Target) -> Iterator[Attempt]:
    """Yield requests with unknown parameters, hostile values of parameters, and parameters that are sent twice."""
    for name, query in addresses.QUERIES.items():
        yield Attempt(name, target.asking(query), names=True)
    nothing = addresses.FINE_QUERIES[target.number % len(addresses.FINE_QUERIES)]
    yield Attempt("says nothing", replace(target.good, query=target.good.query + nothing), Verdict.WORKS)
    parameters = target.parameters("query")
    for turn, (name, value) in enumerate(addresses.VALUES.items() if parameters else ()):
        key = parameters[turn % len(parameters)]["name"]
        yield Attempt(f"{key} {name}", _asking(target, key, value))
    for parameter in parameters:
        key = parameter["name"]
        if "default" in parameter["schema"]:
            value = str(parameter["schema"]["default"]).lower().encode()
            twice = b"&".join([key.encode() + b"=" + value] * 2)
            yield Attempt(f"{key} twice", target.asking(twice), blamed=(key,))
    yield from _in_parameters(target, [place_in_address(one, target.schemas) for one in parameters])


def _in_parameters(target: Target, places: Sequence[Place]) -> Iterator[Attempt]:
    """Yield requests with hostile values in query parameters.

    Each parameter gets the values of its kind and an empty value; all other values are shared out over the parameters.
    Cursors have a test of their own.
    """
    special = [(place, one) for place in places for kind in sorted(place.kinds) for one in (EMPTY, *SPECIAL[kind])]
    general = [(places[turn % len(places)], one) for turn, one in enumerate((*OTHER_TYPES, *TEXTS))] if places else []
    for place, one in (*special, *general):
        key = str(place.at[0])
        if key == "cursor":
            continue
        verdict = Verdict.JUDGED if place.takes(one) else Verdict.REFUSED
        blamed = () if verdict is Verdict.JUDGED or one.breaks else (key,)
        value = quote_from_bytes(one.text.encode("utf-8", "surrogatepass")).encode()
        yield Attempt(f"{key} {one}", _asking(target, key, value), verdict, blamed)


def _asking(target: Target, key: str, value: bytes) -> Sent:
    return target.asking(key.encode() + b"=" + value)


def in_headers(target: Target) -> Iterator[Attempt]:
    """Yield requests with hostile values in the headers that this operation reads, and in headers that it ignores."""
    named = {parameter["name"]: headers.DOCUMENTED[parameter["name"]] for parameter in target.parameters("header")}
    if not target.is_open:
        named["Authorization"] = headers.AUTHORIZATION
    for name, values in named.items():
        for label, value in values.items():
            yield Attempt(f"{name} {label}", target.good.having(name, value))
        for label, value in headers.FINE.get(name, {}).items():
            yield Attempt(f"{name} {label}", target.good.having(name, value), Verdict.WORKS)
    for name in headers.SINGLE:
        here = [value for key, value in target.good.headers if key == name.lower().encode()]
        for value in here or [b"a-key"] * (name in named):
            yield Attempt(f"{name} twice", target.good.having(name, value, value + b"x"))
    yield from _in_other_headers(target)


def _in_other_headers(target: Target) -> Iterator[Attempt]:
    """Yield requests with hostile values in all ignored headers: two values of each, chosen by the operation's number.

    Operations that negotiate formats read `Accept`; tests/http covers those.
    """
    for turn in range(2 * target.number, 2 * target.number + 2):
        sent = target.good
        for name, values in headers.ANYWHERE.items():
            if name == "Accept" and "406" in target.node["responses"]:
                continue
            sent = sent.having(name, list(values.values())[turn % len(values)])
        yield Attempt(f"other headers {turn}", sent, Verdict.WORKS)
        yield Attempt(
            f"other headers {turn} beside a fault",
            replace(target.asking(b"unknown=1"), headers=sent.headers),
            blamed=("unknown",),
        )
