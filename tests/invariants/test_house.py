"""The house keeps its measures: small files, small functions, imports at the top, no host of a package registry."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for room in ("api", "tests", "migrations", "benchmarks")
    for path in (ROOT / room).rglob("*.py")
    if path.is_file()
)
BUT_MIGRATIONS = [path for path in SOURCES if "versions" not in path.parts]  # a table has as many columns as it has
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_has_400_lines_at_the_most(path: Path) -> None:
    assert path.read_text(encoding="utf-8").count("\n") <= 400


@pytest.mark.parametrize("path", BUT_MIGRATIONS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_function_has_40_lines_at_the_most(path: Path) -> None:
    long = {
        node.name: node.end_lineno - node.lineno
        for node in ast.walk(parsed(path))
        if isinstance(node, FUNCTIONS) and node.end_lineno and body_lines(node) > 40
    }
    assert long == {}


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function without its docstring."""
    assert node.end_lineno is not None
    first = node.body[0]
    words = first.end_lineno - first.lineno + 1 if ast.get_docstring(node) and first.end_lineno else 0
    return node.end_lineno - node.lineno + 1 - words


@pytest.mark.parametrize("path", [p for p in SOURCES if "api" in p.parts], ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_imported_inside_a_function(path: Path) -> None:
    inner = [
        node.lineno
        for function in ast.walk(parsed(path))
        if isinstance(function, FUNCTIONS)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert inner == []


def test_no_committed_file_names_the_host_of_a_registry() -> None:
    hosts = ["pypi" + ".org", "python" + "hosted", "registry.npm" + "js", "deb.deb" + "ian"]
    command = ["git", "grep", "-lI", *[word for host in hosts for word in ("-e", host)]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode > 1:
        pytest.skip("not a git checkout")
    assert done.stdout == ""
