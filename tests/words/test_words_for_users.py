"""Words that texts for users do not use any more, each with the word to use instead, and tests that find them.

Texts for users are: the string literals of `api/` that contain a space, the docstrings of endpoints, the catalogue of
letters, the published OpenAPI document, the README, the docs, and the corpus of letters and messages. Docstrings of
models are published too; they are checked in the OpenAPI document.
"""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeGuard

import pytest

ROOT = Path(__file__).parents[2]
INSTEAD = {
    "ring": "call",
    "rings": "calls",
    "ringing": "calling",
    "rang": "called",
    "rung": "called",
    "may ring": "may call",
    "may be rung": "may be called",
    "mend": "fix",
    "mends": "fixes",
    "mended": "fixed",
    "mending": "fixing",
    "anew": "again",
    "jot": "note",
    "jots": "notes",
    "jotted": "noted",
    "jotting": "note",
    "re-open": "reopen",
    "re-opens": "reopens",
    "re-opened": "reopened",
    "touches": "affects",
    "lays": "applies",
    "keen": "interested",
    "diary": "calendar",
    "whoever": "the person who",
    "wall time": "local time",
    "clock on the wall": "local time",
    "come of": "result from",
    "comes of": "results from",
    "came of": "resulted from",
    "gone out": "been sent",
    "kept back": "blocked",
    "keeps back": "blocks",
    "for want of": "without",
    "worth a look": "a finding",
    "on the table": "received",
    "know nothing of": "do not use",
    "knows nothing of": "does not use",
    "takes away": "deletes",
    "from what was noted": "from notes",
    "lest": "so that … not",
    "hence": "so",
    "thereby": "so",
    "thereof": "of it",
    "hitherto": "until now",
    "upon": "on",
    "whilst": "while",
    "amongst": "among",
    "utilise": "use",
    "utilize": "use",
}
WORDS = re.compile(rf"\b(?:{'|'.join(sorted(INSTEAD, key=len, reverse=True))})\b".replace(" ", r"\s+"), re.IGNORECASE)
MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
SHORT_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
NO_YEAR = re.compile(rf"\b{DAY}[a-z]*,? \d{{1,2}} (?:{MONTH}|{SHORT_MONTH})\b(?!,? \d{{4}})")
MIDNIGHT = re.compile(r"\b(?:until|by|before|due(?: at)?) 00:00\b")
ROOMS = sorted({ROOT / "api" / path.relative_to(ROOT / "api").parts[0] for path in (ROOT / "api").rglob("*.py")})
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted(Path(__file__).parent.glob("*.md"))]
SOURCES = [*ROOMS, ROOT / "openapi" / "openapi.json", *PAGES]
EVERY = pytest.mark.parametrize("source", [pytest.param(one, id=str(one.relative_to(ROOT))) for one in SOURCES])
Text = tuple[str, str]


def texts_in(source: Path) -> Iterator[Text]:
    """Yield the texts for users in a file, or in the Python and JSON files of a folder, each with its place."""
    paths = [source] if source.is_file() else sorted([*source.rglob("*.py"), *source.rglob("*.json")])
    for path in paths:
        content, name = path.read_text(encoding="utf-8"), str(path.relative_to(ROOT))
        if path.suffix == ".py":
            yield from ((f"{name}:{line}", text) for line, text in literals(content))
        elif path.suffix == ".json":
            yield from ((f"{name}{place}", text) for place, text in strings(json.loads(content)))
        else:
            yield name, content


def literals(source: str) -> Iterator[tuple[int, str]]:
    """Yield the literals with a space in them and the docstrings of endpoints, each with its line."""
    tree = ast.parse(source)
    ignored: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            ignored |= {part for part in node.values if isinstance(part, ast.Constant)}
        elif isinstance(node, ast.Expr) and not isinstance(node.value, ast.Call):
            ignored.add(node.value)
    for node in ast.walk(tree):
        if _is_endpoint(node):
            ignored -= {one.value for one in node.body[:1] if isinstance(one, ast.Expr)}
    for node in ast.walk(tree):
        if node not in ignored and isinstance(node, ast.Constant | ast.JoinedStr):
            text = _text_of(node)
            if " " in text.strip():
                yield node.lineno, text


def _is_endpoint(node: ast.AST) -> TypeGuard[ast.FunctionDef | ast.AsyncFunctionDef]:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(
        isinstance(one, ast.Call) and ast.unparse(one.func).startswith("routes.") for one in node.decorator_list
    )


def _text_of(node: ast.Constant | ast.JoinedStr) -> str:
    """Return the text of a literal, with `{}` for each inserted value; an empty one if it is not a string."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text_of(part) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return node.value if isinstance(node.value, str) else ""


def strings(value: Any, place: str = "#") -> Iterator[Text]:
    """Yield the strings of a JSON value that have a space in them, each with its JSON pointer."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from strings(one, f"{place}/{name.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from strings(one, f"{place}/{number}")
    elif isinstance(value, str) and " " in value.strip():
        yield place, value


def found_in(texts: Iterator[Text], pattern: re.Pattern[str]) -> list[str]:
    """Return each match with its place, and with the word to use instead if there is one."""
    found = []
    for place, text in texts:
        for match in pattern.finditer(text):
            line = f" line {text.count(chr(10), 0, match.start()) + 1}" if "\n" in text else ""
            instead = INSTEAD.get(" ".join(match[0].lower().split()))
            found.append(f"{place}{line}: {match[0]!r}" + (f", use {instead!r}" if instead else ""))
    return found


@EVERY
def test_texts_for_users_contain_no_word_that_is_not_used_any_more(source: Path) -> None:
    found = found_in(texts_in(source), WORDS)
    assert not found, "\n".join(found)


@EVERY
def test_every_date_with_a_weekday_has_a_year(source: Path) -> None:
    found = found_in(texts_in(source), NO_YEAR)
    assert not found, "\n".join(found)


@EVERY
def test_a_deadline_at_midnight_is_the_end_of_a_day(source: Path) -> None:
    found = found_in(texts_in(source), MIDNIGHT)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("word", INSTEAD)
def test_every_word_of_the_list_is_found_and_its_replacement_is_not(word: str) -> None:
    text = f"Before {word.upper()}, and after."
    assert found_in(iter([("here", text)]), WORDS) == [f"here: {word.upper()!r}, use {INSTEAD[word]!r}"]
    assert not WORDS.search(INSTEAD[word])
    assert not WORDS.search(f"x{word}x")


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        pytest.param('x = "You may ring."', ["You may ring."], id="a-literal"),
        pytest.param('x = ("You may "\n     "ring.")', ["You may ring."], id="a-literal-in-two-parts"),
        pytest.param('x = f"{name} may ring {day}."', ["{} may ring {}."], id="an-f-string"),
        pytest.param('f(description="When they ring.")', ["When they ring."], id="an-argument"),
        pytest.param('x = "ring"', [], id="a-code"),
        pytest.param('"""When they ring."""', [], id="docstring-of-a-module"),
        pytest.param('class A:\n    """When they ring."""', [], id="docstring-of-a-class"),
        pytest.param('def f():\n    """When they ring."""', [], id="docstring-of-a-function"),
        pytest.param(
            '@routes.get("/x")\ndef f():\n    """When they ring."""', ["When they ring."], id="docstring-of-an-endpoint"
        ),
    ],
)
def test_literals_and_docstrings_of_endpoints_are_texts_for_users(source: str, texts: list[str]) -> None:
    assert [text for _, text in literals(source)] == texts


def test_strings_of_a_json_document_have_a_json_pointer() -> None:
    document = {"paths": {"/a/b": {"get": {"tags": ["ring"], "examples": ["You may ring."]}}}}
    assert list(strings(document)) == [("#/paths/~1a~1b/get/examples/0", "You may ring.")]


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("on Monday, 2 March", True),
        ("until Mon 2 Mar (EST)", True),
        ("on Monday, 2 March 2026 at 10:00", False),
        ("until the end of Mon 2 Mar 2026", False),
        ("2 March", False),
    ],
)
def test_a_date_without_a_year_is_found(text: str, *, is_found: bool) -> None:
    assert bool(NO_YEAR.search(text)) is is_found


@pytest.mark.parametrize(
    ("source", "text"),
    [
        pytest.param("api/rules", "The application is closed.", id="reason-texts"),
        pytest.param("api/words", "Dear hiring team,", id="the-catalogue"),
        pytest.param("api/words", "The letter does not name the company.", id="findings"),
        pytest.param("api/services", "Record the result of the call.", id="hints"),
        pytest.param("api/protocol", "Not signed in", id="problems"),
        pytest.param("api/routers", "Read the card for the call.", id="docstrings-of-endpoints"),
        pytest.param("api/models", "Default: now.", id="descriptions-of-fields"),
        pytest.param("openapi/openapi.json", "Default: now.", id="the-published-document"),
        pytest.param("tests/words/letters.md", "Dear Ms Ana Ruiz,", id="letters"),
    ],
)
def test_a_text_of_each_kind_is_read(source: str, text: str) -> None:
    assert any(text in one for _, one in texts_in(ROOT / source))
