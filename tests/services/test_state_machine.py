"""After any sequence of writes the stored steps equal a fresh evaluation of all facts."""

import logging
from collections import Counter
from itertools import count
from uuid import UUID

import pytest
from hypothesis import seed
from hypothesis.stateful import run_state_machine_as_test

from api.models import base
from api.services.steps import recompute
from tests.conftest import World
from tests.drawing import limits
from tests.profiles import SEED, budget
from tests.services.checks import dump
from tests.services.full_record import record_everything
from tests.services.machine import Machine
from tests.services.operations import Applications, Rounds
from tests.services.operations_on_people import Papers, People
from tests.services.operations_on_steps import Calls, Readings, Searches, Steps

OPERATIONS = 40


class Record(Applications, Rounds, People, Papers, Calls, Searches, Steps, Readings):
    """All operations on the record of one user."""


class Elsewhere(Applications, Rounds, Searches):
    """The operations by which one application affects the steps of others."""


@pytest.mark.drawn
@pytest.mark.parametrize(
    ("machine", "sequences"),
    [
        pytest.param(Record, budget(quick=7, long=70), id="one-record"),
        pytest.param(Elsewhere, budget(quick=3, long=30), id="several-applications"),
    ],
)
def test_stored_steps_equal_a_fresh_evaluation_after_every_operation(
    machine: type[Machine], sequences: int, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recompute, "SLICE_SECONDS", -1)  # one batch, so that the background task judges the rest
    monkeypatch.setattr(recompute, "BATCH_SIZE", 2)
    # Ids decide the order of facts of the same second. Here they follow the order of writing, so that a failing
    # sequence fails again.
    numbers = count(1)
    monkeypatch.setattr(base, "uuid7", lambda: UUID(f"01900000-0000-7000-8000-{next(numbers):012x}"))
    stranger = world.sign_up()
    machine.world, machine.counts = world, Counter()
    machine.strange = record_everything(stranger, world.clock.now)
    machine.stranger = str(stranger.get("/v1/me").json()["id"])
    machine.stranger_has = dump(world.database, machine.stranger)
    assert all(machine.stranger_has.values())
    drive(machine, sequences)
    if world.database.is_sqlite:  # PostgreSQL always enforces foreign keys
        with world.database.engine.connect() as connection:
            assert not connection.exec_driver_sql("PRAGMA foreign_key_check").all()


def drive(machine: type[Machine], sequences: int) -> None:
    run_state_machine_as_test(seed(SEED)(machine), settings=limits(sequences, stateful_step_count=OPERATIONS))
    for line in sorted(machine.counts.items()):
        logging.getLogger(__name__).info("%s %s", *line)
