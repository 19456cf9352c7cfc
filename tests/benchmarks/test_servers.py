"""The compared servers return the same items for a token and refuse other tokens."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from api.settings import Settings
from api.storage.database import Database
from benchmarks import compare, floor, usual
from benchmarks.load import Person, load_account
from tests.stores import Store

NAMES = ("ours", "floor", "usual")


@dataclass
class Servers:
    """Clients of the three servers in this process, on one database, and a person with overdue steps."""

    clients: dict[str, TestClient]
    person: Person
    url: str

    def page(self, name: str, token: str) -> Any:
        return self.clients[name].get(compare.PAGE, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
def servers(store: Store) -> Iterator[Servers]:
    url = store.copy()
    app = create_app(Settings(database_url=url))
    database: Database = app.state.database
    with database.write(datetime.now(UTC).replace(microsecond=0)) as session:
        person = load_account(session, 0, measured=True, applications=60)
    assert person is not None
    ours = TestClient(app, headers={"Authorization": f"Bearer {person.token}"})
    floor.fill(url, {person.token: ours.get("/v1/queue?limit=200").json()["items"]})
    with ExitStack() as stack:
        others = {"floor": floor.create_app(url), "usual": usual.create_app(url)}
        clients = {name: stack.enter_context(TestClient(other)) for name, other in others.items()}
        yield Servers({"ours": ours, **clients}, person, url)
    ours.close()
    database.dispose()
    store.drop(url)


def test_all_three_return_the_same_full_page(servers: Servers) -> None:
    assert compare.same({name: servers.page(name, servers.person.token).json()["items"] for name in NAMES}) == 50


def test_a_difference_in_one_text_is_reported(servers: Servers) -> None:
    items = servers.page("ours", servers.person.token).json()["items"]
    other = [{**items[0], "reason": {**items[0]["reason"], "text": "Otherwise."}}, *items[1:]]
    with pytest.raises(compare.DifferentError, match="floor"):
        compare.same({"ours": items, "floor": other})


@pytest.mark.parametrize("name", NAMES)
def test_another_token_is_refused(servers: Servers, name: str) -> None:
    assert servers.page(name, f"{servers.person.token[:-1]}x").status_code == 401


def test_the_floor_commits_a_note(servers: Servers) -> None:
    application = next(iter(servers.person.interviews))
    answer = servers.clients["floor"].post(
        f"/v1/applications/{application}/notes",
        json={"kind": "general", "text": "Kept.", "interview_id": None},
        headers={"Authorization": f"Bearer {servers.person.token}"},
    )
    assert answer.status_code == 201
    bare = floor.Bare(servers.url)
    assert bare.run("SELECT id, text FROM floor_note").fetchall() == [(answer.json()["id"], "Kept.")]
    bare.connection.close()


def test_the_usual_way_commits_a_note_where_ours_reads_it(servers: Servers) -> None:
    application, interview = next(iter(servers.person.interviews.items()))
    headers = {"Authorization": f"Bearer {servers.person.token}"}
    body = {"kind": "positive", "text": "Kept as well.", "interview_id": interview}
    answer = servers.clients["usual"].post(f"/v1/applications/{application}/notes", json=body, headers=headers)
    assert answer.status_code == 201
    found = servers.clients["ours"].get(f"/v1/notes/{answer.json()['id']}").json()
    assert {name: found[name] for name in answer.json()} == answer.json()
