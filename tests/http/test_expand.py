"""What `expand` adds to applications: the same objects as their own lists have, cut, and with the same rights."""

from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from api.services.facts import expand, expand_one
from tests.conftest import World
from tests.http.api_client import add, contact, interviewed, items, problem, put, read, step, steps
from tests.services.full_record import record_everything

pytestmark = pytest.mark.sqlite

ALL = "/v1/applications"
IN_ONE = ("interviewers", "notes", "letters", "references", "follow_ups", "offers")


def test_expanded_objects_are_shown_in_the_same_answer(client: TestClient) -> None:
    app, round_ = interviewed(client)
    kim = contact(client)
    put(client, f"{ALL}/{app}/contacts/{kim}", role="hr")
    href = f"{ALL}/{app}"
    whole = client.get(href, params={"expand": "contacts,interviews,steps,next_action"})
    assert "etag" not in whole.headers
    found = whole.json()
    assert found["steps"] == steps(client, app)["steps"]
    assert found["contacts"] == items(client, f"{href}/contacts")
    assert found["interviews"] == [read(client, f"/v1/interviews/{round_}")]
    pressing = step(client, app, 1)
    assert found["next_action"]["step_id"] == pressing["id"]
    assert found["next_action"]["code"] == pressing["next_action"]["code"]
    in_list = {name: found[name] for name in found if name not in IN_ONE}
    assert items(client, ALL, expand="next_action") == [
        {**in_list, "contacts": None, "interviews": None, "steps": None}
    ]


def test_a_list_of_an_expansion_is_cut_and_names_the_address_of_the_rest(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expand, "MOST", 3)
    monkeypatch.setattr(expand_one, "MOST", 3)
    app, first = interviewed(client)
    for number in range(3):
        add(client, f"{ALL}/{app}/interviews", starts_at=f"2026-07-0{number + 1}T12:00:00Z")
    for _ in range(3):
        put(client, f"{ALL}/{app}/contacts/{contact(client)}", role="hr")
    whole = client.get(f"{ALL}/{app}", params={"expand": "contacts,interviews,steps"}).json()
    assert [len(whole[name]) for name in ("contacts", "interviews", "steps")] == [3, 3, 3]
    assert whole["interviews"][0]["id"] == first
    assert whole["more"] == {name: f"{ALL}/{app}/{name}" for name in ("interviews", "steps")}
    assert whole["steps"] == client.get(whole["more"]["steps"]).json()["steps"][:3]
    assert len(items(client, whole["more"]["interviews"])) == 4


def test_one_application_is_expanded_with_everything_that_is_recorded_in_it(world: World, client: TestClient) -> None:
    href = f"{ALL}/{record_everything(client, world.clock.now)['application']}"
    found = read(client, href, expand=",".join(IN_ONE))
    for name in IN_ONE:
        assert found[name] == items(client, f"{href}/{name.replace('_', '-')}"), name
        assert found[name], name
        assert read(client, href, expand=name) == {**found, **dict.fromkeys(IN_ONE), name: found[name]}
    assert found["more"] == {}
    headline = read(client, href, expand="headline")["headline"]
    assert headline == read(client, f"{href}/steps")["headline"] == items(client, ALL, expand="headline")[0]["headline"]


def noted(client: TestClient, app: str, number: int, text: str = "Slow start.") -> None:
    for _ in range(number):
        add(client, f"{ALL}/{app}/notes", kind="concern", text=text)


def test_the_lists_of_one_application_are_cut_too(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expand_one, "MOST", 3)
    app, round_ = interviewed(client)
    noted(client, app, 4)
    for _ in range(4):
        put(client, f"/v1/interviews/{round_}/interviewers/{contact(client)}")
    for _ in range(3):
        add(client, f"{ALL}/{app}/follow-ups", direction="out", channel="phone", outcome="spoke")
    whole = read(client, f"{ALL}/{app}", expand="notes,interviewers,follow_ups")
    assert [len(whole[name]) for name in ("notes", "interviewers", "follow_ups")] == [3, 3, 3]
    assert whole["more"] == {name: f"{ALL}/{app}/{name}" for name in ("notes", "interviewers")}
    for name, href in whole["more"].items():
        assert items(client, href, limit=3) == whole[name]
        assert len(items(client, href)) == 4


def test_very_long_texts_end_the_lists_earlier(client: TestClient) -> None:
    app, _ = interviewed(client)
    noted(client, app, 30, "🙂" * 20_000)
    answer = client.get(f"{ALL}/{app}", params={"expand": "notes,offers,letters"})
    found = answer.json()
    assert len(answer.content) < 2_000_000
    assert 15 <= len(found["notes"]) < 30
    assert found["more"] == {"notes": f"{ALL}/{app}/notes"}
    assert found["offers"] == found["letters"] == []


@pytest.mark.parametrize("names", ["notes,salaries", "notes;offers", "next-action"])
def test_an_unknown_expansion_is_refused_with_those_that_there_are(client: TestClient, names: str) -> None:
    app, _ = interviewed(client)
    (error,) = problem(client.get(f"{ALL}/{app}", params={"expand": names}), 422, "invalid")["errors"]
    assert error["parameter"] == "expand"
    assert "follow_ups" in error["detail"]
    assert "follow_ups" not in problem(client.get(ALL, params={"expand": names}), 422, "invalid")["errors"][0]["detail"]


def test_expansions_show_what_the_token_may_see(world: World, client: TestClient) -> None:
    ids = record_everything(client, world.clock.now)
    href = f"{ALL}/{ids['application']}"
    body = {"name": str(uuid4()), "scopes": ["applications:read"]}
    lent = world.anonymous()
    lent.headers["Authorization"] = f"Bearer {client.post('/v1/tokens', json=body).json()['token']}"
    for name in ("steps", "headline", "next_action"):
        problem(lent.get(href, params={"expand": name}), 403, "forbidden")
    whole = read(lent, href, expand=f"contacts,{','.join(IN_ONE)}")
    for name in IN_ONE:
        assert whole[name] == items(lent, f"{href}/{name.replace('_', '-')}"), name
    (person,) = whole["interviewers"]
    assert person["full_name"] == "Sam Desk"
    assert person["job_title"] is None
