"""The 109 cases of the rules, exported and restored into an empty account: the same steps, with the same ids."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import World
from tests.http.api_client import items
from tests.http.api_client import read as get
from tests.http.test_scenarios import Recorder
from tests.imports import counted, uploaded
from tests.imports.test_restore import KIND, exported, restored
from tests.invariants.failures import Failures
from tests.rules.vectors import SCENARIOS

pytestmark = pytest.mark.sqlite

AT_ONCE = 10


def steps_of(client: Any) -> list[Any]:
    """Return the steps of all applications, with the instant before which nothing differs by the time of asking."""
    found = sorted(items(client, "/v1/applications", limit=200), key=lambda one: str(one["id"]))
    return [get(client, f"/v1/applications/{one['id']}/steps") for one in found]


@pytest.mark.parametrize("first", range(0, len(SCENARIOS), AT_ONCE))
def test_the_steps_of_a_case_come_back(first: int, make_world: Callable[..., World]) -> None:
    world = make_world()
    world.clock.now = datetime(2026, 12, 1, tzinfo=UTC)
    with Failures() as failures:
        for case in SCENARIOS[first : first + AT_ONCE]:
            with failures.of(case["id"]):
                zone = case["facts"].get("user_tz", "America/New_York")
                client, other = world.sign_up(zone), world.sign_up()
                Recorder(client).enter(case["facts"], case["policy"])
                content = exported(client)
                job = restored(world, other, content)
                assert not {"error", "failed", "changed"} & counted(job).keys()
                assert steps_of(other) == steps_of(client)
                assert counted(uploaded(other, content, KIND)).keys() == {"same"}
