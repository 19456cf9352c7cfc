"""Pictures of the demo account in a browser: no error, no request elsewhere, nothing beyond the edge, printed on A4."""

import io
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pypdf import PdfReader

from api.capture import demo_app
from api.http import examples
from tests.browser.chromium import CHROMIUM, FLAGS, opened

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: no picture was looked at"),
]
PAGES = {
    "timeline": f"/v1/applications/{examples.APPLICATION}/timeline",
    "funnel": "/v1/stats/funnel?by=source",
    "response-times": "/v1/stats/response-times?by=source",
}
A4 = (595, 842)
FRAME = """<!doctype html><iframe src="page.html" width="WIDTH" height="9000"></iframe><script>
onload = () => {
  const page = document.querySelector("iframe").contentDocument, tooWide = [];
  for (const one of page.querySelectorAll("main *")) {
    const box = one.getBoundingClientRect();
    if (box.width && !one.closest("defs, pattern, thead") && (box.right > WIDTH + 1 || box.left < -1))
      tooWide.push(one.tagName + " " + one.textContent.slice(0, 40));
  }
  const shown = [...page.querySelectorAll("main > div")].filter(one => one.offsetWidth).map(one => one.className);
  document.body.dataset.told = JSON.stringify({tooWide, shown, width: page.documentElement.scrollWidth});
};
</script>"""


@pytest.fixture(scope="module")
def pages() -> Iterator[dict[str, str]]:
    """The pages of the demo account."""
    with tempfile.TemporaryDirectory() as folder:
        app, client = demo_app(f"sqlite:///{Path(folder) / 'demo.db'}")
        yield {name: client.get(address, headers={"Accept": "text/html"}).text for name, address in PAGES.items()}
        client.close()
        app.state.database.dispose()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("width", "form"), [(1_200, "wide"), (390, "narrow")])
def test_a_page_fits_its_screen(name: str, width: int, form: str, pages: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(pages[name], encoding="utf-8")
    (tmp_path / "frame.html").write_text(FRAME.replace("WIDTH", str(width)), encoding="utf-8")
    dom, console = opened((tmp_path / "frame.html").as_uri(), tmp_path, "--allow-file-access-from-files")
    assert console == []
    told = dom.partition('data-told="')[2].partition('"')[0].replace("&quot;", '"')
    assert told == f'{{"tooWide":[],"shown":["{form}"],"width":{width}}}'


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_printed_on_a4(name: str, pages: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(pages[name], encoding="utf-8")
    printed = tmp_path / "page.pdf"
    flags = [*FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--no-pdf-header-footer", f"--print-to-pdf={printed}"]
    command = [str(CHROMIUM), *(flag for flag in flags if flag != "--dump-dom"), (tmp_path / "page.html").as_uri()]
    subprocess.run(command, capture_output=True, timeout=120, check=True)
    found = PdfReader(io.BytesIO(printed.read_bytes())).pages
    sizes = {tuple(round(float(side)) for side in (page.mediabox.width, page.mediabox.height)) for page in found}
    assert all(abs(side - right) <= 2 for size in sizes for side, right in zip(size, A4, strict=True))
    assert len(found) <= 3
    text = "\n".join(page.extract_text() for page in found)
    assert {"timeline": "Thank-you letter", "funnel": "Referral", "response-times": "8–14 days"}[name] in text
