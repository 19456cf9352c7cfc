"""The index: equal to the texts after every write, rebuilt in slices, and compared with a slow reading of all texts."""

import itertools
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import delete, select

from api.models import SearchEntry, User
from api.services.search import rebuild as rebuilding
from api.services.search.queries import parse
from api.services.search.rebuild import rebuild
from api.storage.session import UNSYNCED
from api.words.terms import TermKind, terms
from api.workers.search import search_pass
from tests.conftest import World
from tests.drawing import drawn
from tests.http.api_client import add, alter, application, read
from tests.services.full_record import record_everything

VOCABULARY = (
    *("acme", "Acme's", "Zürich", "zurich", "ZURICHSEE", "Straße", "strassen", "C++", "C#", "c", ".NET", "net"),
    *("東京都", "京都", "東", "한국어", "สวัสดี", "+49 30 1234567", "030 1234567", "1234567", "x", "xy", "NOT", "OR"),
)


def differences(world: World, me: str) -> int:
    return rebuild(world.database, me, world.clock.now, repair=False).differences


def everything(client: TestClient, q: str, limit: int) -> set[str]:
    found: list[str] = []
    cursor: dict[str, Any] = {}
    for _ in range(100):
        page = read(client, "/v1/search", q=q, limit=limit, **cursor)
        found += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            assert len(found) == len(set(found))
            return set(found)
        cursor = {"cursor": page["next_cursor"]}
    raise AssertionError("the pages do not end")


def slowly(q: str, text: str) -> bool:
    """Tell whether a text has what a query wants, by reading the text: the words come from the same parser only."""
    words = [term.word for term in terms(text) if term.kind is not TermKind.PHONE]
    numbers = [term.word for term in terms(text) if term.kind is TermKind.PHONE]
    in_order = [term.word for term in terms(text) if term.kind in (TermKind.WORD, TermKind.PAIR, TermKind.ALONE)]

    def has(one: Any) -> bool:
        last = one.words[-1]
        ok = all(word in words for word in one.words[:-1])
        ok = ok and any(word == last or (one.is_prefix and word.startswith(last)) for word in words)
        if one.sequence:
            size = len(one.sequence)
            ok = ok and any(tuple(in_order[at : at + size]) == one.sequence for at in range(len(in_order)))
        return ok or (one.number is not None and any(one.number in number for number in numbers))

    return all(has(one) != one.is_excluded for one in parse(q).wanted)


@pytest.fixture
def corpus(client: TestClient) -> dict[str, str]:
    """Notes of each pair of words, and their texts by id."""
    app = application(client, company="Q", role="Q")
    texts = [f"{one}, {other}" for one, other in itertools.product(VOCABULARY[::2], VOCABULARY[1::3])]
    return {str(add(client, f"/v1/applications/{app}/notes", kind="general", text=text)["id"]): text for text in texts}


PIECES = st.one_of(
    st.sampled_from(VOCABULARY),
    st.sampled_from(VOCABULARY).map(lambda word: word[: 1 + len(word) // 2] + "*"),
    st.tuples(st.sampled_from(VOCABULARY), st.sampled_from(VOCABULARY)).map(lambda pair: f'"{pair[0]} {pair[1]}"'),
    st.sampled_from(VOCABULARY).map(lambda word: f"-{word}"),
)


@pytest.mark.drawn
def test_the_database_finds_what_a_slow_reading_of_all_texts_finds(client: TestClient, corpus: dict[str, str]) -> None:
    """The same on both databases, because both are compared with the same."""
    compared = []

    @drawn(quick=60, long=400)
    @given(st.lists(PIECES, min_size=1, max_size=3).map(" ".join), st.sampled_from([7, 50, 200]))
    def compare(q: str, limit: int) -> None:
        answer = client.get("/v1/search", params={"q": q})
        if answer.status_code == 422:
            return
        wanted = {id_ for id_, text in corpus.items() if slowly(q, text)}
        assert everything(client, q, limit) == wanted, q
        compared.append(len(wanted))

    compare()
    assert sum(0 < number < len(corpus) for number in compared) > 10


@drawn(quick=100, long=2_000)
@given(st.text(max_size=60))
def test_every_text_has_terms_within_it_and_no_query_is_an_error(text: str) -> None:
    for term in terms(text):
        assert 0 <= term.start < term.end <= len(text)
        assert not set(term.word) & set("\"'\\ \x00:*&|!()")


def test_after_every_kind_of_write_the_index_equals_the_texts(world: World, client: TestClient) -> None:
    ids = record_everything(client, world.clock.now)
    me = read(client, "/v1/me")["id"]
    assert differences(world, me) == 0
    changes: list[tuple[str, str, dict[str, Any] | None]] = [
        ("PATCH", f"/v1/notes/{ids['note']}", {"text": "Other."}),
        ("PATCH", f"/v1/interviews/{ids['interview']}", {"location": "Room 7"}),
        ("PATCH", f"/v1/letters/{ids['draft']}", {"subject": "Thanks", "body": "Thank you."}),
        ("POST", f"/v1/contacts/{ids['contact']}/erase", None),
        ("DELETE", f"/v1/letters/{ids['draft']}", None),
        ("DELETE", f"/v1/interviews/{ids['interview']}", None),
        ("DELETE", f"/v1/applications/{ids['application']}", None),
        ("POST", f"/v1/applications/{ids['application']}/restore", None),
        ("DELETE", f"/v1/contacts/{ids['contact']}", None),
        ("DELETE", f"/v1/references/{ids['reference']}", None),
    ]
    for method, href, body in changes:
        assert client.request(method, href, json=body).status_code in (200, 204), href
        assert differences(world, me) == 0, (method, href)


def test_an_account_of_an_older_version_is_indexed_in_slices(
    world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = application(client)
    made = {add(client, f"/v1/applications/{app}/notes", kind="general", text="word")["id"] for _ in range(5)}
    me = read(client, "/v1/me")["id"]
    with world.database.write(world.clock.now) as session:
        session.owner = me
        session.get_one(User, me).search_version = 0
        session.execute(delete(SearchEntry), execution_options=UNSYNCED)
    page = read(client, "/v1/search", q="word")
    assert (page["items"], page["complete"]) == ([], False)
    assert differences(world, me) == 6
    monkeypatch.setattr(rebuilding, "SLICE_SECONDS", 0.0)
    monkeypatch.setattr(rebuilding, "BATCH_SIZE", 2)
    search_pass(world.database, world.clock)
    page = read(client, "/v1/search", q="word")
    assert ({item["id"] for item in page["items"]}, page["complete"]) == (made, True)
    assert differences(world, me) == 0


def test_a_rebuild_corrects_what_differs(world: World, client: TestClient) -> None:
    app = application(client)
    me = read(client, "/v1/me")["id"]
    with world.database.write(world.clock.now) as session:
        session.owner = me
        entry = session.exec(select(SearchEntry)).one()
        entry.digest = "other"
    assert differences(world, me) == 1
    assert rebuild(world.database, me, world.clock.now, repair=True).differences == 1
    assert differences(world, me) == 0
    assert read(client, "/v1/search", q="acme")["items"][0]["id"] == app


def test_the_same_terms_are_not_written_again(world: World, client: TestClient) -> None:
    app = application(client)
    me = read(client, "/v1/me")["id"]

    def entry() -> SearchEntry:
        with world.database.read(world.clock.now) as session:
            session.owner = me
            return session.exec(select(SearchEntry)).one()

    before = entry()
    alter(client, f"/v1/applications/{app}", work_mode="remote")
    assert (entry().digest, entry().number) == (before.digest, before.number)
    alter(client, f"/v1/applications/{app}", role="Baker")
    assert entry().digest != before.digest
    assert read(client, "/v1/search", q="engineer")["items"] == []
