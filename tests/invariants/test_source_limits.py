"""Limits of the source: lines of files and functions, imports at the top, no hosts of package registries."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.invariants.failures import Failures

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for room in ("api", "tests", "migrations", "benchmarks")
    for path in (ROOT / room).rglob("*.py")
    if path.is_file()
)
BUT_MIGRATIONS = [
    path for path in SOURCES if "versions" not in path.parts
]  # creating a table takes a line for each column
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def source(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Functions:
    """The names and numbers of lines of the functions of a file, and the lines on which they import.

    The trees are not kept, because garbage collection would visit millions of objects from then on.
    """

    lengths: list[tuple[str, int]]
    imports: list[int]


@cache
def functions(path: Path) -> Functions:
    found = list(functions_in(ast.parse(source(path))))
    inside = [node for one in found for node in statements_in(one)]
    imports = {node.lineno for node in inside if isinstance(node, ast.Import | ast.ImportFrom)}
    return Functions([(node.name, body_lines(node)) for node in found], sorted(imports))


def functions_in(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the functions of a file."""
    return (child for child in statements_in(node) if isinstance(child, FUNCTIONS))


def statements_in(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all statements below a node; only statements and their parts contain any."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            yield child
            yield from statements_in(child)


def test_a_file_has_400_lines_at_the_most() -> None:
    with Failures() as failures:
        for path in SOURCES:
            with failures.of(path.relative_to(ROOT)):
                lines = source(path).count("\n")
                assert lines <= 400, f"{lines} lines"


def test_a_function_has_40_lines_at_the_most() -> None:
    with Failures() as failures:
        for path in BUT_MIGRATIONS:
            with failures.of(path.relative_to(ROOT)):
                long = {name: lines for name, lines in functions(path).lengths if lines > 40}
                assert not long, long


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the number of lines of a function without its docstring."""
    assert node.end_lineno is not None
    first = node.body[0]
    words = first.end_lineno - first.lineno + 1 if ast.get_docstring(node, clean=False) and first.end_lineno else 0
    return node.end_lineno - node.lineno + 1 - words


def test_nothing_is_imported_inside_a_function() -> None:
    with Failures() as failures:
        for path in SOURCES:
            if "api" not in path.relative_to(ROOT).parts:
                continue
            with failures.of(path.relative_to(ROOT)):
                lines = functions(path).imports
                assert not lines, f"lines {lines}"


def test_no_committed_file_names_the_host_of_a_registry() -> None:
    hosts = ["pypi" + ".org", "python" + "hosted", "registry.npm" + "js", "deb.deb" + "ian"]
    command = ["git", "grep", "-lI", *[word for host in hosts for word in ("-e", host)]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode > 1:
        pytest.skip("not a git checkout")
    assert done.stdout == ""
