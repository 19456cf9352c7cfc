"""Undoing what an assistant wrote restores every row, or refuses and changes nothing, whatever was written since."""

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
from tests.services.undo_machine import Undoing

OPERATIONS = 30


@pytest.mark.drawn
def test_undoing_restores_every_row_or_changes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recompute, "SLICE_SECONDS", -1)  # one batch
    numbers = count(1)
    monkeypatch.setattr(base, "uuid7", lambda: UUID(f"01900000-0000-7000-8000-{next(numbers):012x}"))
    stranger = world.sign_up()
    Undoing.world, Undoing.counts = world, Counter()
    Undoing.stranger = str(stranger.get("/v1/me").json()["id"])
    Undoing.stranger_has = dump(world.database, Undoing.stranger)
    sequences = budget(quick=3, long=60)
    run_state_machine_as_test(seed(SEED)(Undoing), settings=limits(sequences, stateful_step_count=OPERATIONS))
    for line in sorted(Undoing.counts.items()):
        logging.getLogger(__name__).info("%s %s", *line)
    assert Undoing.counts["undone"] > 3 * sequences
