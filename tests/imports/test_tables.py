"""Tables: what is recognised, what is asked, what becomes of each row, and the way back."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import add, alter, application, contact, items, problem
from tests.http.api_client import read as get
from tests.imports import Answer, answered, counted, ran, read, rows, settled, undone, uploaded, work

HEAD = "Company,Role,Status,Date Applied,Location\n"
ACME = HEAD + "Acme,Engineer,Applied,2026-03-02,Berlin\n"
LINKEDIN = (
    "Application Date,Contact Email,Contact Phone Number,Company Name,Job Title,Job Url,Resume Name,"
    'Question And Answers\n"11/20/24, 8:15 AM",me@example.com,+15550100,Acme,Engineer,'
    "https://www.linkedin.com/jobs/view/4012345678,cv.pdf,Years:5 | Relocate:No\n"
    '"1/02/25, 9:00 PM",me@example.com,+15550100,Beta,Writer,https://www.linkedin.com/jobs/view/4012345679,cv.pdf,\n'
)
SIMPLIFY = (
    "Job Title,Company Name,Job URL,Applied Date,Status,Status Date,Archived,Date Archived,Notes\n"
    "Engineer,Acme,https://jobs.example.com/1,2025-03-02,REJECTED,2025-04-02,Yes,2025-04-03,Too far\n"
)
HUNTR = (
    "Employer,Job Title,List,URL,Location,Salary,Date Saved,Notes\n"
    "Acme,Engineer,Wishlist,https://jobs.example.com/1,Berlin,90-110k €,2026-01-02,\n"
)
GERMAN = "Firma;Stelle;Status;Beworben am;Gehalt;Notizen\nAcme;Entwickler;Absage;20.02.2026;60.000 €;Schade\n"
FRENCH = "Entreprise\tPoste\tStatut\tDate de candidature\nAcme\tIngénieur\tEntretien\t20/02/2026\n"
SPANISH = "Empresa,Puesto,Estado,Fecha de solicitud\nAcme,Ingeniera,Sin respuesta,20 de febrero de 2026\n"


def made(client: TestClient) -> list[Answer]:
    return items(client, "/v1/applications", sort="company")


@pytest.mark.parametrize(
    ("file", "preset", "wanted"),
    [
        pytest.param(
            LINKEDIN, "linkedin", {"company": "Acme", "applied_on": "2024-11-20", "stage": "applied"}, id="linkedin"
        ),
        pytest.param(
            "Saved Date,Job Url,Job Title,Company Name\n3/04/26,https://www.linkedin.com/jobs/view/1,Dev,Acme\n",
            "linkedin-saved",
            {"company": "Acme", "stage": "saved", "applied_on": None},
            id="linkedin-saved",
        ),
        pytest.param(SIMPLIFY, "simplify", {"stage": "rejected", "closed_at": "2025-04-02T04:00:00Z"}, id="simplify"),
        pytest.param(HUNTR, "huntr", {"stage": "saved", "salary_min": 90_000, "salary_currency": "EUR"}, id="huntr"),
        pytest.param(
            "Job Position,Company,Max. Salary,Location,Status,Date Saved,Date Applied,Excitement\n"
            "Dev,Acme,120000,Rome,Bookmarked,2026-01-02,,5\n",
            "teal",
            {"role": "Dev", "stage": "saved", "salary_max": 120_000},
            id="teal",
        ),
        pytest.param(
            GERMAN,
            None,
            {"role": "Entwickler", "stage": "rejected", "applied_on": "2026-02-20", "salary_min": 60_000},
            id="german",
        ),
        pytest.param(FRENCH, None, {"stage": "interviewing", "applied_on": "2026-02-20"}, id="french"),
        pytest.param(SPANISH, None, {"stage": "no_response", "applied_on": "2026-02-20"}, id="spanish"),
        pytest.param(
            'Company,Role,Status,Date Applied\nAcme,Dev,Applied,"March 3, 2026 → March 5, 2026"\n',
            None,
            {"applied_on": "2026-03-03"},
            id="notion",
        ),
    ],
)
def test_the_table_of_a_program_is_recognised(
    world: World, client: TestClient, file: str, preset: str | None, wanted: Answer
) -> None:
    job = uploaded(client, file)
    assert (job["preset"], job["questions"]) == (preset, []), job["questions"]
    assert ran(world, client, job)["counts"]["done"] == job["rows_total"], rows(client, job)
    assert wanted.items() <= made(client)[0].items()
    assert items(client, "/v1/contacts") == []  # the address in LinkedIn's table is the applicant's own


def test_what_the_file_leaves_open_is_asked_and_nothing_is_recorded_before(world: World, client: TestClient) -> None:
    job = uploaded(client, HEAD + "Acme,,Phone screen,03/04/2026,\nBeta,Dev,,,\n")
    assert [one["code"] for one in job["questions"]] == ["date_order", "stage", "default_stage", "default_role"]
    texts = {one["value"]: one["text"] for one in job["questions"][0]["options"]}
    assert texts == {"dmy": "Friday 3 April 2026", "mdy": "Wednesday 4 March 2026"}
    problem(client.post(f"/v1/imports/{job['id']}/run"), 409, "import_not_ready")
    job = answered(client, job, date_order="dmy", default_stage="saved", default_role="Unknown")
    job = answered(client, job, stage_map=[{"value": "phone SCREEN", "stage": "interviewing"}])
    assert job["questions"] == []
    ran(world, client, job)
    assert [(one["role"], one["stage"], one["applied_on"]) for one in made(client)] == [
        ("Unknown", "interviewing", "2026-04-03"),
        ("Dev", "saved", None),
    ]


def test_a_word_for_a_stage_is_asked_on_one_line(world: World, client: TestClient) -> None:
    words = ("Phone\nscreen", "\u202ePhone \t screen\u202c", "x" * 300, "\u202e", "\u200b\u2060")
    file = "Company,Role,Status\n" + "".join(f'Acme,Dev {number},"{word}"\n' for number, word in enumerate(words))
    job = uploaded(client, file)
    asked = [(one["code"], one["value"], one["rows"]) for one in job["questions"]]
    assert asked == [("stage", "Phone screen", 2), ("stage", "x" * 200, 1), ("default_stage", None, 2)]
    job = answered(client, job, stage_map=[{"value": value, "stage": "interviewing"} for _, value, _ in asked if value])
    job = answered(client, job, default_stage="interviewing")
    assert job["questions"] == []
    assert ran(world, client, job)["counts"]["done"] == len(words)
    assert {one["stage"] for one in made(client)} == {"interviewing"}


def test_a_column_that_is_not_recognised_is_mapped(world: World, client: TestClient) -> None:
    job = uploaded(client, "Where,Role,Status,Date Applied\nAcme,Dev,Applied,2026-03-02\n")
    assert [one["code"] for one in job["questions"]] == ["company"]
    job = answered(client, job, mapping=[{"column": 1, "target": "company"}])
    ran(world, client, job)
    assert made(client)[0]["company"] == "Acme"


def test_an_encoding_that_is_not_certain_is_asked(world: World, client: TestClient) -> None:
    job = uploaded(client, "Firma,Rolle,Status\nMüller Söhne,Dev,Applied\n".encode("windows-1252"))
    (asked,) = job["questions"]
    texts = {one["value"]: one["text"] for one in asked["options"]}
    assert (asked["code"], asked["field"], job["encoding"], job["rows_total"]) == ("encoding", "encoding", None, 0)
    assert (texts["windows-1252"], texts["mac-roman"]) == ("Müller Söhne,Dev,Applied", "M¸ller Sˆhne,Dev,Applied")
    job = answered(client, job, encoding="utf-8")
    assert (job["state"], job["error"].partition(":")[0]) == ("failed", "wrong_encoding")
    job = answered(client, job, encoding="windows-1252")
    assert (job["questions"], job["encoding"]) == ([], "windows-1252")
    ran(world, client, job)
    assert made(client)[0]["company"] == "Müller Söhne"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param("\n \n,,\n", "empty", id="no cell"),
        pytest.param("a,b\n" + "x" * 30_000 + ",1\n", "cell_too_long", id="a cell of 30 kB"),
    ],
)
def test_a_table_that_cannot_be_read_says_why(client: TestClient, text: str, error: str) -> None:
    job = uploaded(client, text)
    assert (job["state"], job["error"].partition(":")[0]) == ("failed", error)


def test_the_second_column_of_a_name_is_left_out(world: World, client: TestClient) -> None:
    job = uploaded(client, "Company,Employer,Role,Status,Company,Notes,Notes\nAcme,Beta,Dev,Applied,Gamma,One,Two\n")
    targets = ["company", "ignore", "role", "stage", "ignore", "note", "note"]
    assert [one["target"] for one in job["columns"]] == targets
    assert [one["certainty"] < 0.9 for one in job["columns"]] == [one == "ignore" for one in targets]
    ran(world, client, job)
    (app,) = made(client)
    (note,) = items(client, f"/v1/applications/{app['id']}/notes")
    assert (app["company"], note["text"]) == ("Acme", "Notes: One\n\nNotes (7): Two")


def test_rows_with_errors_are_exported_corrected_and_sent_again(world: World, client: TestClient) -> None:
    job = uploaded(
        client, HEAD + "Acme,=Dev,Applied,2026-02-30,\nBeta,Dev,Applied,2999-01-01,\nGood,Dev,Applied,2026-03-01,\n"
    )
    assert counted(job) == {"new": 1, "error": 2}
    ran(world, client, job)
    text = client.get(f"/v1/imports/{job['id']}/errors").content.decode("utf-8-sig")
    found = list(csv.reader(io.StringIO(text, newline="")))
    assert found[0][-2:] == ["afterword_line", "afterword_error"]
    assert [row[-2] for row in found[1:]] == ["2", "3"]
    again = text.replace("2026-02-30", "2026-02-28").replace("2999-01-01", "2026-01-01")
    job = ran(world, client, uploaded(client, again))
    assert counted(job) == {"new": 2, "done": 2}, rows(client, job)
    assert {one["role"] for one in made(client)} == {"Dev", "=Dev"}


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        pytest.param("Acme,Engineer,,2026-03-20,", "duplicate", id="company and role within 30 days"),
        pytest.param("ACME,engineer,,,", "duplicate", id="no date"),
        pytest.param("Acme,Engineer,,2026-04-01,", "duplicate", id="30 days later"),
        pytest.param("Acme,Engineer,,2026-01-31,", "duplicate", id="30 days earlier"),
        pytest.param("Acme,Engineer,,2026-04-02,", "new", id="31 days later"),
        pytest.param("Acme,Writer,,2026-03-02,", "new", id="another role"),
        pytest.param("Other,Name,,,https://Jobs.example.com/1?utm_source=x#top", "duplicate", id="the posting"),
        pytest.param("Other,Name,,,https://jobs.example.com/2", "new", id="another posting"),
    ],
)
def test_what_you_have_already_is_found(client: TestClient, row: str, outcome: str) -> None:
    app = application(client, applied_on="2026-03-02", posting_url="https://jobs.example.com/1")
    job = uploaded(client, f"Company,Role,Status,Date Applied,Link\n{row}\n".replace(",,", ",Applied,", 1))
    (found,) = rows(client, job)
    assert (found["outcome"], found["duplicate_of"]) == (outcome, app if outcome == "duplicate" else None)


def test_duplicates_are_skipped_filled_or_added(world: World, client: TestClient) -> None:
    app = application(client, applied_on="2026-03-02", source="Friend")
    file = "Company,Role,Status,Location,Source\nAcme,Engineer,Applied,Berlin,Board\n"
    assert counted(uploaded(client, file)) == {"duplicate": 1}
    filled = ran(world, client, answered(client, uploaded(client, file), on_duplicate="fill"))
    assert counted(filled) == {"fill": 1, "done": 1}
    found = get(client, f"/v1/applications/{app}")
    assert (found["location"], found["source"]) == ("Berlin", "Friend")
    undone(world, client, filled)
    assert get(client, f"/v1/applications/{app}")["location"] is None
    added = ran(world, client, answered(client, uploaded(client, file), on_duplicate="add"))
    assert (counted(added), len(made(client))) == ({"new": 1, "done": 1}, 2)


def test_recording_an_application_by_hand_warns_of_a_possible_duplicate(client: TestClient) -> None:
    first = add(client, "/v1/applications", company="Acme", role="Engineer", posting_url="https://a.example/1")
    assert first["possible_duplicate"] is None
    same = {"id": first["id"], "href": f"/v1/applications/{first['id']}"}
    assert add(client, "/v1/applications", company="acme", role="ENGINEER")["possible_duplicate"] == same
    by_posting = add(client, "/v1/applications", company="Agency", role="X", posting_url="https://a.example/1?gclid=7")
    assert by_posting["possible_duplicate"] == same
    assert add(client, "/v1/applications", company="Other", role="Engineer")["possible_duplicate"] is None


def test_what_changed_since_the_plan_is_left_out_and_said(world: World, client: TestClient) -> None:
    job = uploaded(client, ACME + "Beta,Dev,Applied,2026-03-02,\n")
    application(client, company="Acme", role="Engineer")
    job = ran(world, client, job)
    assert counted(job) == {"new": 2, "done": 1, "changed": 1}
    assert [row["result"] for row in rows(client, job)] == ["changed", "done"]


def test_what_was_touched_since_is_kept_by_an_undo(world: World, client: TestClient) -> None:
    job = ran(world, client, uploaded(client, ACME + "Beta,Dev,Applied,2026-03-02,\nGamma,Dev,Applied,2026-03-02,\n"))
    acme, beta, _ = (one["id"] for one in made(client))
    add(client, f"/v1/applications/{acme}/notes", kind="general", text="Mine.")
    alter(client, f"/v1/applications/{beta}", location="Rome")
    job = undone(world, client, job)
    assert (job["state"], counted(job)) == ("undone", {"new": 3, "kept": 2, "undone": 1})
    assert [one["company"] for one in made(client)] == ["Acme", "Beta"]
    problem(client.post(f"/v1/imports/{job['id']}/undo"), 409, "not_undoable")


def test_an_import_can_be_undone_for_30_days(world: World, client: TestClient) -> None:
    job = ran(world, client, uploaded(client, ACME))
    world.clock.now += timedelta(days=30, seconds=1)
    problem(client.post(f"/v1/imports/{job['id']}/undo"), 409, "not_undoable")


def test_one_import_of_an_account_runs_at_a_time_and_can_be_stopped(world: World, client: TestClient) -> None:
    first, second = uploaded(client, ACME), uploaded(client, ACME.replace("Acme", "Beta"))
    assert client.post(f"/v1/imports/{first['id']}/run").status_code == 202
    problem(client.post(f"/v1/imports/{second['id']}/run"), 409, "import_running")
    assert client.delete(f"/v1/imports/{first['id']}").status_code == 204
    assert read(client, first)["state"] == "stopped"
    assert ran(world, client, first)["state"] == "finished"
    assert len(made(client)) == 1


def test_three_drafts_at_a_time(client: TestClient) -> None:
    jobs = [uploaded(client, ACME) for _ in range(3)]
    fourth = client.post("/v1/imports", content=ACME, headers={"Content-Type": "text/csv"})
    problem(fourth, 409, "quota_exceeded")
    assert client.delete(f"/v1/imports/{jobs[0]['id']}").status_code == 204
    problem(client.get(f"/v1/imports/{jobs[0]['id']}"), 404, "not_found")
    uploaded(client, ACME)


def test_a_table_without_questions_and_errors_can_run_at_once(world: World, client: TestClient) -> None:
    job = uploaded(client, ACME, run=True)
    assert job["state"] == "running"
    work(world)
    assert read(client, job)["state"] == "finished"
    asked = uploaded(client, ACME.replace("2026-03-02", "03/04/2026"), run=True)
    assert asked["state"] == "draft"


def test_a_large_table_is_planned_in_the_background(world: World, client: TestClient) -> None:
    text = HEAD + "".join(f"Company {n},Dev {'x' * 60},Applied,2026-03-02,Berlin\n" for n in range(1_000))
    job = uploaded(client, text)
    assert job["state"] == "analysing"
    assert client.get(f"/v1/imports/{job['id']}").headers["retry-after"] == "1"
    job = settled(world, client, job)
    assert (job["state"], counted(job)) == ("draft", {"new": 1_000})


def test_our_own_csv_comes_back_as_duplicates_and_fills_another_account(world: World, client: TestClient) -> None:
    application(client, company="=Acme", applied_on="2026-03-02", location="Berlin", salary_min=5.0)
    text = client.get("/v1/exports/applications").content
    assert counted(uploaded(client, text)) == {"duplicate": 1}
    other = world.sign_up()
    ran(world, other, uploaded(other, text))
    names = ("id", "company", "role", "stage", "applied_on", "location", "salary_min")
    assert [{n: one[n] for n in names} for one in made(other)] == [{n: one[n] for n in names} for one in made(client)]


def test_people_are_recorded_once_and_linked(world: World, client: TestClient) -> None:
    known = contact(client, full_name="Kim Lee", email="kim@acme.example")
    file = "Company,Role,Status,Contact,Contact email\n"
    file += "A,Dev,Applied,Kim,KIM@acme.example\nB,Dev,Applied,Sam,sam@b.example\nC,Dev,Applied,Sam,sam@b.example\n"
    job = ran(world, client, answered(client, uploaded(client, file), default_stage="applied"))
    assert len(items(client, "/v1/contacts")) == 2
    links = [items(client, f"/v1/applications/{one['id']}/contacts")[0]["contact"] for one in made(client)]
    assert [one["email"] for one in links] == ["kim@acme.example", "sam@b.example", "sam@b.example"]
    undone(world, client, job)
    assert [one["id"] for one in items(client, "/v1/contacts")] == [known]


def test_a_person_to_whom_another_letter_is_addressed_is_kept_by_an_undo(world: World, client: TestClient) -> None:
    file = "Company,Role,Status,Contact,Contact email\n"
    file += "A,Dev,Applied,Kim,kim@a.example\nB,Dev,Applied,Sam,sam@b.example\n"
    job = ran(world, client, uploaded(client, file))
    kim, sam = sorted(items(client, "/v1/contacts"), key=lambda one: str(one["full_name"]))
    own = application(client, company="Own")
    add(client, f"/v1/applications/{own}/letters", recipients=[kim["id"]], body="Hello.")
    undone(world, client, job)
    assert [one["id"] for one in items(client, "/v1/contacts")] == [kim["id"]]
    assert [one["company"] for one in made(client)] == ["Own"]
    assert sam["full_name"] == "Sam"


def test_an_erased_person_is_forgotten_in_the_rows_that_name_them(world: World, client: TestClient) -> None:
    file = "Company,Role,Status,Contact,Contact email\nAcme,Dev,Applied,Xylophagous,x@acme.example\n"
    job = ran(world, client, answered(client, uploaded(client, file), default_stage="applied"))
    (person,) = items(client, "/v1/contacts")
    assert client.post(f"/v1/contacts/{person['id']}/erase").status_code == 200
    assert (rows(client, job)[0]["cells"], rows(client, job)[0]["values"]) == ([], {})
    assert "Xylophagous" not in client.get("/v1/me/export").text


def test_stages_get_the_dates_of_their_columns(world: World, client: TestClient) -> None:
    file = "Company,Role,Status,Saved on,Applied on,Status date\nAcme,Dev,Offer,2026-01-02,2026-01-10,2026-02-03\n"
    ran(world, client, uploaded(client, file))
    (app,) = made(client)
    lines = items(client, f"/v1/applications/{app['id']}/stages")
    assert [(one["stage"], one["at"][:10]) for one in lines] == [
        ("saved", "2026-01-02"),
        ("applied", "2026-01-10"),
        ("offered", "2026-02-03"),
    ]


def test_another_user_sees_nothing_of_an_import(client: TestClient, stranger: TestClient) -> None:
    job = uploaded(client, ACME)
    for path in ("", "/rows", "/errors"):
        problem(stranger.get(f"/v1/imports/{job['id']}{path}"), 404, "not_found")
    body: dict[str, Any] = {"rows": [{"row_no": 1, "application_id": application(stranger)}]}
    problem(client.patch(f"/v1/imports/{job['id']}", json=body), 404, "not_found")
