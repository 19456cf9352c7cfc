"""What runs is what was planned; a crash loses and doubles nothing; an undo gives back what was there."""

import json
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from api.services.imports import running, undoing
from api.services.imports.running import Runner
from api.services.imports.undoing import undo_slice
from api.workers.retention import apply_retention
from tests.conftest import World
from tests.http.api_client import application, items
from tests.http.api_client import read as get
from tests.imports import Answer, answered, counted, ran, read, rows, settled, undone, uploaded
from tests.services.checks import check_rows, dump

COMPANIES, ROLES = ("Acme", "Beta", "Ünïcode & Söhne"), ("Dev", "Ops")
CELLS = st.tuples(
    st.sampled_from(COMPANIES),
    st.sampled_from(ROLES),
    st.sampled_from(["Applied", "Rejected", "Interview", "Saved", "Offer"]),
    st.sampled_from(["2026-01-05", "2026-03-02", "2026-05-20", "2026-02-30", ""]),
    st.sampled_from(["", "Berlin", "Rome"]),
    st.sampled_from(["", "Kim Lee", "Sam Roe"]),
)
TABLES = st.lists(CELLS, min_size=1, max_size=12)
HEAD = "Company,Role,Status,Date Applied,Location,Contact\n"


def table(cells: list[tuple[str, ...]]) -> str:
    return HEAD + "".join(",".join(row) + "\n" for row in cells)


def runner(world: World, client: TestClient, job: Answer) -> Runner:
    return Runner(world.database, get(client, "/v1/me")["id"], job["id"], max_bytes=200_000_000)


def started(client: TestClient, job: Answer) -> Answer:
    answer = client.post(f"/v1/imports/{job['id']}/run", json={})
    assert answer.status_code == 202, answer.text
    found: Answer = answer.json()
    return found


def visible(client: TestClient) -> str:
    """Return what the user sees of their data, in one text."""
    found: dict[str, Any] = {"applications": [], "contacts": items(client, "/v1/contacts")}
    for one in items(client, "/v1/applications", sort="company"):
        steps = get(client, f"/v1/applications/{one['id']}/steps")
        found["applications"].append({**one, "steps": steps})
    return json.dumps(_without(found, ("version", "etag", "updated_at")), sort_keys=True, indent=0)


def _without(value: Any, names: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        return {name: _without(inner, names) for name, inner in value.items() if name not in names}
    return [_without(inner, names) for inner in value] if isinstance(value, list) else value


@pytest.mark.drawn
def test_what_ran_is_what_was_planned_but_for_what_changed(world: World) -> None:
    @settings(deadline=None, max_examples=12)
    @given(TABLES, st.sampled_from(["skip", "fill", "add"]), st.integers(0, 2**16), st.integers(0, 4))
    def check(cells: list[tuple[str, ...]], on_duplicate: str, seed: int, writes: int) -> None:
        client, random = world.sign_up(), Random(seed)
        application(client, company="Acme", role="Dev")
        job = uploaded(client, table(cells))
        job = answered(client, job, on_duplicate=on_duplicate, default_stage="saved")
        assert job["questions"] == []
        planned = {row["row_no"]: row for row in rows(client, job)}
        before = len(items(client, "/v1/applications"))
        started(client, job)
        work, by_hand = runner(world, client, job), 0
        while not work.run_slice(world.clock.now):
            if writes and random.random() < 0.5:
                application(client, company=random.choice(COMPANIES), role=random.choice(ROLES))
                by_hand, writes = by_hand + 1, writes - 1
        after = {row["row_no"]: row for row in rows(client, job)}
        wanted = {number for number, row in planned.items() if row["outcome"] in ("new", "fill")}
        done = {number for number, row in after.items() if row["result"] == "done"}
        changed = {number for number, row in after.items() if row["result"] == "changed"}
        assert done | changed == wanted
        assert not done & changed
        assert by_hand or not changed
        new = sum(planned[number]["outcome"] == "new" for number in done)
        assert len(items(client, "/v1/applications")) == before + by_hand + new
        with world.database.read(world.clock.now) as session:
            session.owner = get(client, "/v1/me")["id"]
            check_rows(session)

    check()


@pytest.mark.drawn
def test_an_undo_gives_back_what_was_there(world: World) -> None:
    @settings(deadline=None, max_examples=12)
    @given(TABLES, st.sampled_from(["skip", "fill", "add"]))
    def check(cells: list[tuple[str, ...]], on_duplicate: str) -> None:
        client = world.sign_up()
        application(client, company="Acme", role="Dev")
        application(client, company="Beta", role="Ops", applied_on="2026-03-01", location="Here")
        before = visible(client)
        job = answered(client, uploaded(client, table(cells)), on_duplicate=on_duplicate, default_stage="saved")
        job = ran(world, client, job)
        job = undone(world, client, job)
        assert counted(job).get("kept", 0) == 0, rows(client, job, result="kept")
        assert visible(client) == before
        with world.database.read(world.clock.now) as session:
            session.owner = get(client, "/v1/me")["id"]
            check_rows(session)

    check()


class Crash(BaseException):
    """What ends a process in the middle of a slice."""


def test_after_a_crash_in_any_slice_nothing_is_lost_or_doubled(
    world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "ROWS_PER_SLICE", 2)
    cells = [(f"Company {n}", "Dev", "Applied", "2026-03-02", "", f"Person {n}") for n in range(9)]
    job = started(client, uploaded(client, table([*cells])))
    finished = running.finish
    for number in range(30):
        work = runner(world, client, job)  # a new process has nothing in memory
        if number % 2 == 0:
            with monkeypatch.context() as patch:
                patch.setattr(running, "record", _crash)
                patch.setattr(running, "finish", _crash)
                with pytest.raises(Crash):
                    work.run_slice(world.clock.now)
            continue
        if work.run_slice(world.clock.now):
            break
    assert running.finish is finished
    job = read(client, job)
    assert (job["state"], counted(job)) == ("finished", {"new": 9, "done": 9})
    assert len(items(client, "/v1/applications")) == len(items(client, "/v1/contacts")) == 9


def _crash(*_: object) -> None:
    raise Crash


def test_an_undo_goes_on_after_a_crash(world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undoing, "OBJECTS_PER_SLICE", 3)
    monkeypatch.setattr(undoing, "SLICE_SECONDS", 60)  # a slice ends by its number of objects alone
    cells = [(f"Company {n}", "Dev", "Applied", "2026-03-02", "", f"Person {n}") for n in range(7)]
    job = ran(world, client, uploaded(client, table([*cells])))
    assert client.post(f"/v1/imports/{job['id']}/undo").status_code == 202
    user, done = get(client, "/v1/me")["id"], []
    for number in range(40):
        if number % 2 == 0:
            with monkeypatch.context() as patch:
                patch.setattr(undoing, "_undo_one", _crash)
                patch.setattr(undoing, "_finish", _crash)
                patch.setattr(undoing, "_next_objects", _crash)
                with pytest.raises(Crash):
                    undo_slice(world.database, user, job["id"], world.clock.now)
            continue
        done.append(read(client, job)["rows_done"])
        if undo_slice(world.database, user, job["id"], world.clock.now):
            break
    job = read(client, job)
    assert done == [0, 0, 1, 2, 3, 3, 4, 5, 6, 6], "its applications are half of the way"
    assert (job["state"], counted(job)) == ("undone", {"new": 7, "undone": 7})
    assert items(client, "/v1/applications") == items(client, "/v1/contacts") == []


def test_a_row_that_the_api_refuses_fails_alone(world: World, client: TestClient) -> None:
    file = "Company,Role,Status,Interview\nAcme,Dev,Applied,2026-03-02 10:00\nBeta,Dev,Applied,1969-01-01 10:00\n"
    job = uploaded(client, file + "Gamma,Dev,Applied,2026-03-02 10:00\n")
    job = ran(world, client, answered(client, job, default_stage="applied"))
    assert job["state"] == "finished"
    assert counted(job).get("done") == 2


def test_a_full_account_stops_the_import_which_can_run_on(make_world: Any) -> None:
    world = make_world(account_megabytes=1)
    client = world.sign_up()
    text = HEAD + "".join(f"Company {n},Dev,Applied,2026-03-02,,{'x' * 150}\n" for n in range(60))
    job = uploaded(client, text)
    job = settled(world, client, job)
    answer = client.post(f"/v1/imports/{job['id']}/run", json={})
    assert answer.status_code == 202
    work = Runner(world.database, get(client, "/v1/me")["id"], job["id"], max_bytes=140_000)
    while not work.run_slice(world.clock.now):
        pass
    job = read(client, job)
    assert (job["state"], job["error"].partition(":")[0]) == ("stopped", "quota_exceeded")
    made = len(items(client, "/v1/applications", limit=200))
    assert 0 < made < 60
    job = ran(world, client, job)
    assert (job["state"], counted(job)["done"]) == ("finished", 60)


def test_the_contents_of_imports_expire(world: World, client: TestClient) -> None:
    draft = uploaded(client, HEAD + "Acme,Dev,Applied,2026-03-02,,\n")
    user = get(client, "/v1/me")["id"]
    waiting = uploaded(client, HEAD + "Beta,Dev,Applied,2026-03-02,,\n")
    assert len(dump(world.database, user)["import_chunk"]) == 2
    job = ran(world, client, waiting)
    assert len(dump(world.database, user)["import_chunk"]) == 1  # the file is gone once it was imported
    apply_retention(world.database, world.clock.now + timedelta(hours=24))
    assert client.get(f"/v1/imports/{draft['id']}").status_code == 404
    assert len(rows(client, job)) == 1
    world.clock.now += timedelta(days=29)
    apply_retention(world.database, world.clock.now + timedelta(days=1, seconds=1))
    assert (rows(client, job), counted(read(client, job))) == ([], {"new": 1, "done": 1})
    found = dump(world.database, user)
    assert not any(found[name] for name in ("import_row", "import_object", "import_chunk"))
