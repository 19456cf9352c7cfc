"""The Python client: generated as committed, built as a wheel, checked strictly, and run against a server."""

import ast
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import World
from tests.docs.shown import blocks
from tests.http.test_accounts import SIGN_UP, sign_up_cheaply
from tests.npm import CHECKED, ROOT, run
from tests.served import http_client, served

CLIENT = ROOT / "clients" / "python"
OWN = sorted((CLIENT / "src" / "afterword_client").glob("*.py"))
TOOLS = ROOT / ".clients" / "bin"

needs_tools = pytest.mark.skipif(not TOOLS.exists(), reason="no .clients here: `.ci/run` installs it")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the installed wheel, or with the package where the tools that build it are missing."""
    if not TOOLS.exists():
        return CLIENT / "src"
    folder = tmp_path_factory.mktemp("wheel")
    run(str(TOOLS / "python"), "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=CLIENT)
    [wheel] = folder.glob("*.whl")
    assert wheel.stat().st_size < 100_000
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    assert (folder / "site" / "afterword_client" / "py.typed").exists()
    return folder / "site"


@needs_tools
def test_the_generated_files_are_those_of_the_document() -> None:
    run(sys.executable, "clients/generate.py", "--check", "--only", "python")


def test_at_most_120_lines_are_our_own() -> None:
    assert sum(code_lines(path.read_text(encoding="utf-8")) for path in OWN) <= 120


def code_lines(text: str) -> int:
    """Count lines that are not empty, comments or docstrings."""
    documented = [
        node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
    ]
    first = [node.body[0] for node in documented if ast.get_docstring(node)]
    docstrings = {number for node in first for number in range(node.lineno, (node.end_lineno or 0) + 1)}
    lines = enumerate(text.splitlines(), 1)
    return len([n for n, line in lines if line.strip() and not line.strip().startswith("#") and n not in docstrings])


def test_it_and_its_tests_are_typed_strictly(site: Path, tmp_path: Path) -> None:
    code = "".join(text for _, text in blocks((CLIENT / "README.md").read_text(encoding="utf-8"), "python"))
    (tmp_path / "readme.py").write_text(code, encoding="utf-8")
    files = [str(path) for path in (site / "afterword_client", CLIENT / "tests", tmp_path / "readme.py")]
    options = ("--strict", "--config-file=", "--cache-dir", str(CHECKED / "published"))
    run(sys.executable, "-m", "mypy", *options, *files, cwd=tmp_path, MYPYPATH=str(site))


def test_the_installed_client_works_with_a_server(world: World, site: Path, tmp_path: Path) -> None:
    (tmp_path / "test_client.py").write_bytes((CLIENT / "tests" / "test_client.py").read_bytes())
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_client.py"]
    with served(world) as (_, port):
        run(*command, cwd=tmp_path, AFTERWORD_URL=f"http://localhost:{port}", PYTHONPATH=str(site))


def test_the_examples_of_its_readme_run(world: World, site: Path) -> None:
    sign_up_cheaply(world)
    with served(world) as address, http_client(address) as http:
        session = http.post("/v1/sessions", json={"email": SIGN_UP["email"], "password": SIGN_UP["password"]})
        code = "".join(text for _, text in blocks((CLIENT / "README.md").read_text(encoding="utf-8"), "python"))
        code = code.replace("http://localhost:8000", f"http://localhost:{address[1]}")
        code = code.replace("awp_…", session.json()["token"])
        printed = run(sys.executable, "-c", code, PYTHONPATH=str(site)).splitlines()
    assert printed[:2] == ["Albany, NY", "Larkfield Press applied"]
    assert printed[2].startswith("422 invalid Send a text on one line")
    assert printed[3:] == ["True", "Kim Lee"]
