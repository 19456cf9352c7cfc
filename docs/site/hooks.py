"""Add the documents at the top of the repository to the site, and point the links between both to the right place.

On a code host the documents stay as they are: README, contributing and changelog at the top, all others in `docs/`.
A link to a file that is no document becomes its path, because the site does not contain the source code.
"""

import re
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
HOISTED = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
COPIED = {"LICENSE": "license.txt", "openapi/openapi.json": "openapi.json"}
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s:#]+)(#[^)\s]*)?\)")
HEADING = re.compile(r"^# (.+)$", re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the documents from the top, the files that they link to, the style, and a list of the decisions."""
    for source, target in HOISTED.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, target, content=with_links(text, source)))
    for source, target in COPIED.items():
        files.append(File.generated(config, target, content=(ROOT / source).read_bytes()))
    files.append(File.generated(config, "site.css", content=(ROOT / "docs" / "site" / "site.css").read_bytes()))
    files.append(File.generated(config, "decisions/index.md", content=decisions()))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Rewrite the links of a document in `docs/`."""
    return markdown if page.file.generated_by else with_links(markdown, f"docs/{page.file.src_uri}")


def decisions() -> str:
    """Return a page that lists the decision records by their titles."""
    lines = ["# Decisions", "", "What was chosen, and why.", ""]
    for path in sorted((ROOT / "docs" / "decisions").glob("*.md")):
        title = HEADING.search(path.read_text(encoding="utf-8"))
        lines.append(f"- [{title[1] if title else path.stem}]({path.name})")
    return "\n".join([*lines, ""])


def with_links(markdown: str, source: str) -> str:
    """Return a document with its links as they are on the site; `source` is its path in the repository."""

    def rewritten(link: re.Match[str]) -> str:
        text, target, anchor = link[1], link[2], link[3] or ""
        path = normpath(str(PurePosixPath(source).parent / target))
        if not (ROOT / path).exists():
            return link[0]  # MkDocs reports it
        if (place := place_of(path)) is None:
            return text if text.strip("`") == path else f"{text} (`{path}`)"
        here = PurePosixPath(place_of(source) or source).parent
        return f"[{text}]({relpath(place, here)}{anchor})"

    return LINK.sub(rewritten, markdown)


def place_of(path: str) -> str | None:
    """Return where a file of the repository is on the site, None if it is not there."""
    if path == "docs/decisions":
        return "decisions/index.md"
    if path.startswith("docs/") and not path.startswith("docs/site/"):
        return path.removeprefix("docs/")
    return HOISTED.get(path) or COPIED.get(path)
