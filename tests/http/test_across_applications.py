"""What a frontend reads across applications: interviews of a period, and how many applications there are."""

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import Answer, act, add, alter, application, interview, items, pages, problem, read
from tests.invariants.statements import plan, recorded

pytestmark = pytest.mark.sqlite(profile="quick")

ALL, SUMMARY = "/v1/interviews", "/v1/applications/summary"
DAYS = ("2026-05-04", "2026-05-29", "2026-06-01", "2026-06-02")


def planned(client: TestClient) -> dict[str, str]:
    """Record applications A and B with a round on every second of four days; return their ids by name."""
    apps = {name: application(client, company=name) for name in "AB"}
    for number, day in enumerate(DAYS):
        interview(client, apps["AB"[number % 2]], starts_at=f"{day}T09:00:00+02:00")
    return apps


def told(found: list[Answer]) -> str:
    return " ".join(f"{item['application']['company']}{item['starts_at'][5:10]}" for item in found)


@pytest.mark.own_statements
@pytest.mark.parametrize(
    ("params", "expected"),
    [
        pytest.param({}, "A05-04 B05-29 A06-01 B06-02", id="all-by-their-start"),
        pytest.param({"sort": "-starts_at"}, "B06-02 A06-01 B05-29 A05-04", id="newest-first"),
        pytest.param({"from": "2026-05-29T07:00:00Z"}, "B05-29 A06-01 B06-02", id="from-includes-its-instant"),
        pytest.param({"to": "2026-06-02T07:00:00Z"}, "A05-04 B05-29 A06-01", id="to-leaves-its-instant-out"),
        pytest.param({"from": "2026-05-29T09:00:01+02:00", "to": "2026-06-02T00:00:00Z"}, "A06-01", id="both"),
        pytest.param({"from": "2026-06-01T00:00:00Z", "to": "2026-06-01T00:00:00Z"}, "", id="an-empty-period"),
    ],
)
def test_the_interviews_of_a_period(client: TestClient, params: Answer, expected: str) -> None:
    planned(client)
    assert told(items(client, ALL, **params)) == expected
    assert told([item for page in pages(client, ALL, limit=1, **params) for item in page]) == expected


def test_a_listed_interview_is_the_interview_with_its_application(client: TestClient) -> None:
    apps = planned(client)
    (first, *_) = items(client, ALL)
    assert first.pop("application") == {"id": apps["A"], "company": "A", "role": "Engineer"}
    assert first == read(client, f"/v1/interviews/{first['id']}")


def test_cancelled_interviews_are_listed_and_those_of_deleted_applications_are_not(client: TestClient) -> None:
    apps = planned(client)
    alter(client, f"/v1/interviews/{items(client, ALL)[1]['id']}", status="cancelled")
    assert client.delete(f"/v1/applications/{apps['A']}").status_code == 204
    assert told(items(client, ALL)) == "B05-29 B06-02"
    act(client, f"/v1/applications/{apps['A']}/restore")
    assert len(items(client, ALL)) == 4


def test_a_period_that_ends_before_it_begins_is_refused(client: TestClient) -> None:
    answer = client.get(ALL, params={"from": "2026-06-01T00:00:00Z", "to": "2026-05-01T00:00:00Z"})
    assert problem(answer, 422, "invalid")["errors"][0]["parameter"] == "to"


def test_nobody_lists_the_interviews_of_others(world: World, client: TestClient) -> None:
    planned(client)
    stranger = world.sign_up()
    assert items(stranger, ALL) == []
    assert read(stranger, SUMMARY)["total"] == 0


def counts(found: Answer) -> tuple[int, int, int, int]:
    return found["total"], found["live"], found["closed"], found["archived"]


@pytest.mark.own_statements
def test_applications_are_counted_by_stage(client: TestClient) -> None:
    for stage in ("saved", "applied", "applied", "rejected", "rejected", "accepted"):
        application(client, stage=stage)
    gone = application(client, stage="rejected")
    assert client.delete(f"/v1/applications/{gone}").status_code == 204
    archived = application(client, stage="withdrawn", archived_at="2026-05-01T00:00:00Z")
    found = read(client, SUMMARY)
    assert counts(found) == (7, 3, 4, 1)
    kinds = read(client, "/v1/meta")["enums"]["stage"]
    assert [one["stage"] for one in found["stages"]] == kinds
    of = {one["stage"]: (one["applications"], one["archived"]) for one in found["stages"]}
    expected = {"saved": (1, 0), "applied": (2, 0), "rejected": (2, 0), "accepted": (1, 0), "withdrawn": (1, 1)}
    assert of == {**dict.fromkeys(kinds, (0, 0)), **expected}
    for stage, (number, _) in of.items():
        assert len(items(client, "/v1/applications", stage=stage)) == number
    add(client, f"/v1/applications/{archived}/stages", stage="interviewing", at="2026-06-01T11:00:00Z")
    assert counts(read(client, SUMMARY)) == (7, 4, 3, 0)


def test_the_summary_has_a_version(client: TestClient) -> None:
    application(client)
    tag = client.get(SUMMARY).headers["ETag"]
    assert client.get(SUMMARY, headers={"If-None-Match": tag}).status_code == 304
    application(client)
    assert client.get(SUMMARY, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.own_statements
def test_the_counts_are_read_from_an_index_alone(world: World, client: TestClient) -> None:
    application(client)
    with recorded(world.database) as found:
        read(client, SUMMARY)
    (statement,) = [one for one in found if "GROUP BY" in one.text]
    steps = plan(world.database, statement)
    if world.database.is_sqlite:
        assert ["COVERING INDEX ix_application_stage" in step for step in steps] == [True], steps
    assert not any("Seq Scan" in step for step in steps), steps
