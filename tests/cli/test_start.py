"""The start of a command: it imports only what it needs, with the garbage collector off, which is on afterwards."""

import json
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import typer.main

from api.cli import COMMANDS, app, command_named
from tests.cli.running import ROOT, environment
from tests.stores import Store

SERVER = ["fastapi", "api.main", "api.http", "api.routers", "api.demo", "api.metrics"]
DATABASE = ["sqlalchemy", "sqlmodel", "alembic", "api.models", "api.services", "api.storage", "api.settings"]
# All in one process, which imports more with each line.
STAGES = [
    (["--version"], [*SERVER, *DATABASE, "pydantic", "rich"]),
    (["--help"], [*SERVER, *DATABASE, "pydantic", "api.agents"]),
    (["mcp", "--url", "http://127.0.0.1:1"], [*SERVER, *DATABASE]),
    (["migrate"], SERVER),
    (["token", "issue", "nobody@example.com"], SERVER),
    (["user", "list"], SERVER),
    (["backup", "copy.db"], SERVER),
    (["steps", "check"], SERVER),
    (["sweep"], SERVER),
]
RUN = """
import gc, io, json, sys
from contextlib import redirect_stderr, redirect_stdout
collecting = {}
class Watching:
    def find_spec(self, name, path=None, target=None):
        collecting[name] = gc.isenabled()
sys.meta_path.insert(0, Watching())
from api.__main__ import main
done = []
for words in json.loads(sys.argv[1]):
    sys.argv = ["afterword", *words]
    with redirect_stderr(io.StringIO()) as said, redirect_stdout(io.StringIO()):
        try:
            main()
        except SystemExit as ended:
            done.append([ended.code, said.getvalue(), list(sys.modules)])
from api.commands.serve import application
application()
print(json.dumps([done, collecting, gc.isenabled(), gc.get_freeze_count()]))
"""


@pytest.mark.sqlite
def test_a_command_imports_only_what_it_needs(store: Store, tmp_path: Path) -> None:
    variables = environment(store.copy(), TOKEN="a" * 43)
    command = [sys.executable, "-W", "error", "-c", RUN, json.dumps([words for words, _ in STAGES])]
    own = {**os.environ, **variables, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env=own, cwd=tmp_path, timeout=60)
    done, collecting, is_on, frozen = json.loads(ran.stdout)
    for (words, unwanted), (code, said, modules) in zip(STAGES, done, strict=True):
        assert set(unwanted).isdisjoint(modules), words
        assert code == (words[0] in ("mcp", "token")), said
    for name in ("mcp", "sqlalchemy", "api.models.user", "fastapi", "api.routers.notes"):
        assert not collecting[name], name
    assert is_on
    assert frozen > 10_000


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_all_commands_has_the_first_paragraph_of_each(name: str) -> None:
    listed = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    assert (command_named(name).help or "").partition("\n\n")[0] == listed.help


def test_the_installed_command_uses_the_same_entry_point() -> None:
    (script,) = entry_points(group="console_scripts", name="afterword")
    assert script.value == "api.__main__:main"
