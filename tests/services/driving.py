"""Drive the state machines: the same operations for the same seed, with a second user whose rows must not change."""

import logging
from collections import Counter
from itertools import count
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from hypothesis import seed
from hypothesis.stateful import run_state_machine_as_test

from api.models import base
from tests.conftest import World
from tests.drawing import limits
from tests.profiles import SEED
from tests.services.checks import dump
from tests.services.machine import Machine


def number_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ids follow the order of writing, so that a failing sequence fails again.

    They decide the order of facts of the same second.
    """
    numbers = count(1)
    monkeypatch.setattr(base, "uuid7", lambda: UUID(f"01900000-0000-7000-8000-{next(numbers):012x}"))


def set_world(machine: type[Machine], world: World, stranger: TestClient) -> None:
    """Give a machine its world and the second user."""
    machine.world, machine.counts = world, Counter()
    machine.stranger = str(stranger.get("/v1/me").json()["id"])
    machine.stranger_has = dump(world.database, machine.stranger)


def drive(machine: type[Machine], *, sequences: int, operations: int) -> None:
    """Run sequences of operations, and log how often each operation ran."""
    run_state_machine_as_test(seed(SEED)(machine), settings=limits(sequences, stateful_step_count=operations))
    for line in sorted(machine.counts.items()):
        logging.getLogger(__name__).info("%s %s", *line)
