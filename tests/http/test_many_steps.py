"""Skipping and snoozing named steps of several applications: all or none, judged once for each application."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.services.steps import judge
from tests.conftest import World
from tests.http.api_client import UNKNOWN, Answer, act, interviewed, items, problem, read, step, steps
from tests.services.checks import dump

pytestmark = pytest.mark.sqlite

SKIP, SNOOZE = "/v1/steps/skip", "/v1/steps/snooze"
UNTIL = "2026-06-08T12:00:00Z"
BOTH = [pytest.param(SKIP, {}, id="skip"), pytest.param(SNOOZE, {"until": UNTIL}, id="snooze")]
BY_HREF = pytest.mark.parametrize(("href", "more"), BOTH)


def three(client: TestClient) -> tuple[list[str], list[str]]:
    """Record two applications with a round each; return their ids, and the ids of three of their overdue steps."""
    apps = [interviewed(client)[0] for _ in range(2)]
    wanted = [(apps[1], 4), (apps[0], 3), (apps[1], 2)]
    return apps, [step(client, app, number)["id"] for app, number in wanted]


def owner(client: TestClient) -> str:
    return str(read(client, "/v1/me")["id"])


def test_named_steps_of_several_applications_are_skipped(client: TestClient) -> None:
    apps, ids = three(client)
    before = [steps(client, app) for app in apps]
    trial = act(client, f"{SKIP}?dry_run=true", steps=ids, note="Not needed.")
    assert [steps(client, app) for app in apps] == before
    done = act(client, SKIP, steps=ids, note="Not needed.")
    assert done == {**trial, "dry_run": False}
    assert [(item["id"], item["state"]) for item in done["items"]] == [(id_, "skipped") for id_ in ids]
    assert done["has_more"] is False
    assert [item["application"]["id"] for item in done["items"]] == [apps[1], apps[0], apps[1]]
    for id_ in ids:
        assert act(client, f"/v1/steps/{id_}/reopen")["state"] == "overdue"


def test_named_steps_of_several_applications_are_snoozed(client: TestClient) -> None:
    _, ids = three(client)
    before = {item["id"]: item for item in items(client, "/v1/queue", limit=200)}
    trial = act(client, f"{SNOOZE}?dry_run=true", steps=ids, until=UNTIL)
    assert items(client, "/v1/queue", limit=200) == list(before.values())
    done = act(client, SNOOZE, steps=[*ids, ids[0].upper()], until=UNTIL)
    assert done == {**trial, "dry_run": False}
    assert done["items"] == [{**before[id_], "snoozed_until": UNTIL} for id_ in ids]
    assert [item["id"] for item in items(client, "/v1/queue", limit=200)] == [id_ for id_ in before if id_ not in ids]
    activity = items(client, "/v1/me/activity")[0]
    assert (activity["operation"], activity["object"]) == ("snooze_steps", SNOOZE)


@BY_HREF
def test_an_unknown_step_refuses_all_of_them(
    world: World, client: TestClient, stranger: TestClient, href: str, more: Answer
) -> None:
    _, ids = three(client)
    _, theirs = three(stranger)
    before = dump(world.database, owner(client))
    for wrong in (UNKNOWN, theirs[0], "no id"):
        found = problem(client.post(href, json={"steps": [ids[0], wrong, ids[1]], **more}), 404, "not_found")
        assert [error["pointer"] for error in found["errors"]] == ["/steps/1"], wrong
    assert dump(world.database, owner(client)) == before


@BY_HREF
def test_steps_of_a_deleted_application_are_unknown(client: TestClient, href: str, more: Answer) -> None:
    apps, ids = three(client)
    client.delete(f"/v1/applications/{apps[1]}")
    found = problem(client.post(href, json={"steps": ids, **more}), 404, "not_found")
    assert [error["pointer"] for error in found["errors"]] == ["/steps/0", "/steps/2"]
    assert act(client, href, steps=ids[1:2], **more)["items"]


def test_a_closed_step_refuses_to_snooze_all_of_them(world: World, client: TestClient) -> None:
    _, ids = three(client)
    act(client, f"/v1/steps/{ids[1]}/skip")
    before = dump(world.database, owner(client))
    found = problem(client.post(SNOOZE, json={"steps": ids, "until": UNTIL}), 409, "step_closed")
    assert [error["pointer"] for error in found["errors"]] == ["/steps/1"]
    assert dump(world.database, owner(client)) == before


@pytest.mark.parametrize(
    ("href", "body", "name"),
    [
        pytest.param(SNOOZE, {"until": "2026-06-01T11:59:59Z"}, "/until", id="a-snooze-that-is-over"),
        pytest.param(SNOOZE, {"until": "2026-07-01T12:00:01Z"}, "/until", id="a-snooze-of-more-than-30-days"),
        pytest.param(SNOOZE, {}, "/until", id="a-snooze-without-an-end"),
        pytest.param(SNOOZE, {"until": UNTIL, "steps": "stale"}, "/steps", id="snoozing-the-stale-ones"),
        pytest.param(SNOOZE, {"until": UNTIL, "steps": []}, "/steps", id="snoozing-nothing"),
        pytest.param(SNOOZE, {"until": UNTIL, "steps": [UNKNOWN] * 101}, "/steps", id="snoozing-more-than-100"),
        pytest.param(SKIP, {"at": "2026-06-01T12:05:01Z"}, "/at", id="a-skip-in-the-future"),
        pytest.param(SKIP, {"steps": [UNKNOWN] * 101}, "/steps", id="skipping-more-than-100"),
    ],
)
def test_an_unusable_request_changes_nothing(
    world: World, client: TestClient, href: str, body: Answer, name: str
) -> None:
    _, ids = three(client)
    before = dump(world.database, owner(client))
    found = problem(client.post(href, json={"steps": ids, **body}), 422, "invalid")
    assert {error["pointer"].removesuffix("/0") for error in found["errors"]} == {name}
    assert dump(world.database, owner(client)) == before


@BY_HREF
def test_steps_of_too_many_applications_are_refused(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, href: str, more: Answer
) -> None:
    _, ids = three(client)
    monkeypatch.setattr(judge, "MAX_JUDGED", 1)
    (error,) = problem(client.post(href, json={"steps": ids, **more}), 422, "invalid")["errors"]
    assert (error["pointer"], error["code"]) == ("/steps", "too_many_applications")
    assert len(act(client, href, steps=[ids[0], ids[2]], **more)["items"]) == 2


def test_each_application_is_judged_once(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    apps, ids = three(client)
    judged: list[list[str]] = []
    real: Any = judge.judge_applications

    def counted(session: Any, owners: Any, **more: Any) -> Any:
        judged.append(sorted(owners))
        return real(session, owners, **more)

    monkeypatch.setattr(judge, "judge_applications", counted)
    act(client, SKIP, steps=ids)
    assert judged == [sorted(apps)]


@BY_HREF
def test_a_repeated_request_with_a_key_gets_the_same_response(client: TestClient, href: str, more: Answer) -> None:
    _, ids = three(client)
    keyed = {"Idempotency-Key": "k"}
    first, second = (client.post(href, json={"steps": ids, **more}, headers=keyed) for _ in range(2))
    assert (second.headers["Idempotency-Replayed"], second.json()) == ("true", first.json())
