"""The limit of what assistants write in a day: by all their tokens, in whatever way, and by nobody else."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from api.services.accounts.login_throttle import delete_expired
from tests.conftest import World
from tests.http.api_client import items, problem
from tests.http.test_agent_tokens import assistant

pytestmark = pytest.mark.sqlite

APPLICATION = {"company": "Acme", "role": "Engineer"}


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world(agent_writes_per_day=2)


def write(client: TestClient, **params: str) -> Response:
    answer: Response = client.post("/v1/applications", json=APPLICATION, params=params)
    return answer


def test_all_assistants_of_an_account_share_its_limit_for_a_day(world: World, client: TestClient) -> None:
    one, other = assistant(world, client), assistant(world, client, "agent_recorder")
    assert (write(one).status_code, write(other).status_code) == (201, 201)
    world.clock.now += timedelta(hours=3)
    with world.database.write(world.clock.now) as session:
        delete_expired(session)
    for refused in (write(one), write(other), write(one, dry_run="true")):
        problem(refused, 429, "too_many_requests")
        assert refused.headers["retry-after"] == str(21 * 3600)
    assert len(items(client, "/v1/applications")) == 2
    world.clock.now += timedelta(hours=21)
    assert write(one).status_code == 201


def test_people_and_other_accounts_are_not_counted(world: World, client: TestClient, stranger: TestClient) -> None:
    mine = assistant(world, client)
    assert [write(mine).status_code for _ in range(3)] == [201, 201, 429]
    assert [write(client).status_code for _ in range(3)] == [201] * 3
    assert write(assistant(world, stranger)).status_code == 201


def test_dry_runs_count_and_reads_and_refused_writes_do_not(world: World, client: TestClient) -> None:
    mine = assistant(world, client)
    assert [mine.get("/v1/applications").status_code for _ in range(5)] == [200] * 5
    assert [mine.post("/v1/applications", json={"company": ""}).status_code for _ in range(5)] == [422] * 5
    assert [write(mine, dry_run="true").status_code for _ in range(3)] == [200, 200, 429]
    assert items(client, "/v1/applications") == []


def test_a_repeated_request_counts_once(world: World, client: TestClient) -> None:
    mine = assistant(world, client)
    for _ in range(3):
        sent = mine.post("/v1/applications", json=APPLICATION, headers={"Idempotency-Key": "a-key-of-a-request"})
        assert sent.status_code == 201
    assert (write(mine).status_code, write(mine).status_code) == (201, 429)


def test_the_limit_can_be_turned_off(make_world: Callable[..., World]) -> None:
    world = make_world(agent_writes_per_day=0)
    mine = assistant(world, world.sign_up())
    assert [write(mine).status_code for _ in range(3)] == [201] * 3
