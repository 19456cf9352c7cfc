"""The backlog of all accounts: the sums of open and overdue steps over the accounts."""

from collections import Counter
from datetime import timedelta

from fastapi.testclient import TestClient

from api.services.steps.backlog import Backlog, backlog
from tests.conftest import World
from tests.invariants.statements import plan, recorded
from tests.services.full_record import record_everything


def shown(client: TestClient, ids: dict[str, str]) -> Counter[str]:
    """Count an account's steps by state."""
    answer = client.get(f"/v1/applications/{ids['application']}/steps").json()
    return Counter(step["state"] for step in answer["steps"])


def counted(world: World) -> Backlog:
    with world.database.read(world.clock.now) as session:
        return backlog(session)


def test_the_backlog_is_the_sum_over_accounts(world: World, client: TestClient, stranger: TestClient) -> None:
    assert counted(world) == Backlog(open=0, overdue=0)
    both = {one: record_everything(one, world.clock.now) for one in (client, stranger)}
    seen = set()
    for _ in range(12):
        states: Counter[str] = sum((shown(one, ids) for one, ids in both.items()), Counter())
        assert counted(world) == Backlog(open=states["open"], overdue=states["overdue"])
        seen.add(counted(world))
        world.clock.now += timedelta(days=1)
    assert len(seen) > 2
    assert client.delete(f"/v1/applications/{both[client]['application']}").status_code == 204
    states = shown(stranger, both[stranger])
    assert counted(world) == Backlog(open=states["open"], overdue=states["overdue"])


def test_the_backlog_is_one_statement_on_an_index_of_open_rows(world: World, client: TestClient) -> None:
    record_everything(client, world.clock.now)
    with recorded(world.database) as found:
        counted(world)
    (statement,) = found
    (scan,) = [step for step in plan(world.database, statement) if "step_instance" in step]
    assert any(index in scan for index in ("ix_step_instance_queue", "ix_step_instance_opening"))
