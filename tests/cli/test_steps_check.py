"""`afterword steps check` finds rows that differ from a fresh evaluation; `--repair` rewrites them."""

from datetime import timedelta
from functools import partial

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlmodel import select

from api import demo
from api.models import StepInstance
from api.services.accounts import users
from api.services.steps import judge
from api.services.steps.recheck import check_steps
from api.workers import rejudge
from tests.cli.running import run_here
from tests.conftest import NOW, World
from tests.http.api_client import interviewed, read, steps

SPOILS = [
    pytest.param("UPDATE step_instance SET due_at = opens_at WHERE number = 4", id="a-wrong-deadline"),
    pytest.param("UPDATE step_instance SET closed_state = 'done' WHERE number = 6", id="a-wrong-state"),
    pytest.param("DELETE FROM step_instance WHERE number = 7", id="missing-rows"),
    pytest.param("UPDATE step_instance SET missing = '[]' WHERE number = 1", id="missing-parts-cleared"),
]


def differences(world: World, *, repair: bool) -> int:
    with world.database.read(world.clock.now) as session:
        user_ids = users.all_user_ids(session)
    return sum(check_steps(world.database, user, world.clock, repair=repair)[1] for user in user_ids)


@pytest.mark.parametrize("spoil", SPOILS)
def test_wrong_rows_are_found_and_repaired(world: World, spoil: str) -> None:
    demo.build(world.database, NOW, hasher=lambda _: "")
    world.clock.now = NOW + timedelta(days=3)
    assert differences(world, repair=False) == 0
    with world.database.engine.begin() as connection:
        connection.execute(text(spoil))
    assert differences(world, repair=False) > 0
    assert differences(world, repair=True) > 0
    assert differences(world, repair=False) == 0


@pytest.mark.sqlite(profile="quick")
def test_the_command_fails_until_the_differences_are_repaired(world: World) -> None:
    url = world.app.state.settings.database_url
    demo.build(world.database, NOW, hasher=lambda _: "")
    with world.database.engine.begin() as connection:
        connection.execute(text("UPDATE step_instance SET due_at = opens_at WHERE number = 4"))
    check = ("steps", "check", "--processes", "1")
    done = run_here(url, *check)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        1,
        "afterword: the stored steps differ from the rules: run `afterword steps check --repair`.",
    )
    assert run_here(url, *check, "--repair").returncode == 0
    assert run_here(url, *check).returncode == 0


def test_accounts_of_an_older_version_are_checked_alone_until_they_are_repaired(
    world: World, client: TestClient, stranger: TestClient
) -> None:
    for one in (client, stranger):
        interviewed(one)
    me = str(read(client, "/v1/me")["id"])
    owner = me.replace("-", "") if world.database.is_sqlite else me
    world.execute("UPDATE step_instance SET rules_version = 1 WHERE user_id = :id", id=owner)
    check = partial(run_here, world.app.state.settings.database_url, "steps", "check", "--processes", "1")
    assert "of 2 accounts checked" in check().stderr
    assert "of 1 account checked" in check("--outdated").stderr
    assert check("--outdated", "--repair").returncode == 0
    assert check("--outdated").stderr == "0 stored steps of 0 accounts checked, 0 differences found.\n"


@pytest.mark.sqlite
def test_several_processes_find_and_repair_what_one_does(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejudge, "FEW", 1)
    for _ in range(3):
        interviewed(world.sign_up())
    world.execute("UPDATE step_instance SET due_at = opens_at WHERE number = 4")
    check = partial(run_here, world.app.state.settings.database_url, "steps", "check", "--processes")
    one = check("1")
    assert "of 3 accounts checked, 3 differences found." in one.stderr
    assert check("2").stderr == one.stderr
    assert check("2", "--repair").returncode == 0
    assert "3 accounts checked, 0 differences found." in check("1").stderr


def test_rows_of_rules_version_1_can_be_read_and_are_repaired(world: World, client: TestClient) -> None:
    app, _ = interviewed(client)
    fresh = steps(client, app)
    with world.database.write(world.clock.now) as session:
        session.owner = users.all_user_ids(session)[0]
        judge.lock_user(session)
        for row in session.exec(select(StepInstance)).all():
            kept = {name: value for name, value in row.detail.items() if name not in ("tips", "actions")}
            row.detail = {**kept, "actions": [[None, ["ask", "Ask them.", "GET", "/v1/guide"]]]}
            row.rules_version = 1
    old = [s for s in steps(client, app)["steps"] if s["number"] in (1, 3)]
    assert [s["advice"] for s in old] == [[], []]
    asked = {"code": "ask", "text": "Ask them.", "method": "GET", "href": "/v1/guide", "action": "ask", "subject": None}
    assert [s["next_action"] for s in old] == [asked, asked]
    assert differences(world, repair=True) == len(fresh["steps"])
    assert differences(world, repair=False) == 0
    assert steps(client, app) == fresh
    codes = [hint["code"] for s in fresh["steps"] if s["number"] in (1, 3) for hint in s["advice"]]
    assert codes == ["record_answer", "debrief_at_once"]
