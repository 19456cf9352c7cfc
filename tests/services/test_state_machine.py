"""Whatever is recorded, in whatever order: the stored steps are what a judgement of all facts from nothing says.

AFTERWORD_EXAMPLES and AFTERWORD_OPERATIONS set how many sequences of how many operations are driven.
"""

import logging
import os
from collections import Counter
from itertools import count
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from api.models import base
from api.services import steps
from tests.conftest import World
from tests.services.checks import dump
from tests.services.full_record import record_everything
from tests.services.operations import Applications, Rounds
from tests.services.operations_on_people import Papers, People
from tests.services.operations_on_steps import Calls, Readings, Steps

EXAMPLES = int(os.environ.get("AFTERWORD_EXAMPLES", "8"))
OPERATIONS = int(os.environ.get("AFTERWORD_OPERATIONS", "40"))


class Record(Applications, Rounds, People, Papers, Calls, Steps, Readings):
    """One user's whole record."""


def test_stored_steps_equal_a_judgement_from_nothing_after_every_operation(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "AT_ONCE", 2)
    # Ids decide between facts of the same second: in the order of writing, a failing sequence fails again.
    numbers = count(1)
    monkeypatch.setattr(base, "uuid7", lambda: UUID(f"01900000-0000-7000-8000-{next(numbers):012x}"))
    stranger = world.sign_up()
    Record.world, Record.counts = world, Counter()
    Record.strange = record_everything(stranger, world.clock.now)
    Record.stranger = str(stranger.get("/v1/me").json()["id"])
    Record.stranger_has = dump(world.database, Record.stranger)
    assert all(Record.stranger_has.values())
    run_state_machine_as_test(
        Record,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=OPERATIONS,
            derandomize="AFTERWORD_EXAMPLES" not in os.environ,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    for line in sorted(Record.counts.items()):
        logging.getLogger(__name__).info("%s %s", *line)
    with world.database.engine.connect() as connection:
        assert not connection.exec_driver_sql("PRAGMA foreign_key_check").all()
