"""Hostile input to every operation: the answer is a problem that names the error; nothing is written or echoed.

The corpus is in `tests/hostile`. Operations, fields and parameters come from the application's own document, so a new
one is covered, or fails because the corpus has no input for its kind.

Input that may reach a column runs on PostgreSQL too, which accepts other texts and numbers than SQLite. Tests marked
`sqlite` send input that is refused before any statement; the others leave it out on PostgreSQL.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import count, islice

import pytest
from fastapi.testclient import TestClient

from api.capture import NOW
from api.http.openapi.document import build_complete
from api.http.route_index import routes_of
from tests.hostile import addresses, attempts, bodies, cursors, headers, texts, values
from tests.hostile.asgi_client import Sent
from tests.hostile.attempts import Attempt, Target, Verdict
from tests.hostile.fuzz_harness import FuzzHarness, fuzz_harness
from tests.hostile.inputs import MARK
from tests.hostile.pages import cursor_of, forged, lengthen, lists, orders, tampered
from tests.hostile.places import kind_of
from tests.http.api_client import problem
from tests.invariants.conftest import opened_world
from tests.profiles import ARE_FEW, IS_LONG, SEED
from tests.stores import Store

MAKERS = (
    pytest.param(attempts.in_bodies, marks=pytest.mark.sqlite),
    attempts.in_fields,
    attempts.in_queries,
    attempts.in_paths,
    pytest.param(attempts.in_headers, marks=pytest.mark.sqlite),
)
SHARED = (attempts.in_headers, attempts.in_queries)
CURSORS_SHARE = 4
AT_ONCE = 1 if IS_LONG else 20
"""After how many operations the rows are compared, which takes longer than the requests of one."""


@pytest.fixture(scope="module")
def shared_harness(demo_database: tuple[str, str], store: Store) -> Iterator[FuzzHarness]:
    """A harness shared by all tests that leave the demo account unchanged."""
    with opened_world(store, demo_database[0]) as world:
        world.database.open_inline_connection()
        with fuzz_harness(world, build_complete(world.app, NOW)) as found:
            yield found


@pytest.fixture
def harness(shared_harness: FuzzHarness) -> Iterator[FuzzHarness]:
    """The shared harness; the test must leave the demo account unchanged."""
    shared_harness.faults.clear()
    before = shared_harness.checksum()
    yield shared_harness
    assert shared_harness.checksum() == before


@pytest.fixture
def own_harness(shared_harness: FuzzHarness, demo_database: tuple[str, str], store: Store) -> Iterator[FuzzHarness]:
    """A harness with its own copy of the demo account."""
    with opened_world(store, demo_database[0]) as world:
        world.database.open_inline_connection()
        with fuzz_harness(world, shared_harness.document) as found:
            yield found


def test_the_requests_that_hostile_ones_are_made_from_work(harness: FuzzHarness) -> None:
    for target in harness.targets:
        harness.attempt(target, [Attempt("unchanged", target.good, Verdict.WORKS)])
    assert not harness.faults, harness.report()


def share_of(make: Callable[[Target], Iterator[Attempt]]) -> int:
    """Return to one of how many operations `quick` sends an input: the same code reads headers and queries of all."""
    if IS_LONG:
        return 1
    return 8 if make in SHARED or (ARE_FEW and make is attempts.in_paths) else 4


def reaching_statements(made: Iterable[Attempt]) -> Iterator[Attempt]:
    """Yield those requests that PostgreSQL may answer otherwise than SQLite: it gets no values that no schema allows.

    They are refused before any statement, as the same tests check on SQLite. Any path may reach a statement.
    """
    return (one for one in made if not ARE_FEW or one.verdict is not Verdict.REFUSED)


def chosen(make: Callable[[Target], Iterator[Attempt]], target: Target) -> Iterator[Attempt]:
    """Yield the share of an operation in the requests of a kind."""
    share = share_of(make)
    made = make(target) if make is attempts.in_paths else reaching_statements(make(target))
    return islice(made, (target.number + SEED) % share, None, share)


@pytest.mark.drawn
@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_hostile_input_is_refused_and_leaves_no_trace(
    make: Callable[[Target], Iterator[Attempt]], harness: FuzzHarness
) -> None:
    before = harness.checksum()
    for start in range(0, len(harness.targets), AT_ONCE):
        some = harness.targets[start : start + AT_ONCE]
        for target in some:
            harness.attempt(target, chosen(make, target))
        after = harness.checksum()
        faults = [f"by this operation or the {len(some) - 1} before it, rows have changed"] if after != before else []
        harness.complain(some[-1], "all inputs together", faults)
        before = after
    assert not harness.faults, harness.report()


@pytest.mark.drawn
def test_a_cursor_that_was_changed_or_forged_is_refused(own_harness: FuzzHarness) -> None:
    found = lists(own_harness)
    for target in found:
        lengthen(own_harness, target)
    genuine = {target.name: cursor_of(own_harness, target) for target in found}
    stranger = str(own_harness.world.sign_up().headers["Authorization"]).encode()
    before = own_harness.checksum()
    for number, target in enumerate(found):
        made = list(tampered(target, genuine[target.name], genuine))
        (ours,) = [attempt for attempt in made if attempt.name == "genuine"]
        theirs = ours.sent.having("Authorization", stranger)
        own_harness.attempt(target, [*cursors_for(number, made), Attempt("of somebody else", theirs)])
        for sort in [one for one in orders(target) if not one.startswith("-")]:
            cursor = cursor_of(own_harness, target, sort)
            own_harness.attempt(target, cursors_for(number, forged(target, sort, cursor, own_harness.user_id)))
    assert not own_harness.faults, own_harness.report()
    assert own_harness.checksum() == before


def cursors_for(number: int, made: Iterable[Attempt]) -> Iterator[Attempt]:
    """Yield the requests with cursors for the list of a number: each invalid cursor is sent to every fourth list.

    Every list gets all invalid keys, because its columns decide which keys are invalid.
    """
    turn = count(number + SEED)
    return (
        one
        for one in reaching_statements(made)
        if IS_LONG
        or one.verdict is not Verdict.REFUSED
        or one.name.startswith("signed key")
        or next(turn) % CURSORS_SHARE == 0
    )


@pytest.mark.sqlite
def test_hostile_paths_outside_of_the_document_are_refused_too(harness: FuzzHarness) -> None:
    described = {target.template for target in harness.targets}
    others = {str(getattr(route, "path", "")) for route in routes_of(harness.world.app)} - described
    assert "/docs/files/{name}" in others
    target = replace(harness.targets[0], node={"responses": {"401": {}, "404": {}}})
    for path in sorted({*others, "", "/v1", "/v1/nothing"}):
        sent = Sent("GET", path.encode(), headers=target.good.headers)
        segments = addresses.SEGMENTS.items()
        harness.attempt(
            target, [Attempt(f"{path} {name}", replace(sent, path=sent.path + b"/" + one)) for name, one in segments]
        )
    assert not harness.faults, harness.report()


@pytest.mark.sqlite
def test_an_unknown_name_is_echoed_shortened_and_printable(client: TestClient) -> None:
    name = f"{MARK}\u202e\x1b\r\n" + "a" * 10_000
    body = client.post("/v1/contacts", json={name: 1})
    query = client.get("/v1/contacts", params={name: 1})
    told = [
        problem(body, 422, "invalid")["errors"][0]["pointer"],
        problem(query, 422, "invalid")["errors"][0]["parameter"],
    ]
    for one in told:
        assert MARK in one
        assert len(one) <= 400
        assert one.isprintable()


@pytest.mark.sqlite
def test_of_many_errors_the_first_hundred_are_reported(client: TestClient) -> None:
    found = problem(client.post("/v1/contacts", json={str(n): 1 for n in range(100)}), 422, "invalid")
    assert found["detail"].startswith("At least 100 fields")
    assert len(found["errors"]) == 100


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"type": "string"}, id="without-bounds"),
        pytest.param({"type": "string", "format": "duration"}, id="of-an-unknown-format"),
        pytest.param({}, id="anything"),
    ],
)
def test_a_field_without_hostile_inputs_in_the_corpus_fails(schema: dict[str, str]) -> None:
    with pytest.raises(LookupError, match="add hostile inputs to tests/hostile"):
        kind_of(schema)


def test_the_corpus_has_at_least_300_inputs() -> None:
    named = [
        *(one.json for one in (*texts.TEXTS, *values.OTHER_TYPES)),
        *(one.json for group in values.SPECIAL.values() for one in group),
        *(f"body {body.name}" for body in bodies.BODIES),
        *(f"type {name}" for name in bodies.CONTENT_TYPES),
        *(f"segment {name}" for name in addresses.SEGMENTS),
        *(f"query {name}" for name in (*addresses.QUERIES, *addresses.VALUES)),
        *(f"header {name} {label}" for name, some in headers.ANYWHERE.items() for label in some),
        *(f"header {name} {label}" for name, some in headers.DOCUMENTED.items() for label in some),
        *(f"token {label}" for label in headers.AUTHORIZATION),
        *(f"cursor {name}" for name in (*cursors.CHANGED, *cursors.PAYLOADS, *cursors.INSTANTS, *cursors.KEYS)),
    ]
    assert len(set(named)) >= 300
