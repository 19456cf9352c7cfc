"""Rows and files that are refused while an import is planned, run or undone: what stands beside them is not lost."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from sqlmodel import SQLModel

from api.models import Application, Contact
from api.services import quotas
from api.services.imports import running
from api.services.quotas import QUOTAS, Quota
from tests.conftest import World
from tests.http.api_client import application, items
from tests.imports import answered, counted, ran, rows, uploaded

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
    done, failed = ("new", "done", []), ("error", "failed", ["quota_exceeded"])
    assert [(row["outcome"], row["result"], [one["code"] for one in row["errors"]]) for row in found] == [
        *(done, failed, done, done),
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
