"""`afterword import` and `afterword export`: files on the operator's machine, as the owner sees the effect by HTTP."""

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest
from fastapi.testclient import TestClient

from api.clock import wall_clock
from api.commands import transfers
from api.workers.imports import import_pass
from tests.cli.running import Done, Terminal, assert_one_line, run_here
from tests.conftest import World
from tests.http.api_client import Answer, application, items, read
from tests.imports.test_restore import facts, steps_of
from tests.services.full_record import record_everything

pytestmark = pytest.mark.sqlite(profile="quick")

Run = Callable[..., Done]
EMAIL = "user1@example.com"
TABLE = "Company,Role,Status,Date Applied\nAcme,Editor,Applied,2026-03-02\nBeta,Editor,Rejected,2026-03-20\n"
UNKNOWN_STAGES = "Company,Role,Status\nAcme,Editor,Probearbeiten\nBeta,Editor,Hospitation\n"
UNKNOWN_COMPANY = "Mystery,Role,Status\nAcme,Editor,Applied\n"
UNKNOWN_ORDER = "Company,Role,Status,Date Applied\nAcme,Editor,Applied,03/02/2026\n"
WITHOUT_ROLE = "Company,Status\nAcme,Applied\n"
INVITATION = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:one@example.com\r\n"
    "DTSTAMP:20260520T080000Z\r\nSUMMARY:Interview\r\nDTSTART:20260608T090000Z\r\nDTEND:20260608T100000Z\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.fixture
def run(world: World, client: TestClient) -> Run:
    """A function that runs a command on the database of the world, for the account of the client."""
    assert read(client, "/v1/me")["email"] == EMAIL

    def started(command: str, file: Path, *words: str, email: str = EMAIL, **options: Any) -> Done:
        return run_here(world.app.state.settings.database_url, command, email, str(file), *words, **options)

    return started


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """A function that writes a file."""

    def write(name: str, content: str | bytes) -> Path:
        file = tmp_path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    return write


Write = Callable[[str, str | bytes], Path]


def applications(client: TestClient) -> list[tuple[str, str, str]]:
    found = items(client, "/v1/applications", sort="company")
    return [(one["company"], one["role"], one["stage"]) for one in found]


def imports(client: TestClient) -> list[Answer]:
    return items(client, "/v1/imports")


def by_operator(client: TestClient) -> list[tuple[str, str]]:
    shown = items(client, "/v1/me/activity")
    return [(one["operation"], one["object"]) for one in reversed(shown) if one["token_kind"] == "operator"]


def test_a_table_is_imported_after_its_plan_was_shown_and_confirmed(
    run: Run, written: Write, client: TestClient
) -> None:
    done = run("import", written("table.csv", TABLE), stdin="y\n")
    assert done.returncode == 0, done.stderr
    assert "2 rows: 2 to record.\nImport this? [y/N]:" in done.stderr
    assert done.stderr.endswith("2 rows imported.\n")
    assert applications(client) == [("Acme", "Editor", "applied"), ("Beta", "Editor", "rejected")]
    (job,) = imports(client)
    assert (job["state"], job["file_name"], job["counts"]["done"]) == ("finished", "table.csv", 2)
    href = f"/v1/imports/{job['id']}"
    assert by_operator(client) == [("create_import", href), ("run_import", href)]


def test_what_the_operator_imported_can_be_undone(run: Run, written: Write, world: World, client: TestClient) -> None:
    run("import", written("table.csv", TABLE), "--yes")
    (job,) = imports(client)
    assert client.post(f"/v1/imports/{job['id']}/undo").status_code == 202
    import_pass(world.database, world.clock, 200_000_000)
    assert applications(client) == []


def test_without_a_confirmation_nothing_is_imported_and_the_draft_is_deleted(
    run: Run, written: Write, client: TestClient
) -> None:
    done = run("import", written("table.csv", TABLE), stdin="n\n")
    assert done.returncode == 1
    assert done.stderr.endswith("afterword: nothing was imported.\n")
    assert (applications(client), imports(client)) == ([], [])


def test_wrong_rows_are_named_by_line_and_the_others_are_imported(run: Run, written: Write, client: TestClient) -> None:
    wrong = "".join(f"Wrong {n},Editor,Applied,2026-02-30\n" for n in range(7))
    done = run("import", written("table.csv", f"{TABLE}{wrong}"), "--yes")
    assert done.returncode == 0, done.stderr
    told = done.stderr.splitlines()
    assert told[0] == "9 rows: 2 to record, 7 with errors."
    assert told[1:-1] == [f"  line {n}: Date Applied: Send a date such as 2026-03-02." for n in range(4, 9)]
    assert told[-1] == "2 rows imported."
    assert len(applications(client)) == 2


def test_a_table_of_a_known_program_is_recognised_or_named(run: Run, written: Write, client: TestClient) -> None:
    columns = "Application Date,Contact Email,Contact Phone Number,Company Name,Job Title,Job Url,Resume Name,"
    row = "1/2/24 3:04 PM,,,Acme,Editor,https://example.com/jobs/1,,"
    file = written("jobs.csv", f"{columns}Question And Answers\n{row}\n")
    done = run("import", file, "--yes")
    assert "Recognised as a table of linkedin.\n" in done.stderr
    assert applications(client) == [("Acme", "Editor", "applied")]


@pytest.mark.parametrize(
    ("name", "content", "typed", "asked", "wanted"),
    [
        pytest.param(
            *("a.csv", UNKNOWN_STAGES, "3\n8\n", "Which stage is “Hospitation”?"),
            [("Acme", "Editor", "interviewing"), ("Beta", "Editor", "withdrawn")],
            id="the-stages-of-two-words",
        ),
        pytest.param(
            *("a.csv", UNKNOWN_COMPANY, "1\n", "Which column has the company?"),
            [("Acme", "Editor", "applied")],
            id="the-column-of-the-company",
        ),
        pytest.param(
            *("a.csv", WITHOUT_ROLE, "Proofreader\n", "which role shall be recorded"),
            [("Acme", "Proofreader", "applied")],
            id="a-free-text",
        ),
        pytest.param(
            *("a.csv", WITHOUT_ROLE + "Beta,Probearbeiten\n", "3\nProofreader\n", "Which stage is"),
            [("Acme", "Proofreader", "applied"), ("Beta", "Proofreader", "interviewing")],
            id="questions-of-two-kinds",
        ),
        pytest.param(
            *("a.csv", UNKNOWN_STAGES, "0\n10\nthree\n3\n8\n", "“Probearbeiten”"),
            [("Acme", "Editor", "interviewing"), ("Beta", "Editor", "withdrawn")],
            id="numbers-of-no-option-are-asked-again",
        ),
    ],
)
def test_what_a_table_leaves_open_is_asked(  # the columns of the table
    run: Run, written: Write, client: TestClient, name: str, content: str, typed: str, asked: str, wanted: list[Any]
) -> None:
    done = run("import", written(name, content), stdin=Terminal(f"{typed}y\n"))
    assert done.returncode == 0, done.stderr
    assert asked in done.stderr
    assert applications(client) == wanted
    operations = [operation for operation, _ in by_operator(client)]
    assert operations == ["create_import", *["update_import"] * (len(operations) - 2), "run_import"]
    assert len(operations) > 2


@pytest.mark.parametrize(("typed", "day"), [("1\n", "2026-02-03"), ("2\n", "2026-03-02")])
def test_the_order_of_a_date_is_asked(run: Run, written: Write, client: TestClient, typed: str, day: str) -> None:
    done = run("import", written("a.csv", UNKNOWN_ORDER), stdin=Terminal(f"{typed}y\n"))
    assert "In column Date Applied, which day is 03/02/2026?\n  1. Tuesday 3 February 2026  (dmy)\n" in done.stderr
    assert [one["applied_on"] for one in items(client, "/v1/applications")] == [day]


def test_the_application_and_the_kind_of_an_invitation_are_asked(run: Run, written: Write, client: TestClient) -> None:
    application(client, company="Acme")
    wanted = application(client, company="Beta")
    newest_first = "  1. Beta"
    done = run("import", written("a.ics", INVITATION), stdin=Terminal("1\n3\ny\n"))
    assert done.returncode == 0, done.stderr
    assert "Of which application is “Interview”?" in done.stderr
    assert newest_first in done.stderr
    assert "How does the interview take place?" in done.stderr
    (found,) = items(client, f"/v1/applications/{wanted}/interviews")
    assert (found["kind"], found["starts_at"]) == ("phone", "2026-06-08T09:00:00Z")


@pytest.mark.parametrize(("words", "stdin"), [(("--yes",), Terminal()), ((), "")])
def test_without_a_terminal_open_questions_are_named_and_end_the_command(
    run: Run, written: Write, client: TestClient, words: tuple[str, ...], stdin: Any
) -> None:
    done = run("import", written("a.csv", UNKNOWN_STAGES), *words, stdin=stdin)
    (job,) = imports(client)
    assert (done.returncode, done.stderr.splitlines()) == (
        1,
        [
            "Open: Which stage is “Probearbeiten”?",
            "Open: Which stage is “Hospitation”?",
            f"afterword: answer with PATCH /v1/imports/{job['id']}, or run the command in a terminal without --yes.",
        ],
    )
    assert (job["state"], applications(client)) == ("draft", [])


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param("a.zip", "", "unpack an archive first", id="an-archive"),
        pytest.param("a.jsonl", "[[[[", "Send the JSON Lines of GET /v1/me/export", id="no-export"),
        pytest.param("a.ics", "BEGIN", "export the invitation again", id="no-calendar"),
        pytest.param("a.csv", b"a,\x00b\n", "save it as CSV in the encoding UTF-8", id="no-text"),
        pytest.param("a.csv", "x" * 20_001, "set AFTERWORD_MAX_IMPORT_BYTES", id="a-large-table"),
        pytest.param("a.jsonl", "x" * 30_001, "set AFTERWORD_MAX_RESTORE_BYTES", id="a-large-export"),
        pytest.param("a.ics", "x" * 262_145, "more than 262,144 bytes: split it.", id="a-large-calendar"),
        pytest.param("a.csv", "", "The file has no rows", id="an-empty-table"),
        pytest.param("a.jsonl", "", "the first line is its manifest", id="an-empty-export"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(
    run: Run, written: Write, client: TestClient, name: str, content: str | bytes, words: str
) -> None:
    limits = {"MAX_IMPORT_BYTES": "20000", "MAX_RESTORE_BYTES": "30000"}
    assert_one_line(run("import", written(name, content), "--yes", **limits), words)
    assert applications(client) == []


def test_a_file_that_cannot_be_read_is_named(run: Run, tmp_path: Path) -> None:
    missing, folder = tmp_path / "none.csv", tmp_path / "folder.csv"
    folder.mkdir()
    assert_one_line(run("import", missing), f"afterword: {missing}: No such file or directory: check the name")
    assert_one_line(run("import", folder), f"afterword: {folder}: Is a directory: check the name")


@pytest.mark.parametrize("command", ["import", "export"])
def test_an_account_that_nobody_has_is_refused(run: Run, written: Write, tmp_path: Path, command: str) -> None:
    file = written("a.csv", TABLE) if command == "import" else tmp_path / "new.jsonl"
    assert_one_line(run(command, file, email="nobody@example.com"), "`afterword user list` shows all")
    assert not (tmp_path / "new.jsonl").exists()


def test_an_unknown_program_is_refused(run: Run, written: Write) -> None:
    assert_one_line(run("import", written("a.csv", TABLE), "--preset", "excel"), "preset: Input should be 'afterword'")


def test_a_full_account_stops_the_import_with_its_reason(run: Run, written: Write, client: TestClient) -> None:
    rows = "".join(f"Company {n},Editor,Applied,{'x' * 3_000}\n" for n in range(90))
    file = written("a.csv", f"Company,Role,Status,Notes\n{rows}")
    done = run("import", file, "--yes", ACCOUNT_MEGABYTES="1")
    (job,) = imports(client)
    assert (job["state"], done.returncode) == ("stopped", 1)
    assert 0 < job["counts"]["done"] < 90
    assert done.stderr.splitlines()[-2:] == [
        f"{job['counts']['done']} rows imported.",
        f"afterword: {job['error'].removeprefix('quota_exceeded: ')}",
    ]


def test_an_export_is_a_private_file_that_another_account_restores(
    run: Run, world: World, client: TestClient, stranger: TestClient, tmp_path: Path
) -> None:
    record_everything(client, world.clock.now)
    before = client.get("/v1/me/export").content
    file = tmp_path / "account.jsonl"
    done = run("export", file)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith(f"{file.stat().st_size:,} bytes written to {file} in ")
    assert file.stat().st_mode & 0o777 == 0o600
    assert facts(file.read_bytes()) == facts(before)
    assert by_operator(client) == [("export_account", "/v1/me/export")]
    manifest = json.loads(file.read_bytes().partition(b"\n")[0])
    assert manifest["exported_at"][:10] == f"{wall_clock():%Y-%m-%d}"

    assert run("import", file, "--yes", email="user2@example.com").returncode == 0
    assert facts(stranger.get("/v1/me/export").content) == facts(before)
    assert steps_of(stranger) == steps_of(client) != []


def test_an_export_replaces_no_file(run: Run, written: Write, client: TestClient) -> None:
    file = written("a.jsonl", "mine")
    assert_one_line(run("export", file), f"{file} exists already: name a new file.")
    assert file.read_text("utf-8") == "mine"
    assert by_operator(client) == []


def test_an_export_that_cannot_be_written_is_named(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "no folder" / "a.jsonl"
    assert_one_line(run("export", file), f"afterword: {file}: No such file or directory: check the name")


def test_an_export_that_fails_leaves_no_file(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write_some(_database: object, _user: object, _now: object, target: IO[bytes], *_: object) -> None:
        target.write(b"{}")
        target.flush()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(transfers, "write_export", write_some)
    assert_one_line(run("export", tmp_path / "a.jsonl"), "No space left on device")
    assert list(tmp_path.glob("*.jsonl")) == []
