"""Undoing what an assistant wrote restores every row, or refuses and changes nothing, whatever was written since."""

import pytest

from api.services.steps import recompute
from tests.conftest import World
from tests.profiles import budget
from tests.services.driving import drive, number_ids, set_world
from tests.services.undo_machine import Undoing

OPERATIONS = 30


@pytest.mark.drawn
def test_undoing_restores_every_row_or_changes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recompute, "SLICE_SECONDS", -1)  # one batch
    number_ids(monkeypatch)
    set_world(Undoing, world, world.sign_up())
    sequences = budget(quick=3, long=60)
    drive(Undoing, sequences=sequences, operations=OPERATIONS)
    assert Undoing.counts["undone"] > 3 * sequences
