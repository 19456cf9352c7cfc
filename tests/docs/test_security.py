"""Every test and trial that the page on security names exists, and the page is complete."""

import re
from pathlib import Path

import pytest

from api.protocol.scopes import SCOPES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)))


@pytest.mark.parametrize(("file", "function"), NAMED)
def test_a_test_that_is_named_is_there(file: str, function: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert f"def {function or 'test_'}" in text


def test_the_trial_that_is_named_is_there() -> None:
    for name in re.findall(r"python -m ([\w.]+)", PAGE):
        assert (ROOT / f"{name.replace('.', '/')}.py").exists()


def test_every_scope_and_every_point_of_the_lists_is_named() -> None:
    assert all(f"`{scope}`" in PAGE for scope in SCOPES)
    assert re.findall(r"^\| (API\d+) ", PAGE, re.MULTILINE) == [f"API{number}" for number in range(1, 11)]
