"""Search: what is found by which words, who may find it, and what is never found."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import Answer, act, add, alter, application, pages, problem, read
from tests.services.full_record import record_everything

Found = list[str]


def found(client: TestClient, q: str, **params: object) -> Found:
    """Return the ids of all pages of a search, in order."""
    return [item["id"] for page in pages(client, "/v1/search", q=q, **params) for item in page]


def note(client: TestClient, app: str, text: str) -> str:
    return str(add(client, f"/v1/applications/{app}/notes", kind="general", text=text)["id"])


WORDS = [
    ("We met in Zürich.", "zurich", "ZÜRICH", "zu\u0308rich", "Zür", "zuri*"),
    ("Straße 7", "strasse", "STRASSE", "Straße"),
    ("Büro in İstanbul", "istanbul", "ISTANBUL", "ıstanbul"),
    ("Łódź, Ørsted", "lodz", "orsted"),
    ("C++ and C# and F#, or .NET with Node.js", "C++", "c#", "F#", ".net", "node.js", "node", "dotnet", "c++ c#"),
    ("履歴書を送る", "履", "履歴", "履歴書", "書", "る", "送る", '"履歴書"'),
    ("東京の京都", "東京", "京都", "都"),
    ("한국어 시험", "한국", "한", "\u1112\u1161\u11ab국"),
    ("สวัสดีครับ", "สวัส", "ครับ"),
    ("Ask +1 (555) 010-0123", "+1 555 010 0123", "5550100123", "15550100123", "555-010-0123", "0123", "010-0123"),
    ("Ask +49 30 1234567", "030 1234567", "030/1234567", "+49 30 123", "0301234567"),
    ("Write to sam.desk@example.com", "sam.desk@example.com", "example", "desk@example", "sam des"),
    ("They liked my portfolio", "portfolio liked", "port", '"my portfolio"', "liked -disliked", "LIKED MY PORT"),
    ("under_score and O’Brien", "score", "o'brien", "O’Brien"),
    ("Half ½ and ﬁnance", "finance", "1 2"),
    ("NEAR OR AND NOT title:words", "near", "or", "title:words", "NOT", "NEAR(or and)", "words:*", "AND | OR &!"),
    ("100% of it", "100%", "100", "of'it"),
]
NOT_WORDS = [
    ("They liked my portfolio", "folio", "disliked", "like* -my", '"portfolio my"', "-liked portfolio", "port liked"),
    ("東京の京都", "東京都", "西"),
    ("Ask +1 (555) 010-0123", "5550100124", "0101 0123"),
    ("C++ only", "c#", "csharp"),
    ("sam.desk@example.com", "sam.desk@example.org"),
    ("plain", "x' OR words MATCH 'plain", "plain\u200b* nothing", '"plain" "nothing'),
]


@pytest.mark.parametrize("texts", WORDS, ids=lambda texts: texts[0])
def test_a_note_is_found_by_its_words(client: TestClient, texts: tuple[str, ...]) -> None:
    app = application(client, company="Q", role="Q")
    id_ = note(client, app, texts[0])
    note(client, app, "Something else.")
    assert [q for q in texts[1:] if found(client, q) != [id_]] == []


@pytest.mark.parametrize("texts", NOT_WORDS, ids=lambda texts: texts[0])
def test_a_note_is_not_found_by_other_words(client: TestClient, texts: tuple[str, ...]) -> None:
    note(client, application(client, company="Q", role="Q"), texts[0])
    assert [q for q in texts[1:] if found(client, q)] == []


def test_a_piece_of_the_name_of_a_company_finds_its_application(client: TestClient) -> None:
    app = application(client, company="Microsoft Deutschland", role="Engineer")
    application(client, company="Acme", role="Soft skills")
    assert [q for q in ("soft deutsch", "micro land", "cros", "icrosoft eng") if found(client, q) != [app]] == []
    assert found(client, "gineer") == []
    parts = read(client, "/v1/search", q="cros")["items"][0]["snippets"]
    assert parts == [
        {"field": "company", "parts": [{"text": "Microsoft", "hit": True}, {"text": " Deutschland", "hit": False}]}
    ]


def test_an_item_says_what_it_is_and_shows_where_the_words_are(client: TestClient) -> None:
    app = application(client)
    text = (
        "A long beginning. " * 10 + "They asked about Kubernetes, and then about kubernetes again. " + "The end. " * 30
    )
    id_ = note(client, app, text)
    page = read(client, "/v1/search", q="about kubern")
    (item,) = page["items"]
    (snippet,) = item.pop("snippets")
    assert item == {
        "type": "note",
        "id": id_,
        "application_id": app,
        "title": "Acme",
        "updated_at": "2026-06-01T12:00:00Z",
        "href": f"/v1/notes/{id_}",
    }
    assert (page["complete"], page["next_cursor"], len(page["types"])) == (True, None, 9)
    joined = "".join(part["text"] for part in snippet["parts"])
    assert joined in text
    assert len(joined) == 160
    assert [part["text"] for part in snippet["parts"] if part["hit"]] == ["about", "Kubernetes", "about", "kubernetes"]
    (item,) = read(client, "/v1/search", q="kuberne")["items"]
    assert [part["text"] for part in item["snippets"][0]["parts"] if part["hit"]] == ["Kubernetes", "kubernetes"]


def test_what_has_the_words_in_its_title_comes_first_then_the_newest(world: World, client: TestClient) -> None:
    app = application(client, company="Kubernetes Corp")
    named = application(client, company="Acme", role="Kubernetes Engineer")
    ids = []
    for number in range(5):
        world.clock.now += timedelta(minutes=1)
        ids.append(note(client, app, f"kubernetes {number}"))
    world.clock.now += timedelta(minutes=1)
    alter(client, f"/v1/notes/{ids[0]}", kind="general")
    expected = [*sorted([app, named], reverse=True), ids[0], *reversed(ids[1:])]
    for limit in (1, 2, 3, 50):
        assert found(client, "kubernetes", limit=limit) == expected, limit
    assert found(client, "kubernetes", types="note", application_id=app, limit=2) == expected[2:]
    assert found(client, "kubernetes", types="application") == expected[:2]
    assert found(client, '"kubernetes 3"', limit=1) == [ids[3]]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"q": "-only -these"}, "nothing_to_find"),
        ({"q": "!?"}, "nothing_to_find"),
        ({"q": '""'}, "nothing_to_find"),
        ({"q": " ".join("abcdefghijk")}, "too_many_words"),
        ({"q": "a", "types": "note,step"}, "unknown_type"),
        ({"q": "a", "application_id": "x"}, "not_an_id"),
        ({"q": ""}, "string_too_short"),
        ({"q": "a" * 201}, "string_too_long"),
        ({}, "missing"),
    ],
)
def test_a_search_for_nothing_says_what_to_send(client: TestClient, params: Answer, code: str) -> None:
    answer = client.get("/v1/search", params=params)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["code"] == code


def test_too_many_matches_are_refused(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    app = application(client)
    for _ in range(3):
        note(client, app, "word")
    monkeypatch.setattr("api.services.search.results.MAX_MATCHES", 2)
    answer = client.get("/v1/search", params={"q": "word"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "too_many_matches")
    assert found(client, "word -word2 acme") == []


def test_other_accounts_and_deleted_objects_are_never_found(client: TestClient, stranger: TestClient) -> None:
    app = application(client, company="Xylophagous")
    id_ = note(client, app, "xylophagous")
    contact = str(add(client, "/v1/contacts", full_name="Xylophagous")["id"])
    assert set(found(client, "xylophagous")) == {app, id_, contact}
    assert found(stranger, "xylophagous") == found(stranger, "xylo", application_id=app) == []
    assert client.delete(f"/v1/contacts/{contact}").status_code == 204
    assert client.delete(f"/v1/applications/{app}").status_code == 204
    assert found(client, "xylophagous") == []
    act(client, f"/v1/contacts/{contact}/restore")
    act(client, f"/v1/applications/{app}/restore")
    assert set(found(client, "xylophagous")) == {app, id_, contact}
    alter(client, f"/v1/notes/{id_}", text="other")
    assert client.delete(f"/v1/notes/{id_}").status_code == 204
    alter(client, f"/v1/contacts/{contact}", full_name="Sam")
    assert found(client, "xylophagous") == [app]


def test_people_are_found_with_their_scope_only(world: World, client: TestClient) -> None:
    for address, field in (("/v1/contacts", "full_name"), ("/v1/references", "name")):
        add(client, address, **{field: "Robin"})
    app = application(client, company="Robin")
    limited = add(client, "/v1/tokens", name="limited", scopes=["applications:read"])["token"]
    other = world.anonymous()
    other.headers["Authorization"] = f"Bearer {limited}"
    page = read(other, "/v1/search", q="robin")
    assert [item["id"] for item in page["items"]] == [app]
    assert not {"contact", "reference", "search_activity"} & set(page["types"])
    activities = other.get("/v1/search", params={"q": "robin", "types": "search_activity"})
    assert problem(activities, 403, "forbidden")["missing_scopes"] == ["steps:read"]
    refused = problem(other.get("/v1/search", params={"q": "robin", "types": "note,contact"}), 403, "forbidden")
    assert refused["missing_scopes"] == ["contacts:read"]
    assert len(found(client, "robin")) == 3


def _fill(client: TestClient, ids: dict[str, str]) -> dict[str, str]:
    """Write a word of its own into every text field that is searched; return the words by the object's address."""
    fields: dict[str, tuple[str, tuple[str, ...]]] = {
        f"/v1/applications/{ids['application']}": (
            "application",
            ("company", "role", "location", "source", "posting_text", "why_role", "why_company"),
        ),
        f"/v1/contacts/{ids['contact']}": (
            "contact",
            ("full_name", "honorific", "job_title", "company", "phone", "postal_address", "notes"),
        ),
        f"/v1/references/{ids['reference']}": (
            "reference",
            ("name", "title", "company", "relation", "phone", "best_times"),
        ),
        f"/v1/notes/{ids['note']}": ("note", ("text",)),
        f"/v1/letters/{ids['draft']}": ("letter", ("subject", "body")),
        f"/v1/interviews/{ids['interview']}": ("interview", ("location", "next_stage")),
        f"/v1/follow-ups/{ids['follow_up']}": ("follow_up", ("summary",)),
        f"/v1/offers/{ids['offer']}": ("offer", ("notes", "benefits")),
        f"/v1/search-activities/{ids['activity']}": ("search_activity", ("note",)),
    }
    words = {}
    for href, (noun, names) in fields.items():
        of = {name: f"xylo{noun.replace('_', '')}{name.replace('_', '')}" for name in names}
        alter(client, href, **of)
        words.update(dict.fromkeys(of.values(), href))
    for href in (f"/v1/contacts/{ids['contact']}", f"/v1/references/{ids['reference']}"):
        word = f"xylomail{href[4]}"
        alter(client, href, email=f"{word}@example.com")
        words[word] = href
    alter(client, f"/v1/applications/{ids['application']}", posting_url="https://example.com/xyloposting")
    alter(client, f"/v1/interviews/{ids['interview']}", link="https://example.com/xylolink")
    return {
        **words,
        "xyloposting": f"/v1/applications/{ids['application']}",
        "xylolink": f"/v1/interviews/{ids['interview']}",
    }


def in_files(world: World, word: str) -> list[str]:
    """Return the files of an SQLite database that contain a word."""
    path = world.database.engine.url.database or ""
    files = Path(path).parent.glob(f"{Path(path).name}*")
    return [file.name for file in files if word.encode() in file.read_bytes()]


@pytest.fixture
def words(world: World, client: TestClient) -> dict[str, str]:
    return _fill(client, record_everything(client, world.clock.now))


def test_a_word_in_every_text_field_is_found(client: TestClient, words: dict[str, str]) -> None:
    def first(word: str) -> Any:
        return next((item["href"] for item in read(client, "/v1/search", q=word)["items"]), None)

    assert {word: first(word) for word in words} == words


@pytest.mark.sqlite
def test_after_the_account_is_erased_no_file_has_a_word(
    world: World, client: TestClient, stranger: TestClient, words: dict[str, str]
) -> None:
    note(stranger, application(stranger), "remains")
    assert in_files(world, "xylo")
    code = client.delete("/v1/me").json()["confirmation"]
    assert client.delete("/v1/me", params={"confirmation": code}).status_code == 204
    assert [word for word in ("xylo", "XYLO", *words) if in_files(world, word)] == []
    assert found(stranger, "remains")


@pytest.mark.sqlite
def test_after_a_contact_is_erased_no_file_has_its_words(
    world: World, client: TestClient, words: dict[str, str]
) -> None:
    erased = [word for word, href in words.items() if "/contacts/" in href]
    assert len(erased) == 8
    contact = next(href for href in words.values() if "/contacts/" in href)
    act(client, f"{contact}/erase")
    assert [word for word in erased if found(client, word)] == []
    assert [word for word in erased if in_files(world, word)] == []
