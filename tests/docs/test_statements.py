"""The docs list every statement, as [4], and every invariant, as I9, that a docstring or a comment cites."""

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "statements.md").read_text(encoding="utf-8")
NUMBERS = [
    int(number) for number in re.findall(r"^\| (\d+) \| (?:[1-7]|all) \| [^|]+\. \| [^|]+\. \|$", PAGE, re.MULTILINE)
]
TESTING = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
INVARIANT = re.compile(r"\bI(\d+)\b")
INVARIANTS = [
    int(number)
    for row in re.findall(r"^\| (I[I\d, ]+) \|", TESTING, re.MULTILINE)
    for number in re.findall(r"\d+", row)
]
FOLDERS = ("api", "tests/rules")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
# [4], [31, 32] and [27–30], but no index as in steps[4].
CITED = re.compile(r"(?<!\w)\[(\d{1,2}(?:(?:, |–)\d{1,2})*)\]")


def texts(path: Path, cites: re.Pattern[str]) -> Iterator[str]:
    """Yield the docstrings and the comments of a file, none if the pattern is nowhere in it: parsing takes longer."""
    source = path.read_text(encoding="utf-8")
    if not cites.search(source):
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, DOCUMENTED) and (docstring := ast.get_docstring(node)):
            yield docstring
    lines = iter(source.splitlines(keepends=True))
    for token in tokenize.generate_tokens(lambda: next(lines, "")):
        if token.type == tokenize.COMMENT:
            yield token.string


def cited(text: str) -> set[int]:
    """Return the numbers that a text cites; a range cites every number in it."""
    found: set[int] = set()
    for citation in CITED.findall(text):
        for part in citation.split(", "):
            first, _, last = part.partition("–")
            found.update(range(int(first), int(last or first) + 1))
    return found


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Opens at the end [34].", {34}),
        ("What was done elsewhere [31, 32].", {31, 32}),
        ("A chain of calls [27–30].", {27, 28, 29, 30}),
        ("The first one, steps[4], of a list [§3.9] since [2026].", set()),
    ],
)
def test_a_citation_is_one_or_more_numbers_in_brackets(text: str, numbers: set[int]) -> None:
    assert cited(text) == numbers


@pytest.mark.parametrize(("numbers", "least"), [(NUMBERS, 30), (INVARIANTS, 15)])
def test_a_list_is_numbered_without_a_gap(numbers: list[int], least: int) -> None:
    assert len(numbers) > least
    assert list(range(1, len(numbers) + 1)) == numbers


def test_every_statement_that_is_cited_is_on_the_page() -> None:
    files = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    found = {path.relative_to(ROOT).as_posix(): set().union(*map(cited, texts(path, CITED))) for path in files}
    assert len(set().union(*found.values())) > 20
    unknown = {name: numbers.difference(NUMBERS) for name, numbers in found.items()}
    assert not {name: numbers for name, numbers in unknown.items() if numbers}


def test_every_invariant_that_is_cited_is_in_the_list() -> None:
    every = "\n".join(text for path in (ROOT / "tests").rglob("*.py") for text in texts(path, INVARIANT))
    assert {int(number) for number in INVARIANT.findall(every)} <= set(INVARIANTS)
