"""The command line, run the way a user runs it."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.stores import Store

ROOT = Path(__file__).parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]
PASSWORD = "a long pass phrase\n"


@pytest.fixture
def run(empty_url: str, tmp_path: Path) -> Run:
    environment = {**os.environ, "AFTERWORD_DATABASE_URL": empty_url, "PYTHONPATH": str(ROOT)}

    def run(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "error", "-m", "api", *words]
        return subprocess.run(
            command, input=stdin, capture_output=True, text=True, env=environment, timeout=60, cwd=tmp_path, check=False
        )

    return run


def assert_one_line(done: subprocess.CompletedProcess[str], words: str, code: int = 1) -> None:
    assert done.returncode == code
    assert done.stderr.count("\n") == 1, done.stderr
    assert words in done.stderr


def test_an_account_is_opened_and_its_token_works(run: Run) -> None:
    assert run("migrate").returncode == 0
    added = run("user", "add", "Alex@example.com", "--time-zone", "Europe/Berlin", stdin=PASSWORD)
    assert added.returncode == 0, added.stderr
    issued = run("token", "issue", "alex@example.com")
    assert re.fullmatch(r"awp_\w{49}\n", issued.stdout)


def test_a_second_account_of_the_same_address_is_refused_in_one_line(run: Run) -> None:
    run("migrate")
    run("user", "add", "alex@example.com", stdin=PASSWORD)
    assert_one_line(run("user", "add", "alex@example.com", stdin=PASSWORD), "sign in instead")


@pytest.mark.parametrize(
    ("words", "stdin", "remedy"),
    [
        pytest.param(("user", "add", "alex@example.com"), "short\n", "password", id="a-short-password"),
        pytest.param(("user", "add", "nobody"), PASSWORD, "email", id="no-address"),
        pytest.param(("user", "add", "a@b.org", "--time-zone", "PDT"), PASSWORD, "IANA", id="an-unknown-zone"),
        pytest.param(("token", "issue", "nobody@example.com"), "", "afterword user add", id="a-token-for-nobody"),
        pytest.param(("token", "issue", "a@b.org", "--scopes", "write"), "", "scopes", id="an-unknown-scope"),
    ],
)
def test_a_mistake_is_one_line_with_the_remedy(run: Run, words: tuple[str, ...], stdin: str, remedy: str) -> None:
    run("migrate")
    assert_one_line(run(*words, stdin=stdin), remedy)


def test_a_schema_that_is_behind_is_one_line_too(run: Run) -> None:
    assert_one_line(run("token", "issue", "alex@example.com"), "afterword migrate")


def test_wrong_usage_is_exit_code_2(run: Run) -> None:
    assert run("token", "issue").returncode == 2
    assert run("surprise").returncode == 2


def test_the_document_is_the_published_one(run: Run) -> None:
    printed = json.loads(run("openapi").stdout)
    assert printed == json.loads((ROOT / "openapi" / "openapi.json").read_text(encoding="utf-8"))


def test_processes_that_migrate_at_the_same_time_wait_for_each_other(run: Run) -> None:
    with ThreadPoolExecutor() as pool:
        done = [one.result() for one in [pool.submit(run, "migrate") for _ in range(3)]]
    assert [(one.returncode, one.stderr) for one in done] == [(0, "The schema is at head.\n")] * 3


def test_the_steps_of_an_empty_database_are_right(run: Run) -> None:
    run("migrate")
    done = run("steps", "check")
    assert done.returncode == 0
    assert "0 differences" in done.stderr


def test_serve_answers_on_a_schema_at_head_and_brings_a_file_there(empty_url: str, store: Store, run: Run) -> None:
    if store.name == "postgresql":
        run("migrate")
    environment = {**os.environ, "AFTERWORD_DATABASE_URL": empty_url}
    command = [sys.executable, "-W", "error", "-m", "api", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT) as server:
        assert server.stderr is not None
        line = next(line for line in server.stderr if "Afterword serves" in line)
        url = json.loads(line)["event"].split()[2]
        with urllib.request.urlopen(f"{url}/readyz", timeout=10) as answer:
            assert json.load(answer)["schema_at_head"] is True
        server.terminate()
        assert server.wait(timeout=10) in (0, -15)


def test_a_port_that_is_taken_is_one_line(run: Run) -> None:
    run("migrate")
    command = [sys.executable, "-m", "api", "demo", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as first:
        assert first.stdout is not None
        port = first.stdout.readline().rstrip().removesuffix("/docs").rpartition(":")[2]
        second = run("serve", "--port", port)
        first.terminate()
    assert second.returncode == 1
    assert "--port" in second.stderr.splitlines()[-1]
