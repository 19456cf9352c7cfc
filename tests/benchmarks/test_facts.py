"""Generated facts of benchmarks: reproducible, consistent, and evaluated like any other facts."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import groupby

import pytest

from api.models import Application, Contact, Interview, Letter, Note, StageChange
from api.rules import facts as rules
from api.rules.life import life
from api.services.accounts.users import all_user_ids
from api.services.steps.recheck import check_steps
from benchmarks.facts import Row, account
from benchmarks.load import load_account
from tests.conftest import World

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
USER = "01946b1e-8f00-7000-8000-000000000000"


@pytest.fixture(scope="module")
def rows() -> dict[type, list[Row]]:
    return account(USER, 5, NOW, 60)


def test_the_same_number_and_instant_give_the_same_rows(rows: dict[type, list[Row]]) -> None:
    assert account(USER, 5, NOW, 60) == rows


def test_another_number_gives_other_rows(rows: dict[type, list[Row]]) -> None:
    others = {row["id"] for row in account(USER, 6, NOW, 60)[Application]}
    assert others.isdisjoint(row["id"] for row in rows[Application])


def test_the_stage_of_an_application_follows_from_its_history(rows: dict[type, list[Row]]) -> None:
    histories = groupby(rows[StageChange], key=lambda row: row["application_id"])
    lines = {
        key: [rules.StageChange(id=row["id"], stage=row["stage"], at=row["at"], dated=row["dated"]) for row in history]
        for key, history in histories
    }
    told = {key: life(history, NOW) for key, history in lines.items()}
    assert {
        row["id"]: (row["stage"], row.get("closed_at"), row.get("closed_outcome")) for row in rows[Application]
    } == {key: (one.stage, one.closed_at, one.closed_outcome) for key, one in told.items()}


def test_no_fact_is_dated_in_the_future(rows: dict[type, list[Row]]) -> None:
    dated = [(Note, "noted_at"), (Letter, "sent_at"), (StageChange, "at"), (Contact, "details_complete_since")]
    assert [row for table, name in dated for row in rows[table] if row.get(name) and row[name] > NOW] == []


def test_an_account_has_past_and_future_interviews_and_letters_in_time_late_and_missing(
    rows: dict[type, list[Row]],
) -> None:
    ends = {row["id"]: row["ends_at"] for row in rows[Interview]}
    sent = Counter(
        "draft" if row["sent_at"] is None else row["sent_at"] <= ends[row["interview_id"]] + timedelta(hours=24)
        for row in rows[Letter]
    )
    missing = sum(end < NOW for end in ends.values()) - len(rows[Letter])
    assert min(sent["draft"], sent[True], sent[False], missing, sum(end > NOW for end in ends.values())) > 0


def test_the_steps_of_a_bulk_load_equal_a_fresh_evaluation(world: World) -> None:
    with world.database.write(NOW) as session:
        load_account(session, 0, measured=False, applications=20)
    with world.database.read(NOW) as session:
        user = all_user_ids(session)[0]
    stored, different = check_steps(world.database, user, lambda: NOW, repair=False)
    assert stored >= 20 * 7
    assert different == 0
