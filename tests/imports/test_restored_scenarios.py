"""The 109 cases of the rules, exported and restored into an empty account: the same steps, with the same ids."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import pytest

from tests.conftest import World
from tests.http.api_client import items
from tests.http.api_client import read as get
from tests.http.test_scenarios import Recorder
from tests.imports import counted, settled, uploaded
from tests.imports.test_restore import KIND, exported, restored
from tests.rules.vectors import SCENARIOS

pytestmark = pytest.mark.sqlite

AT_ONCE = 10
Case = dict[str, Any]


def accounts() -> Iterator[list[Case]]:
    """Yield cases that fit into one account, because its user is in the same zone."""
    ordered = sorted(SCENARIOS, key=lambda case: str(case["facts"]["user_tz"]))
    for _, some in groupby(ordered, key=lambda case: str(case["facts"]["user_tz"])):
        left = list(some)
        for first in range(0, len(left), AT_ONCE):
            yield left[first : first + AT_ONCE]


def steps_of(client: Any) -> list[Any]:
    """Return the steps of all applications, with the instant before which nothing differs by the time of asking."""
    found = sorted(items(client, "/v1/applications", limit=200), key=lambda one: str(one["id"]))
    return [get(client, f"/v1/applications/{one['id']}/steps") for one in found]


@pytest.mark.parametrize("cases", list(accounts()), ids=lambda cases: ",".join(case["id"] for case in cases))
def test_the_steps_of_cases_come_back(cases: list[Case], world: World) -> None:
    world.clock.now = datetime(2026, 12, 1, tzinfo=UTC)
    client, other = world.sign_up(cases[0]["facts"]["user_tz"]), world.sign_up()
    for case in cases:
        Recorder(client).enter(case["facts"], case["policy"])
    content = exported(client)
    job = restored(world, other, content)
    assert not {"error", "failed", "changed"} & counted(job).keys()
    assert steps_of(other) == steps_of(client)
    assert counted(settled(world, other, uploaded(other, content, KIND))).keys() == {"same"}
