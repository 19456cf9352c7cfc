"""Mails in a browser, as a mail program shows them: nothing beyond the edge, readable in light and in dark."""

from pathlib import Path

import pytest

from api.words.mailing import page
from tests.browser.chromium import CHROMIUM
from tests.browser.devtools import driven
from tests.words.test_mailing import MAILS, long_digest

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: no mail was looked at"),
]
SIZES = {"narrow": (320, 700), "phone": (390, 800), "wide": (1_200, 900)}
CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")
IS_DARK = "return matchMedia('(prefers-color-scheme: dark)').matches"
TOO_WIDE = """if (document.readyState !== "complete") await new Promise((loaded) => addEventListener("load", loaded));
const found = [];
for (const one of document.querySelectorAll("body *")) {
  const box = one.getBoundingClientRect();
  if (box.width && (box.right > innerWidth + 0.5 || box.left < -0.5)) found.push(one.textContent.slice(0, 40));
}
return [document.documentElement.scrollWidth, found];"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_mails_fit_every_screen_and_request_nothing(scheme: str, tmp_path: Path) -> None:
    for name, mail in {**MAILS, "long": long_digest()}.items():
        (tmp_path / f"{name}.html").write_text(page(mail), encoding="utf-8")
    with driven((tmp_path / "digest.html").as_uri(), tmp_path) as shown:
        shown.prefer(scheme)
        for name in (*MAILS, "long"):
            for width, height in SIZES.values():
                shown.resize(width, height)
                shown.visit((tmp_path / f"{name}.html").as_uri())
                assert shown.run(TOO_WIDE) == [width, []], (name, width)
                assert shown.run(CONTRAST) == {}, name
                assert shown.run(IS_DARK) == (scheme == "dark")
        assert {address.partition(":")[0] for address in shown.requested()} == {"file"}
        assert shown.complaints() == []
