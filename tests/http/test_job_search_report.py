"""The report of a job search: which dated facts are in it, on which days, and what is never in it."""

import csv
import io
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pypdf import PdfReader

from api.services.reports import job_search
from api.words import pdf
from tests.conftest import World
from tests.http.api_client import (
    Answer,
    act,
    add,
    application,
    contact,
    fault,
    interview,
    interviewed,
    problem,
    put,
    read,
    without_ids,
)

pytestmark = pytest.mark.sqlite(profile="quick")

REPORT = "/v1/reports/job-search"
MAY = {"from": "2026-05-01", "to": "2026-05-31"}
CANARY = "Xylophagous"


def report(client: TestClient, **params: Any) -> Answer:
    return read(client, REPORT, **{**MAY, **params})


def rows(client: TestClient, **params: Any) -> list[tuple[str | None, str, str, str | None]]:
    return [(row["on"], row["kind"], row["action"], row["result"]) for row in report(client, **params)["rows"]]


def follow_up(client: TestClient, app: str, **fields: Any) -> None:
    known = {"direction": "out", "channel": "phone", "outcome": "spoke", "at": "2026-05-30T15:00:00Z"}
    add(client, f"/v1/applications/{app}/follow-ups", **{**known, **fields})


def test_a_report_lists_what_was_done_with_the_result_so_far(client: TestClient) -> None:
    app = application(
        client, company="Larkfield", applied_on="2026-05-20", source="Job board", location="Albany",
        posting_url="https://jobs.example.com/1",
    )  # fmt: skip
    kim = contact(client, full_name="Kim Lee")
    put(client, f"/v1/interviews/{interview(client, app, kind='onsite')}/interviewers/{kim}")
    follow_up(client, app, contact_id=kim)
    add(client, "/v1/search-activities", kind="networking", at="2026-05-21T18:00:00Z")
    shown = report(client, contacts="true", details="history")
    head = [shown[name] for name in ("full_name", "from_on", "to_on", "made_on", "time_zone")]
    assert head == ["Alex Doe", "2026-05-01", "2026-05-31", "2026-06-01", "America/New_York"]
    assert shown["rows"][0] == {
        "on": "2026-05-20",
        "kind": "application",
        "action": "Applied",
        "how": "Job board",
        "employer": "Larkfield",
        "position": "Engineer",
        "place": "Albany",
        "result": "Interviewed on 29 May 2026",
        "posting_url": "https://jobs.example.com/1",
        "application_id": app,
        "people": None,
        "stages": [{"stage": "applied", "on": "2026-05-20"}],
    }
    found = [(row["on"], row["action"], row["how"], row["people"]) for row in shown["rows"][1:]]
    assert found == [
        ("2026-05-21", "Networking", None, None),
        ("2026-05-29", "Interview", "on site", ["Kim Lee"]),
        ("2026-05-30", "Called", "by phone", ["Kim Lee"]),
    ]
    assert shown["counts"] == {"applications": 1, "interviews": 1, "follow_ups": 1, "search_activities": 1}
    assert [week["week"] for week in shown["weeks"]] == [f"2026-W{number}" for number in (18, 19, 20, 21, 22)]
    assert [week["applications"] for week in shown["weeks"]] == [0, 0, 0, 1, 0]
    assert {row["people"] is None for row in report(client)["rows"]} == {True}


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/New_York", "Europe/Berlin"])
def test_days_are_those_of_the_users_zone_at_both_ends(world: World, zone: str) -> None:
    """A second before each end of the period, and at it; in Berlin and New York, the clocks change in between."""
    client = world.sign_up(zone)
    period = {"from": "2026-03-08", "to": "2026-03-29"}
    begins = {"Pacific/Auckland": "2026-03-07T11:00:00Z", "America/New_York": "2026-03-08T05:00:00Z"}
    ends = {"Pacific/Auckland": "2026-03-29T11:00:00Z", "America/New_York": "2026-03-30T04:00:00Z"}
    first, after = begins.get(zone, "2026-03-07T23:00:00Z"), ends.get(zone, "2026-03-29T22:00:00Z")
    for at in (first, after):
        for seconds in (0, -1):
            moved = f"{at[:11]}{int(at[11:13]) + seconds:02}:{'59:59' if seconds else '00:00'}Z"
            add(client, "/v1/search-activities", kind="search", at=moved)
    found = read(client, REPORT, **period)["rows"]
    assert [row["on"] for row in found] == ["2026-03-08", "2026-03-29"]


def test_the_day_of_application_is_the_day_given_whatever_the_employers_zone(client: TestClient) -> None:
    application(client, applied_on="2026-05-01", time_zone="Pacific/Auckland")
    application(client, applied_on="2026-05-31", time_zone="Pacific/Honolulu")
    application(client, applied_on="2026-04-30", time_zone="Pacific/Honolulu")
    shown = report(client, details="history")
    assert [row["on"] for row in shown["rows"]] == ["2026-05-01", "2026-05-31"]
    assert [row["stages"][0]["on"] for row in shown["rows"]] == ["2026-05-01", "2026-05-31"]


def test_without_applied_on_the_dated_stage_counts_and_an_undated_one_stands_apart(client: TestClient) -> None:
    saved = application(client, company="Saved")
    dated = application(client, company="Dated", stage="saved", stage_at="2026-05-01T12:00:00Z")
    add(client, f"/v1/applications/{dated}/stages", stage="applied", at="2026-05-04T12:00:00Z")
    application(client, company="Only saved", stage="saved")
    told = application(client, company="Told")
    add(client, "/v1/search-activities", kind="applied", at="2026-05-07T12:00:00Z", application_id=told)
    shown = report(client, to="2026-06-01")
    assert [(row["on"], row["employer"], row["kind"]) for row in shown["rows"]] == [
        ("2026-05-04", "Dated", "application"),
        ("2026-05-07", "Told", "application"),
    ]
    assert [(row["on"], row["employer"], row["application_id"]) for row in shown["without_date"]] == [
        (None, "Saved", saved)
    ]
    assert shown["counts"]["applications"] == 2
    assert report(client)["without_date"] == []  # it was recorded on 1 June


def test_nothing_that_was_only_planned_cancelled_or_done_by_the_employer_is_listed(client: TestClient) -> None:
    app = application(client, stage="saved")
    interview(client, app, starts_at="2026-06-01T11:30:00Z", ends_at="2026-06-01T12:30:00Z")
    interview(client, app, starts_at="2026-06-05T11:30:00Z")
    interview(client, app, status="cancelled", starts_at="2026-05-20T11:30:00Z")
    interview(client, app, status="no_show", starts_at="2026-05-21T11:30:00Z")
    follow_up(client, app, direction="in", outcome="status")
    assert rows(client, to="2026-06-30") == []


def test_an_activity_that_repeats_an_application_is_left_out(client: TestClient) -> None:
    app = application(client, applied_on="2026-05-20")  # also records an activity
    add(client, "/v1/search-activities", kind="applied", at="2026-05-22T12:00:00Z", application_id=app)
    add(client, "/v1/search-activities", kind="applied", at="2026-05-23T12:00:00Z")
    assert [row[:3] for row in rows(client)] == [
        ("2026-05-20", "application", "Applied"),
        ("2026-05-23", "search_activity", "Applied"),
    ]
    assert [row[1] for row in rows(client, include="search_activities")] == ["search_activity"]


@pytest.mark.parametrize(
    ("stages", "contacted", "said"),
    [
        ({}, False, "No answer yet"),
        ({}, True, "Answered on 30 May 2026"),
        ({"interviewing": "2026-05-25T02:00:00Z"}, False, "In interviews since 24 May 2026"),
        (
            {"offered": "2026-05-25T12:00:00Z", "accepted": "2026-05-27T12:00:00Z"},
            True,
            "Offer accepted on 27 May 2026",
        ),
        (
            {"rejected": "2026-05-25T12:00:00Z", "offered": "2026-05-28T12:00:00Z"},
            True,
            "Offer received on 28 May 2026",
        ),
    ],
)
def test_the_result_is_the_newest_stage(client: TestClient, stages: dict[str, str], contacted: bool, said: str) -> None:
    app = application(client, applied_on="2026-05-20")
    for stage, at in stages.items():
        add(client, f"/v1/applications/{app}/stages", stage=stage, at=at)
    if contacted:
        follow_up(client, app, direction="in", outcome="status")
    assert [row[3] for row in rows(client)] == [said]


@pytest.mark.parametrize(
    ("channel", "outcome", "said"),
    [
        ("phone", "no_answer", "Called, nobody answered"),
        ("phone", "left_message", "Called, left a message"),
        ("phone", "emailed", "Wrote to the employer"),
        ("email", "emailed", "Wrote an e-mail"),
        ("in_person", "spoke", "Asked in person"),
        ("message", "decision", "Sent a message"),
    ],
)
def test_a_contact_is_described_by_channel_and_outcome(
    client: TestClient, channel: str, outcome: str, said: str
) -> None:
    follow_up(client, application(client), channel=channel, outcome=outcome)
    assert [row[2] for row in rows(client)] == [said]


def test_every_kind_of_interview_and_activity_has_words(client: TestClient) -> None:
    app = application(client)
    for kind in ("phone", "video", "onsite", "panel", "assessment", "informal"):
        interview(client, app, kind=kind)
    for kind in ("applied", "search", "networking", "agency", "event", "interview", "other"):
        add(client, "/v1/search-activities", kind=kind, at="2026-05-30T12:00:00Z")
    shown = report(client)["rows"]
    assert len({row["how"] for row in shown if row["kind"] == "interview"}) == 6
    assert len({row["action"] for row in shown if row["kind"] == "search_activity"}) == 7


def everything_marked(client: TestClient) -> str:
    """Record an application in which every private text has the canary."""
    app = application(
        client, applied_on="2026-05-20", posting_text=CANARY, why_role=CANARY, why_company=CANARY, salary_min=987_654
    )
    talk = interview(client, app, next_stage=CANARY, link=f"https://{CANARY}.example")
    kim = contact(client, full_name="Kim Lee", notes=CANARY, email=f"{CANARY}@example.com", company=CANARY)
    put(client, f"/v1/interviews/{talk}/interviewers/{kim}")
    for kind in ("positive", "concern"):
        add(client, f"/v1/applications/{app}/notes", kind=kind, text=CANARY, wording=CANARY, interview_id=talk)
    add(client, f"/v1/applications/{app}/letters", subject=CANARY, body=CANARY, interview_id=talk)
    add(client, f"/v1/applications/{app}/stages", stage="interviewing", note=CANARY, at="2026-05-25T12:00:00Z")
    add(client, f"/v1/applications/{app}/offers", pay=987_654, currency="EUR")
    add(client, "/v1/search-activities", kind="event", note=CANARY, at="2026-05-22T12:00:00Z")
    follow_up(client, app, summary=CANARY, contact_id=kim)
    return kim


def contents(client: TestClient, **params: Any) -> str:
    found = []
    for kind in ("json", "html", "csv", "pdf"):
        answer = client.get(REPORT, params={**MAY, "contacts": "true", "details": "history", "format": kind, **params})
        assert answer.status_code == 200, answer.text
        is_pdf = kind == "pdf"
        pages = PdfReader(io.BytesIO(answer.content)).pages if is_pdf else ()
        found.append("\n".join(page.extract_text() for page in pages) if is_pdf else answer.text)
    assert all("Alex Doe" in text or kind == 2 for kind, text in enumerate(found))
    return "\n".join(found)


def test_no_private_text_and_no_salary_is_in_any_format(client: TestClient) -> None:
    everything_marked(client)
    shown = contents(client)
    assert shown.count("Kim Lee") == 8
    assert CANARY.lower() not in shown.lower()
    assert re.search("987.?654", without_ids(shown)) is None


@pytest.mark.own_statements
def test_erased_and_deleted_people_and_applications_do_not_appear(client: TestClient, stranger: TestClient) -> None:
    kim = everything_marked(client)
    act(client, f"/v1/contacts/{kim}/erase")
    assert "Kim Lee" not in contents(client)
    lee, (app, talk) = contact(client, full_name="Robin Lee"), interviewed(client)
    put(client, f"/v1/interviews/{talk}/interviewers/{lee}")
    follow_up(client, app, contact_id=lee)
    assert "Robin Lee" in contents(client)
    assert client.delete(f"/v1/contacts/{lee}").status_code == 204
    assert "Robin Lee" not in contents(client)
    for row in report(client, to="2026-06-01")["rows"]:
        if row["application_id"] and client.get(f"/v1/applications/{row['application_id']}").status_code == 200:
            assert client.delete(f"/v1/applications/{row['application_id']}").status_code == 204
    assert [row["action"] for row in report(client)["rows"]] == ["Event for job seekers"]
    assert report(stranger)["rows"] == []


def test_include_chooses_kinds(client: TestClient) -> None:
    everything_marked(client)
    shown = report(client, include="interviews,applications")
    assert shown["include"] == ["applications", "interviews"]
    assert {row["kind"] for row in shown["rows"]} == {"application", "interview"}
    fault(client.get(REPORT, params={"include": "letters"}), "include")
    fault(client.get(REPORT, params={"include": ","}), "include")


def test_the_period_has_a_default_and_a_limit(client: TestClient) -> None:
    shown = read(client, REPORT)
    assert (shown["from_on"], shown["to_on"]) == ("2026-05-02", "2026-06-01")
    assert read(client, REPORT, to="2026-02-28")["from_on"] == "2026-01-29"
    assert read(client, REPORT, **{"from": "2026-12-01"})["to_on"] == "2026-12-01"
    assert read(client, REPORT, **{"from": "2025-01-01", "to": "2026-02-04"})["weeks"]
    fault(client.get(REPORT, params={"from": "2025-01-01", "to": "2026-02-05"}), "to")
    fault(client.get(REPORT, params={"from": "2026-05-02", "to": "2026-05-01"}), "to")
    for day in ("1970-01-01", "2199-12-31"):
        assert read(client, REPORT, **{"from": day, "to": day})["rows"] == []


def test_too_many_rows_are_refused(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_search, "MAX_ROWS", 2)
    application(client, applied_on="2026-05-20")
    application(client)
    assert len(report(client)["rows"]) == 1
    add(client, "/v1/search-activities", kind="event", at="2026-05-22T12:00:00Z")
    add(client, "/v1/search-activities", kind="event", at="2026-05-22T12:00:00Z")
    fault(client.get(REPORT, params=MAY), "to")


def test_applications_are_looked_up_in_groups(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_search, "AT_ONCE", 2)
    for _ in range(5):
        application(client, applied_on="2026-05-20")
    assert {row[3] for row in rows(client)} == {"No answer yet"}


def test_csv_has_the_rows_with_safe_cells(client: TestClient) -> None:
    application(client, company="=1+1", applied_on="2026-05-20", source="a; b")
    answer = client.get(REPORT, params={**MAY, "format": "csv", "delimiter": "semicolon", "bom": "true"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].endswith('"afterword-job-search-2026-05-01-2026-05-31.csv"')
    assert answer.text.startswith("\ufeff")
    header, row = csv.reader(io.StringIO(answer.text[1:], newline=""), delimiter=";")
    assert ",".join(header) == (
        "date,kind,action,how,employer,position,place,result,posting_url,people,stage_history,application_id"
    )
    assert row[:6] == ["2026-05-20", "application", "Applied", "a; b", "'=1+1", "Engineer"]


def test_each_format_has_an_etag_and_html_a_policy(client: TestClient) -> None:
    application(client, applied_on="2026-05-20")
    tags = set()
    for kind in ("json", "html", "csv", "pdf"):
        answer = client.get(REPORT, params={**MAY, "format": kind})
        assert answer.headers["vary"] == ("Accept, Accept-Encoding" if kind == "json" else "Accept")
        tags.add(answer.headers["etag"])
        again = client.get(REPORT, params={**MAY, "format": kind}, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert len(tags) == 4
    policy = client.get(REPORT, params={"format": "html"}).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_a_report_of_nothing_says_so(client: TestClient) -> None:
    page = client.get(REPORT, params={**MAY, "format": "html"}).text
    assert "<p>Nothing is recorded in this period.</p>" in page
    assert "<table class='entries'>" not in page


def test_a_pdf_that_cannot_be_made_is_refused(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    application(client, applied_on="2026-05-20")
    with monkeypatch.context() as patch:
        patch.setattr(pdf, "MAX_REPORT_ROWS", 0)
        refused = client.get(REPORT, params={**MAY, "format": "pdf"})
        assert "html" in problem(refused, 406, "not_acceptable")["detail"]
    monkeypatch.setattr(pdf, "IS_AVAILABLE", False)
    refused = client.get(REPORT, params={**MAY, "format": "pdf"})
    assert "afterword[pdf]" in problem(refused, 406, "not_acceptable")["detail"]
