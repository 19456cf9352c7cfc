"""`afterword steps check` finds rows that differ from the rules, and mends them when told to."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from api import demo
from api.services import accounts
from api.services.upkeep import check_steps
from tests.conftest import NOW, World

SPOILS = [
    pytest.param("UPDATE step_instance SET due_at = opens_at WHERE number = 4", id="a-deadline-moved"),
    pytest.param("UPDATE step_instance SET closed_state = 'done' WHERE number = 6", id="a-state-forged"),
    pytest.param("DELETE FROM step_instance WHERE number = 7", id="rows-lost"),
    pytest.param("UPDATE step_instance SET missing = '[]' WHERE number = 1", id="missing-parts-lost"),
]


def differences(world: World, *, repair: bool) -> int:
    with world.database.read(world.clock.now) as session:
        users = accounts.everybody(session)
    found = 0
    for user in users:
        with (world.database.write if repair else world.database.read)(world.clock.now) as session:
            session.owner = user
            found += check_steps(session, repair=repair)[1]
    return found


@pytest.mark.parametrize("spoil", SPOILS)
def test_spoilt_rows_are_found_and_mended(world: World, spoil: str) -> None:
    demo.build(world.database, NOW, hasher=lambda _: "")
    world.clock.now = NOW + timedelta(days=3)
    assert differences(world, repair=False) == 0
    with world.database.engine.begin() as connection:
        connection.execute(text(spoil))
    assert differences(world, repair=False) > 0
    assert differences(world, repair=True) > 0
    assert differences(world, repair=False) == 0
