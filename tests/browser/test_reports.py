"""The report of a job search printed by a browser: on A4 and Letter, with a header and a number on each page."""

import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from api.words import job_search_page
from tests.browser.chromium import CHROMIUM, FLAGS
from tests.words.reading import squeezed
from tests.words.test_job_search import APPLIED, report

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: the report was not printed"),
]
PAPERS = {"A4": (595, 842), "letter": (612, 792)}


@pytest.mark.parametrize("paper", PAPERS)
def test_a_long_report_is_printed_whole_with_a_header_on_each_page(paper: str, tmp_path: Path) -> None:
    entries = [replace(APPLIED, employer=f"Employer-{number}-") for number in range(100)]
    html = job_search_page.page(report(entries))
    size = html.replace("@page { margin", f"@page {{ size: {paper}; margin", 1)
    assert size != html
    (tmp_path / "report.html").write_text(size, encoding="utf-8")
    printed = tmp_path / "report.pdf"
    flags = [*FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--no-pdf-header-footer", f"--print-to-pdf={printed}"]
    command = [str(CHROMIUM), *(flag for flag in flags if flag != "--dump-dom"), (tmp_path / "report.html").as_uri()]
    subprocess.run(command, capture_output=True, timeout=120, check=True)
    pages = PdfReader(BytesIO(printed.read_bytes())).pages
    texts = [squeezed(page.extract_text()) for page in pages]
    assert (round(pages[0].mediabox.width), round(pages[0].mediabox.height)) == PAPERS[paper]
    assert len(pages) > 3
    for number, text in enumerate(texts, 1):
        assert f"{number}/{len(pages)}" in text
        assert "DateActivityEmployerPositionResult" in text or number == len(pages)
    assert all(f"Employer-{number}-" in "".join(texts) for number in range(100))
