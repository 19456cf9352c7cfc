"""Every path in the documents exists, and the architecture page names every folder of `api/`.

A path is a word of inline code that has only path characters (letters, digits, `_`, `-`, `.`, `/`, and `<noun>`, which
means any name), does not begin with a slash, and ends with a file suffix (`.py`, `.md` …) or contains a slash.
`::test_name` and punctuation after it are cut off. Media types are not paths. Paths are relative to the root of the
project. `(then)` after the code means that the path existed earlier.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("docs", "docs/decisions")
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *(page for name in FOLDERS for page in (ROOT / name).glob("*.md")),
]
PAGE_NAMES = sorted(page.relative_to(ROOT).as_posix() for page in PAGES)
FENCED = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:[^`\n]|\n(?!\n))+)`(\s\(then\))?")
LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)(?:#[^)]*)?\)")
PATH = re.compile(r"(?:[\w.-]|<\w+>)(?:[\w./-]|<\w+>)*")
FILE = re.compile(r".*\.(?:py|md|toml|json|ini|lock|typ|mako|yaml|yml|lua|sh|html|txt)")
MEDIA_TYPES = ("application/", "text/", "image/", "multipart/", "message/", "font/")
EXCEPTIONS = {  # (document, path): why it does not exist
    ("docs/testing.md", "build/"): "created by `make mutants`, not part of the repository",
    ("docs/agents.md", ".mcp.json"): "a file of a host of assistants",
    ("docs/agents.md", "mcp.json"): "a file of a host of assistants",
}


def prose(page: str) -> str:
    """Return a document without its fenced blocks."""
    return FENCED.sub("", (ROOT / page).read_text(encoding="utf-8"))


def paths(text: str) -> Iterator[str]:
    """Yield the paths that a text names in inline code."""
    for code, is_past in INLINE.findall(text):
        for word in [] if is_past else code.split():
            path = word.partition("::")[0].rstrip(".,;:")
            if PATH.fullmatch(path) and not path.startswith(MEDIA_TYPES) and ("/" in path or FILE.fullmatch(path)):
                yield path


def is_there(path: str) -> bool:
    pattern = re.sub(r"<\w+>", "*", path).rstrip("/")
    found = list(ROOT.glob(pattern))
    return any(one.is_dir() for one in found) if path.endswith("/") else bool(found)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("`api/main.py` and `api/rules/`", ["api/main.py", "api/rules/"]),
        ("`tests/http/test_notes.py::test_a_note`", ["tests/http/test_notes.py"]),
        ("`pytest --seed 7 tests/rules`", ["tests/rules"]),
        ("`pyproject.toml`", ["pyproject.toml"]),
        ("`api/models/<noun>.py`", ["api/models/<noun>.py"]),
        ("`.ci/run`", [".ci/run"]),
        ("`pytest\ntests/rules` over two lines", ["tests/rules"]),
        ("`old/room.py` (then) moved to `api/cli.py`", ["api/cli.py"]),
        ("`GET /v1/queue`, `/data`, `~/notes.md`, `https://example.com/a.py`", []),
        ("`application/json`, `judge.lock_user`, `If-Match`, `…/notes.py`", []),
        ("`https://<your host>/password-reset`", []),
        ("`AFTERWORD_DATABASE_URL=sqlite:///new.db alembic upgrade head`", []),
    ],
)
def test_a_path_is_a_word_with_a_slash_or_the_end_of_a_file(text: str, named: list[str]) -> None:
    assert list(paths(text)) == named


@pytest.mark.parametrize("page", PAGE_NAMES)
def test_every_path_that_a_document_names_exists(page: str) -> None:
    missing = [path for path in paths(prose(page)) if (page, path) not in EXCEPTIONS and not is_there(path)]
    assert not missing, f"{page} names paths that do not exist: {', '.join(missing)}"


@pytest.mark.parametrize("page", PAGE_NAMES)
def test_every_link_to_a_file_leads_to_one(page: str) -> None:
    beside = (ROOT / page).parent
    missing = [target for target in LINK.findall(prose(page)) if not (beside / target).exists()]
    assert not missing, f"{page} links to files that do not exist: {', '.join(missing)}"


def test_every_exception_is_still_named() -> None:
    unused = [key for key in EXCEPTIONS if key[1] not in paths(prose(key[0]))]
    assert not unused


def test_the_page_on_the_architecture_names_every_folder_of_api() -> None:
    files = [path for path in (ROOT / "api").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    folders = {file.parent.relative_to(ROOT).as_posix() for file in files}
    named = {path.rstrip("/") for path in paths(prose("docs/architecture.md"))}
    assert {"api/rules", "api/rules/steps", "api/http/openapi"} <= folders
    assert not folders - named
