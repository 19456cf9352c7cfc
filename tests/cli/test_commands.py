"""All commands except `serve`: effect, output and errors."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from api import __version__
from api.commands.tokens import AGENT_PRESETS
from api.protocol.scopes import PRESETS
from api.settings import Settings
from api.storage.database import MIGRATIONS, Database
from tests.cli.running import ROOT, Done, assert_one_line, environment, run_here
from tests.http.figures import LEAST, hashing_with
from tests.stores import Store

pytestmark = pytest.mark.sqlite(profile="quick")

Run = partial[Done]
HEAD = ScriptDirectory(str(MIGRATIONS)).get_current_head()
PASSWORD = "a long pass phrase\n"
MIGRATE_WHEN_TOLD = """
import sys
from api.cli import command_named, main
command_named("migrate")
print("ready", flush=True)
sys.stdin.readline()
main()
"""


@pytest.fixture
def run(store: Store) -> Iterator[Run]:
    """A function that runs commands on a database at head."""
    url = store.copy()
    with hashing_with(*LEAST):
        yield partial(run_here, url)
    store.drop(url)


def test_an_account_is_opened_and_its_token_works(run: Run) -> None:
    added = run("user", "add", "Alex@example.com", "--time-zone", "Europe/Berlin", stdin=PASSWORD)
    assert added.returncode == 0, added.stderr
    issued = run("token", "issue", "alex@example.com")
    assert issued.returncode == 0, issued.stderr
    assert re.fullmatch(r"awp_\w{49}\n", issued.stdout)


@pytest.mark.own_statements
@pytest.mark.parametrize(("kind", "preset"), list(AGENT_PRESETS.items()))
def test_a_token_for_an_assistant_is_issued(run: Run, kind: str, preset: str) -> None:
    run("user", "add", "alex@example.com", stdin=PASSWORD)
    issued = run("token", "issue", "alex@example.com", "--agent", kind)
    assert issued.returncode == 0, issued.stderr
    database = Database(Settings(database_url=run.args[0]))
    with database.engine.connect() as connection:
        (token,) = connection.execute(text("SELECT agent, scopes, expires_at FROM token")).all()
    database.dispose()
    assert token.agent
    assert token.expires_at
    scopes = json.loads(token.scopes) if isinstance(token.scopes, str) else token.scopes
    assert scopes == list(PRESETS[preset])


@pytest.mark.sqlite
def test_a_token_for_an_assistant_has_no_scopes_of_its_own(run: Run) -> None:
    refused = run("token", "issue", "alex@example.com", "--agent", "reader", "--scopes", "all")
    assert refused.returncode == 2
    assert "--scopes" in refused.stderr


def test_a_second_account_of_the_same_address_is_refused_in_one_line(run: Run) -> None:
    run("user", "add", "alex@example.com", stdin=PASSWORD)
    assert_one_line(run("user", "add", "alex@example.com", stdin=PASSWORD), "sign in instead")


@pytest.mark.sqlite
def test_the_version_is_printed_without_a_database(tmp_path: Path) -> None:
    printed = run_here(f"sqlite:///{tmp_path / 'none' / 'none.db'}", "--version")
    assert (printed.returncode, printed.stdout, printed.stderr) == (0, f"afterword {__version__}\n", "")
    assert not (tmp_path / "none").exists()


def test_a_token_for_nobody_is_refused_in_one_line(run: Run) -> None:
    assert_one_line(run("token", "issue", "nobody@example.com"), "afterword user add")


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("words", "stdin", "remedy"),
    [
        pytest.param(("user", "add", "alex@example.com"), "short\n", "password", id="a-short-password"),
        pytest.param(("user", "add", "nobody"), PASSWORD, "email", id="not-an-email-address"),
        pytest.param(("user", "add", "a@b.org", "--time-zone", "PDT"), PASSWORD, "IANA", id="an-unknown-zone"),
        pytest.param(("token", "issue", "a@b.org", "--scopes", "write"), "", "scopes", id="an-unknown-scope"),
    ],
)
def test_an_error_is_one_line_that_says_what_to_do(run: Run, words: tuple[str, ...], stdin: str, remedy: str) -> None:
    assert_one_line(run(*words, stdin=stdin), remedy)


def test_an_outdated_schema_is_reported_in_one_line(empty_url: str) -> None:
    assert_one_line(run_here(empty_url, "token", "issue", "alex@example.com"), "afterword migrate")


@pytest.mark.own_statements
@pytest.mark.parametrize("words", [("migrate",), ("serve", "--port", "0"), ("token", "issue", "alex@example.com")])
def test_a_schema_newer_than_the_code_is_reported_in_one_line(words: tuple[str, ...], store: Store) -> None:
    url = store.copy()
    database = Database(Settings(database_url=url))
    with database.engine.execution_options(write=True).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    done = run_here(url, *words)
    with database.engine.execution_options(write=True).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": HEAD})
    database.dispose()
    store.drop(url)
    assert_one_line(done, "newer than this version of Afterword")
    assert "restore a backup" in done.stderr


@pytest.mark.sqlite
def test_wrong_usage_exits_with_2(run: Run) -> None:
    assert run("token", "issue").returncode == 2
    assert run("surprise").returncode == 2


@pytest.mark.sqlite
def test_openapi_prints_the_published_document(run: Run) -> None:
    printed = json.loads(run("openapi").stdout)
    assert printed == json.loads((ROOT / "openapi" / "openapi.json").read_text(encoding="utf-8"))


def test_concurrent_migrations_wait_for_each_other(empty_url: str) -> None:
    both = [migrates_when_told(empty_url) for _ in range(2)]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in both:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate(timeout=60)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert said == ["The schema is at head.\n"] * 2


def migrates_when_told(url: str) -> "subprocess.Popen[str]":
    """Start a process that imports everything and waits for a line before it migrates, so that two start at once."""
    command = [sys.executable, "-W", "error", "-c", MIGRATE_WHEN_TOLD, "migrate"]
    own = {**os.environ, **environment(url)}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=ROOT, env=own)


@pytest.mark.own_statements
def test_steps_check_finds_no_difference_in_an_empty_database(run: Run) -> None:
    done = run("steps", "check")
    assert done.returncode == 0
    assert "0 differences" in done.stderr
