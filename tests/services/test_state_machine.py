"""After any sequence of writes the stored steps equal a fresh evaluation of all facts."""

import pytest

from api.services.steps import recompute
from tests.conftest import World
from tests.profiles import budget
from tests.services.driving import drive, number_ids, set_world
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
        pytest.param(Record, budget(quick=4, long=70), id="one-record"),
        pytest.param(Elsewhere, budget(quick=2, long=30), id="several-applications"),
    ],
)
def test_stored_steps_equal_a_fresh_evaluation_after_every_operation(
    machine: type[Machine], sequences: int, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recompute, "SLICE_SECONDS", -1)  # one batch, so that the background task judges the rest
    monkeypatch.setattr(recompute, "BATCH_SIZE", 2)
    number_ids(monkeypatch)
    stranger = world.sign_up()
    machine.strange = record_everything(stranger, world.clock.now)
    set_world(machine, world, stranger)
    assert all(machine.stranger_has.values())
    drive(machine, sequences=sequences, operations=OPERATIONS)
    if world.database.is_sqlite:  # PostgreSQL always enforces foreign keys
        with world.database.engine.connect() as connection:
            assert not connection.exec_driver_sql("PRAGMA foreign_key_check").all()
