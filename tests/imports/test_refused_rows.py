"""Rows and files that are refused while an import is planned, run or undone: what stands beside them is not lost."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from fastapi.testclient import TestClient
from sqlmodel import SQLModel

from api.models import Application, Contact
from api.services import quotas
from api.services.imports import running
from api.services.imports.planning import Planner
from api.services.imports.running import Runner
from api.services.imports.undoing import undo_slice
from api.services.quotas import QUOTAS, Quota
from api.workers.imports import import_pass
from tests.conftest import World
from tests.http.api_client import add, alter, application, interview, items, problem, put
from tests.http.api_client import read as get
from tests.imports import answered, counted, ran, read, rows, undone, uploaded, work
from tests.services.checks import dump

Limit = Callable[[type[SQLModel], int], None]


@pytest.fixture
def at_most(monkeypatch: pytest.MonkeyPatch) -> Iterator[Limit]:
    """Return a function that sets the quota of a table."""

    def limit(table: type[SQLModel], most: int) -> None:
        quota = QUOTAS[table]
        assert isinstance(quota, Quota)
        monkeypatch.setitem(QUOTAS, table, replace(quota, most=most))
        quotas._count_statement.cache_clear()

    yield limit
    quotas._count_statement.cache_clear()


def test_a_row_that_is_refused_in_the_run_fails_alone(
    world: World, client: TestClient, at_most: Limit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "SLICE_SECONDS", 60)  # all rows are in one slice, which is rolled back
    file = "Company,Role,Status,Contact,Contact email\n"
    file += "Acme,Dev,Applied,Sam,sam@acme.example\nBeta,Dev,Applied,Kim,kim@beta.example\n"
    file += "Gamma,Dev,Applied,Sam,sam@acme.example\nDelta,Dev,Applied,,\n"
    job = uploaded(client, file)
    assert counted(job) == {"new": 4}
    at_most(Contact, 1)
    job = ran(world, client, job)
    found = rows(client, job)
    assert [(row["outcome"], row["result"], [one["code"] for one in row["errors"]]) for row in found] == [
        ("new", "done", []),
        ("error", "failed", ["quota_exceeded"]),
        ("new", "done", []),
        ("new", "done", []),
    ], found
    companies = [one["company"] for one in items(client, "/v1/applications", sort="company")]
    assert companies == ["Acme", "Delta", "Gamma"]
    assert [one["full_name"] for one in items(client, "/v1/contacts")] == ["Sam"]


def test_rows_beyond_the_quota_of_live_applications_are_errors_of_the_plan(client: TestClient, at_most: Limit) -> None:
    application(client, company="First")
    at_most(Application, 2)
    stages = {"Acme": "Applied", "Beta": "Rejected", "Gamma": "Saved", "Delta": "Withdrawn"}
    file = "Company,Role,Status\n" + "".join(f"{name},Dev,{stage}\n" for name, stage in stages.items())
    found = rows(client, uploaded(client, file + "First,Engineer,Applied\n"))
    errors = {row["cells"][0]: [one["code"] for one in row["errors"]] for row in found}
    assert errors == {"Acme": [], "Beta": [], "Gamma": ["too_many"], "Delta": [], "First": []}


def test_a_deleted_application_is_found_by_its_id_and_never_filled(world: World, client: TestClient) -> None:
    deleted, there = application(client, company="Acme"), application(client, company="Beta")
    assert client.delete(f"/v1/applications/{deleted}").status_code == 204
    file = "Afterword id,Company,Role,Status,Location\n"
    file += f"{deleted},Acme,Engineer,Applied,Rome\n{there},Beta,Engineer,Applied,Rome\n"
    job = answered(client, uploaded(client, file), on_duplicate="fill")
    assert [(row["outcome"], row["duplicate_of"]) for row in rows(client, job)] == [
        ("duplicate", deleted),
        ("fill", there),
    ]
    assert counted(ran(world, client, job)) == {"duplicate": 1, "fill": 1, "done": 1}
    assert client.post(f"/v1/applications/{deleted}/restore").json()["location"] is None


def test_a_contact_that_something_else_points_at_is_kept_by_an_undo(world: World, client: TestClient) -> None:
    uses = ("nothing", "linked", "status", "interviewer", "told by", "follow-up", "of a deleted application")
    file = "Company,Role,Status,Contact\n" + "".join(f"{use},Dev,Applied,{use}\n" for use in uses)
    job = ran(world, client, uploaded(client, file))
    ids = {one["full_name"]: one["id"] for one in items(client, "/v1/contacts")}
    mine, deleted = application(client, company="Mine"), application(client, company="Deleted")
    met = interview(client, mine, told_by=ids["told by"])
    put(client, f"/v1/applications/{mine}/contacts/{ids['linked']}", role="hr")
    put(client, f"/v1/interviews/{met}/interviewers/{ids['interviewer']}")
    alter(client, f"/v1/applications/{mine}", status_contact_id=ids["status"])
    follow_up = {"direction": "out", "channel": "email", "outcome": "emailed", "contact_id": ids["follow-up"]}
    add(client, f"/v1/applications/{mine}/follow-ups", **follow_up)
    put(client, f"/v1/applications/{deleted}/contacts/{ids['of a deleted application']}", role="hr")
    assert client.delete(f"/v1/applications/{deleted}").status_code == 204
    undone(world, client, job)
    found = {row["cells"][0]: row["result"] for row in rows(client, job)}
    gone = {"nothing", "of a deleted application"}
    assert found == {use: "undone" if use in gone else "kept" for use in uses}
    assert {one["full_name"] for one in items(client, "/v1/contacts")} == {*uses} - gone
    assert [one["company"] for one in items(client, "/v1/applications")] == ["Mine"]


def test_an_import_that_is_being_undone_is_neither_deleted_nor_undone_twice(world: World, client: TestClient) -> None:
    job = ran(world, client, uploaded(client, "Company,Role,Status\nAcme,Dev,Applied\n"))
    assert client.post(f"/v1/imports/{job['id']}/undo").status_code == 202
    problem(client.delete(f"/v1/imports/{job['id']}"), 409, "import_running")
    work(world)
    assert read(client, job)["state"] == "undone"
    user = get(client, "/v1/me")["id"]
    before = dump(world.database, user)
    assert undo_slice(world.database, user, job["id"], world.clock.now)  # of a process that comes late
    assert Runner(world.database, user, job["id"], max_bytes=None).run_slice(world.clock.now)
    assert dump(world.database, user) == {**before, "user_account": dump(world.database, user)["user_account"]}


def test_why_a_row_was_refused_is_stored_in_an_account_that_is_full(
    world: World, client: TestClient, at_most: Limit
) -> None:
    job = uploaded(client, "Company,Role,Status,Contact,Contact email\nAcme,Dev,Applied,Sam,sam@acme.example\n")
    client.post(f"/v1/imports/{job['id']}/run")
    at_most(Contact, 0)
    user, usage = get(client, "/v1/me")["id"], get(client, "/v1/me/usage")
    (stored,) = (one["used"] for one in usage["quotas"] if one["name"] == "stored_bytes")
    runner = Runner(world.database, user, job["id"], max_bytes=stored)
    while not runner.run_slice(world.clock.now):
        pass
    (row,) = rows(client, job)
    assert (row["result"], [one["code"] for one in row["errors"]]) == ("failed", ["quota_exceeded"])
    assert read(client, job)["state"] == "finished"


LARGE = "Company,Role,Status\n" + "".join(f"Company {n},Dev {'x' * 60},Applied\n" for n in range(900))


def test_a_file_whose_plan_does_not_fit_into_the_account_fails(world: World, client: TestClient) -> None:
    job = uploaded(client, LARGE)
    import_pass(world.database, world.clock, 150_000)
    job = read(client, job)
    assert (job["state"], job["error"].partition(":")[0], counted(job)) == ("failed", "quota_exceeded", {})
    job = answered(client, job, default_stage="saved")  # once there is room, it is planned again
    work(world)
    assert (read(client, job)["state"], counted(read(client, job))) == ("draft", {"new": 900})


def test_a_file_is_planned_by_one_process_at_a_time(world: World, client: TestClient) -> None:
    job, user = uploaded(client, LARGE), get(client, "/v1/me")["id"]

    def plan(clock: Callable[[], datetime]) -> None:
        Planner(world.database, user, job["id"], max_bytes=None).run(clock)

    def deleted_meanwhile() -> datetime:
        """Let another process look at the import between two writes of this one, then delete it."""
        times.append(world.clock.now)
        if len(times) == 5:
            plan(world.clock)
            assert (read(client, job)["state"], counted(read(client, job))) == ("analysing", {})
            assert client.delete(f"/v1/imports/{job['id']}").status_code == 204
        return world.clock.now

    times: list[datetime] = []
    plan(deleted_meanwhile)
    assert len(times) == 5, "it stopped at once"
    problem(client.get(f"/v1/imports/{job['id']}"), 404, "not_found")
    found = dump(world.database, user, "import_job", "import_row", "import_chunk")
    assert found == {"import_job": [], "import_row": [], "import_chunk": []}


def test_the_task_of_imports_stops_when_the_process_does(world: World, client: TestClient) -> None:
    job = uploaded(client, "Company,Role,Status\nAcme,Dev,Applied\n", run=True)
    import_pass(world.database, world.clock, 200_000_000, is_stopping=lambda: True)
    assert (read(client, job)["state"], read(client, job)["rows_done"]) == ("running", 0)
    work(world)
    assert read(client, job)["state"] == "finished"
