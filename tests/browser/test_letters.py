"""Letters printed by a browser: one A4 page with the whole text."""

import subprocess
from pathlib import Path

import pytest

from api.words import letter_sheet
from tests.browser.chromium import CHROMIUM, FLAGS
from tests.words import reading
from tests.words.test_letter_sheet import letter_sheets, page_of_words

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: the letters were not printed"),
]
LETTERS = {
    "short": letter_sheets("nothing-noted-at-all")[0],
    "a-page-of-words": page_of_words(),
    "a-name-in-japanese-order": letter_sheets("a-name-in-japanese-order")[0],
    "a-name-in-arabic": letter_sheets("a-name-in-arabic")[0],
}


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_is_printed_on_one_page(name: str, tmp_path: Path) -> None:
    (tmp_path / "letter.html").write_text(letter_sheet.page(LETTERS[name]), encoding="utf-8")
    printed = tmp_path / "letter.pdf"
    flags = [*FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--no-pdf-header-footer", f"--print-to-pdf={printed}"]
    command = [str(CHROMIUM), *(flag for flag in flags if flag != "--dump-dom"), (tmp_path / "letter.html").as_uri()]
    subprocess.run(command, capture_output=True, timeout=120, check=True)
    pages, text = reading.of_pdf(printed.read_bytes())
    assert pages == 1
    assert all(reading.squeezed(one.text) in text for one in LETTERS[name].paragraphs if one.text.isascii())
