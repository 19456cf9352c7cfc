"""The site of the documents: built without a warning, complete, and it loads nothing from other hosts."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
CONFIGURATION = "docs/site/mkdocs.yml"
LOADED = {"img": "src", "script": "src", "iframe": "src", "source": "src", "link": "href"}
LINKS_TO_ITSELF = ("canonical", "prev", "next", "alternate")
STYLE_URL = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^"')\s]+)""")

pytestmark = pytest.mark.skipif(find_spec("mkdocs") is None, reason="MkDocs is not installed: run `make docs`")


class Html(HTMLParser):
    """What a page loads, where it links to, and its anchors."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.loaded, self.links, self.anchors = list[str](), list[str](), set[str]()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag in LOADED and LOADED[tag] in values and values.get("rel") not in LINKS_TO_ITSELF:
            self.loaded.append(values[LOADED[tag]])
        if tag == "a" and "href" in values:
            self.links.append(values["href"])


def built(root: Path, target: Path) -> subprocess.CompletedProcess[str]:
    """Build the site; not with `--quiet`, which switches `strict` off."""
    command = [sys.executable, "-m", "mkdocs", "build", "-f", str(root / CONFIGURATION), "-d", str(target)]
    own = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, env=own, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = built(ROOT, folder)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Html]:
    return {page: Html(page) for page in site.rglob("*.html")}


def test_every_document_is_a_page_and_nothing_else_is_in_the_site(site: Path) -> None:
    documents = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    added = {"index.html", "contributing.html", "changelog.html", "decisions/index.html", "404.html"}
    found = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    assert found == {path.as_posix() for path in documents} | added
    assert {"openapi.json", "license.txt"} <= {path.name for path in site.iterdir()}


def test_nothing_is_loaded_from_another_host(site: Path, pages: dict[Path, Html]) -> None:
    foreign = [(page.name, url) for page, html in pages.items() for url in html.loaded if urlsplit(url).netloc]
    styles = [(path.name, url) for path in site.rglob("*.css") for url in STYLE_URL.findall(path.read_text("utf-8"))]
    assert not [*foreign, *styles]
    # Only with diagrams does the theme load a script from another host.
    assert not [page.name for page in pages if "mermaid" in re.findall(r'class="(\w+)', page.read_text("utf-8"))]


def broken(site: Path, pages: dict[Path, Html]) -> Iterator[str]:
    for page, html in pages.items():
        for link in html.links:
            address, anchor = urldefrag(link)
            if urlsplit(link).scheme or (page.name == "404.html" and link.startswith("/")):
                continue
            target = (page.parent / unquote(address)).resolve() if address else page
            if target.is_dir():
                target /= "index.html"
            if not target.is_relative_to(site.resolve()) or not target.exists():
                yield f"{page.name}: {link}"
            elif anchor and target in pages and unquote(anchor) not in pages[target].anchors:
                yield f"{page.name}: {link} (no such anchor)"


def test_every_link_and_every_anchor_is_there(site: Path, pages: dict[Path, Html]) -> None:
    assert sum(len(html.links) for html in pages.values()) > 200
    assert not list(broken(site, {page.resolve(): html for page, html in pages.items()}))


def test_make_docs_is_strict() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    [line] = [line for line in makefile.splitlines() if "mkdocs build" in line]
    assert not {"-q", "--quiet", "--no-strict"} & set(line.split())


def test_links_to_nothing_are_found(tmp_path: Path) -> None:
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copytree(ROOT / "openapi", tmp_path / "openapi")
    for folder in ("benchmarks", "clients/python", "clients/typescript", "examples/frontend"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "README.md").touch()
    page = tmp_path / "docs" / "search.md"
    page.write_text(f"{page.read_text('utf-8')}\n[a](none.md) [b](rules.md#none) [c](../NONE.md#x)\n", encoding="utf-8")
    done = built(tmp_path, tmp_path / "out")
    assert done.returncode == 1
    reported = [line for line in done.stderr.splitlines() if line.startswith("WARNING")]
    assert len(reported) == 3, done.stderr
    assert all(any(link in line for line in reported) for link in ("none.md", "rules.md#none", "../NONE.md"))
