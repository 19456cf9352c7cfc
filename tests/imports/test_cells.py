"""Cells of tables: what each of them records, and the error or warning of those that cannot be read."""

import csv
import io

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import items
from tests.imports import Answer, ran, read, rows, uploaded

pytestmark = pytest.mark.sqlite  # the text of cells; other files test the statements on both databases

COLUMNS = (
    *("Company", "Role", "Status", "Applied on", "Saved on", "Status date", "Closed on", "Work mode", "Salary"),
    *("Min salary", "Max salary", "Currency", "Salary period", "Archived", "Interview", "Notes", "Contact"),
    *("Contact email", "Contact phone", "Time zone", "Comments"),
)
Problems = list[tuple[str | None, str]]


def table(cells: list[dict[str, str]], columns: tuple[str, ...] = COLUMNS) -> str:
    """Return a table with these cells; each row has a role and a stage unless it says otherwise."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in cells:
        filled = {"Role": "Dev", "Status": "Applied", **row}
        writer.writerow([*(filled.pop(name, "") for name in columns), *filled.values()])
    return text.getvalue()


def problems(row: Answer, kind: str) -> Problems:
    return [(one["column"], one["code"]) for one in row[kind]]


REFUSED: dict[str, tuple[dict[str, str], Problems]] = {
    "no company": ({"Company": "", "Notes": "no company"}, [("Company", "missing")]),
    "more cells than columns": ({"Extra": "x"}, [(None, "too_many_cells")]),
    "applied tomorrow": ({"Applied on": "2026-06-02"}, [("Applied on", "future_evidence")]),
    "applied in three hours": ({"Applied on": "2026-06-01 11:00"}, [("Applied on", "future_evidence")]),
    "saved tomorrow": ({"Saved on": "2026-06-02", "Status": "Saved"}, [("Saved on", "future_evidence")]),
    "no such day": ({"Applied on": "2026-02-30"}, [("Applied on", "not_a_date")]),
    "an amount in words": ({"Min salary": "plenty"}, [("Min salary", "not_an_amount")]),
    "two amounts in a column for one": ({"Max salary": "50-60k"}, [("Max salary", "not_an_amount")]),
    "a currency that is no code": ({"Currency": "$"}, [("Currency", "invalid_value")]),
    "an unknown period": ({"Salary period": "fortnight"}, [("Salary period", "unknown_period")]),
    "the largest below the smallest": (
        {"Min salary": "60000", "Max salary": "50000"},
        [("Max salary", "below_salary_min")],
    ),
    "closed before it began": (
        {"Status": "Rejected", "Applied on": "2026-03-02", "Closed on": "2026-03-01"},
        [("Status date", "out_of_order")],
    ),
    "an address without a host": ({"Contact": "Kim", "Contact email": "kim"}, [("Contact email", "not_an_address")]),
    "a long name of a contact": ({"Contact": "x" * 201}, [("Contact", "string_too_long")]),
    "a long phone number": ({"Contact": "Kim", "Contact phone": "1" * 301}, [("Contact phone", "string_too_long")]),
    "a long role": ({"Role": "x" * 201}, [("Role", "string_too_long")]),
    "two notes that are too long together": (
        {"Notes": "x" * 10_001, "Comments": "x" * 10_001},
        [("Notes", "string_too_long")],
    ),
}


def test_a_cell_that_cannot_be_read_is_one_error_of_its_row_and_column(client: TestClient) -> None:
    job = uploaded(client, table([{"Company": name, **cells} for name, (cells, _) in REFUSED.items()]))
    found = {row["cells"][0] or row["cells"][15]: problems(row, "errors") for row in rows(client, job)}
    assert found == {name: wanted for name, (_, wanted) in REFUSED.items()}
    assert read(client, job)["counts"]["error"] == len(REFUSED)


RECORDED: dict[str, tuple[dict[str, str], Answer, Problems]] = {
    "remote": ({"Work mode": "Home office"}, {"work_mode": "remote"}, []),
    "hybrid": ({"Work mode": "HYBRIDE"}, {"work_mode": "hybrid"}, []),
    "onsite": ({"Work mode": "vor Ort"}, {"work_mode": "onsite"}, []),
    "an unknown work mode": ({"Work mode": "On Mars"}, {"work_mode": None}, [("Work mode", "work_mode_unknown")]),
    "a salary in words": ({"Salary": "competitive"}, {"salary_min": None}, [("Salary", "salary_unknown")]),
    "a salary": (
        {"Salary": "90-110k € per year"},
        {"salary_min": 90_000, "salary_max": 110_000, "salary_currency": "EUR", "salary_period": "year"},
        [],
    ),
    "a salary in columns": (
        {"Min salary": "£1,234,567.50", "Max salary": "2 000 000", "Currency": "£", "Salary period": "Monatlich"},
        {"salary_min": 1_234_567.5, "salary_max": 2_000_000, "salary_currency": "GBP", "salary_period": "month"},
        [],
    ),
    "a currency in small letters": ({"Min salary": "5", "Currency": "usd"}, {"salary_currency": "USD"}, []),
    "archived": (
        {"Status": "Rejected", "Closed on": "2026-03-02", "Archived": "X"},
        {"archived_at": "2026-06-01T12:00:00Z", "closed_at": "2026-03-02T05:00:00Z"},
        [],
    ),
    "archived by a number": ({"Status": "Ghosted", "Archived": "1"}, {"archived_at": "2026-06-01T12:00:00Z"}, []),
    "not archived": ({"Status": "Rejected", "Archived": "No"}, {"archived_at": None}, []),
    "archived but open": ({"Archived": "Yes"}, {"archived_at": None}, [("Archived", "not_closed")]),
    "applied today": ({"Applied on": "2026-06-01"}, {"applied_on": "2026-06-01"}, []),
    "applied within the tolerance": ({"Applied on": "2026-06-01 08:04"}, {"applied_on": "2026-06-01"}, []),
    "already tomorrow there": (
        {"Applied on": "2026-06-02", "Time zone": "Pacific/Kiritimati"},
        {"applied_on": "2026-06-02", "time_zone": "Pacific/Kiritimati"},
        [],
    ),
}
INTERVIEWS: dict[str, tuple[dict[str, str], tuple[str, str | None, str], Problems]] = {
    "a day": (
        {"Interview": "2026-06-08"},
        ("2026-06-08T13:00:00Z", "2026-06-08T21:00:00Z", "America/New_York"),
        [("Interview", "time_assumed")],
    ),
    "a time": ({"Interview": "2026-06-08 15:30"}, ("2026-06-08T19:30:00Z", None, "America/New_York"), []),
    "a time with its offset": (
        {"Interview": "2026-06-08T15:30:00+02:00"},
        ("2026-06-08T13:30:00Z", None, "America/New_York"),
        [],
    ),
    "a time in the zone of the row": (
        {"Interview": "2026-06-08 15:30", "Time zone": "Europe/Berlin"},
        ("2026-06-08T13:30:00Z", None, "Europe/Berlin"),
        [],
    ),
}


def test_what_the_cells_of_a_row_record(world: World, client: TestClient) -> None:
    cells = {name: one[0] for name, one in (RECORDED | INTERVIEWS).items()}
    job = uploaded(client, table([{"Company": name, **row} for name, row in cells.items()]))
    planned = {row["cells"][0]: problems(row, "warnings") for row in rows(client, job)}
    assert planned == {name: one[2] for name, one in (RECORDED | INTERVIEWS).items()}
    assert ran(world, client, job)["counts"]["done"] == len(cells), rows(client, job)
    made = {one["company"]: one for one in items(client, "/v1/applications", limit=200)}
    found = {name: {field: made[name][field] for field in one[1]} for name, one in RECORDED.items()}
    assert found == {name: one[1] for name, one in RECORDED.items()}
    rounds = {name: items(client, f"/v1/applications/{made[name]['id']}/interviews") for name in INTERVIEWS}
    times = {name: [(one["starts_at"], one["ends_at"], one["time_zone"]) for one in rounds[name]] for name in rounds}
    assert times == {name: [one[1]] for name, one in INTERVIEWS.items()}


def test_a_date_in_another_order_than_its_column_is_an_error(client: TestClient) -> None:
    dates = ("13/04/2026", "14/04/2026", "04/15/2026", "03/04/2026")
    cells = [{"Company": date, "Applied on": date} for date in dates]
    job = uploaded(client, table(cells, ("Company", "Role", "Status", "Applied on")))
    assert [problems(row, "errors") for row in rows(client, job)] == [[], [], [("Applied on", "mixed_date_order")], []]
    assert [row["values"].get("application", {}).get("applied_on") for row in rows(client, job)] == [
        *("2026-04-13", "2026-04-14"),
        *(None, "2026-04-03"),
    ]


def test_a_day_that_has_begun_where_the_user_is_has_come(world: World) -> None:
    east = world.sign_up("Pacific/Kiritimati")  # it is 2 June there
    day = {"Time zone": "America/New_York", "Applied on": "2026-06-02"}
    job = uploaded(east, table([{"Company": "Acme", **day}, {"Company": "Beta", **day, "Applied on": "2026-06-03"}]))
    assert [problems(row, "errors") for row in rows(east, job)] == [[], [("Applied on", "future_evidence")]]
    ran(world, east, job, allow_errors=True)
    (made,) = items(east, "/v1/applications")
    assert (made["applied_on"], made["stage"]) == ("2026-06-02", "applied")
