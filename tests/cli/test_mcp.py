"""The command `afterword mcp`, and the server without its extra."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import ROOT, Done, assert_one_line, run_apart, run_here
from tests.served import free_port

SECRET = "a" * 43
NOBODY = "http://127.0.0.1:1"
WITHOUT_EXTRA = """
import sys
asked = []
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("mcp", "mcp_types", "httpx2", "jsonschema", "jwt", "cryptography"):
            asked.append(name)
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing())
from api.cli import COMMANDS, command_named
for name in COMMANDS:
    command_named(name)
from api.main import create_app
routes = create_app().router.routes
print(asked, len(routes))
"""


def run_python(code: str, **variables: str) -> Done:
    """Run some lines of Python in a process of their own."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        timeout=60,
        check=False,
    )


def run_command(*words: str, token: str | None = SECRET) -> Done:
    """Run `afterword mcp` with a token in its environment."""
    return run_here("sqlite://", "mcp", *words, **({} if token is None else {"TOKEN": token}))


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(f"{SECRET}\n", encoding="utf-8")
    file.chmod(0o600)
    return file


def test_without_a_token_the_command_says_where_it_comes_from() -> None:
    assert_one_line(run_command(token=None), "set AFTERWORD_TOKEN, or name a file with --token-file")
    assert_one_line(run_command(token=" "), "set AFTERWORD_TOKEN")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_token_file_that_others_can_read_is_refused(token_file: Path, mode: int) -> None:
    token_file.chmod(mode)
    assert_one_line(run_command("--token-file", str(token_file), token=None), "chmod 600")


def test_a_token_file_that_is_missing_or_no_token_is_refused(token_file: Path) -> None:
    assert_one_line(run_command("--token-file", f"{token_file}.no"), "cannot be read")
    token_file.write_bytes(b"\xff\xfe")
    assert_one_line(run_command("--token-file", str(token_file)), "it is no text")
    token_file.write_text("two words of text\n", encoding="utf-8")
    done = run_command("--token-file", str(token_file))
    assert_one_line(done, "this is no token")
    assert "two words" not in done.stderr


@pytest.mark.parametrize("url", ["ftp://x", "http://a:b@host", "http://host/path", "host:8000", "http://"])
def test_an_address_that_is_none_of_a_server_is_refused(url: str) -> None:
    assert_one_line(run_command("--url", url), "without a path")


def test_a_server_that_does_not_answer_is_one_line() -> None:
    pytest.importorskip("mcp", reason="the extra `mcp` is not installed")
    assert_one_line(run_command("--url", f"http://127.0.0.1:{free_port()}"), "no Afterword server answers there")


def test_an_address_that_is_not_encrypted_is_told_and_used() -> None:
    pytest.importorskip("mcp", reason="the extra `mcp` is not installed")
    told, failed = run_command("--url", f"http://0.0.0.0:{free_port()}").stderr.splitlines()
    assert told == ("afterword: --url is not encrypted, so others on the network can read the token: use https.")
    assert "no Afterword server answers there" in failed


def test_wrong_usage_is_2_and_the_token_is_no_argument() -> None:
    for words in (["--token", SECRET], ["more"], ["--nonsense"]):
        done = run_command(*words)
        assert done.returncode == 2
        assert done.stdout == ""


def test_the_command_is_listed_with_the_others_and_has_the_same_options(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    assert "Serve tools for assistants" in run_here(url, "--help").stdout
    for done in (run_here(url, "mcp", "--help"), run_apart(url, tmp_path, "mcp", "--help")):
        assert "--token-file" in done.stdout
        assert "--url" in done.stdout


def test_without_the_extra_everything_else_works_and_nothing_looks_for_it(tmp_path: Path) -> None:
    done = run_python(WITHOUT_EXTRA, AFTERWORD_DATABASE_URL=f"sqlite:///{tmp_path}/a.db")
    assert (done.stdout, done.stderr) == ("[] 1\n", "")


def test_without_the_extra_the_command_and_the_setting_say_how_to_install_it(tmp_path: Path) -> None:
    remedy = 'pip install "afterword[mcp]"'
    command = f"import sys; sys.modules['mcp'] = None; sys.argv = ['afterword', 'mcp', '--url', {NOBODY!r}]\n"
    assert_one_line(run_python(f"{command}from api.__main__ import main\nmain()", AFTERWORD_TOKEN=SECRET), remedy)
    done = run_python(
        "import sys; sys.modules['mcp'] = None; sys.argv = ['afterword', 'serve', '--port', '0']\n"
        "from api.__main__ import main\nmain()",
        AFTERWORD_DATABASE_URL=f"sqlite:///{tmp_path}/a.db",
        AFTERWORD_MCP="on",
    )
    assert_one_line(done, f"afterword: settings: mcp: install the extra: {remedy}.")
    assert list(tmp_path.iterdir()) == []
