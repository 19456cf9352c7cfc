"""Sentences with texts of users in them end once."""

import pytest

from api.rules.sentences import count, ends_sentence, fill


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param("Acme", "At Acme. Then at Acme, and so on.", id="a-word"),
        pytest.param("Larkfield Inc.", "At Larkfield Inc. Then at Larkfield Inc., and so on.", id="a-full-stop"),
        pytest.param("Yahoo!", "At Yahoo! Then at Yahoo!, and so on.", id="an-exclamation-mark"),
        pytest.param("“Etc.”", "At “Etc.” Then at “Etc.”, and so on.", id="quotation-marks"),
        pytest.param("(X Inc.)", "At (X Inc.). Then at (X Inc.), and so on.", id="a-bracket"),
        pytest.param("株式会社。", "At 株式会社。 Then at 株式会社。, and so on.", id="another-script"),
        pytest.param("", "At . Then at , and so on.", id="empty"),
        pytest.param("{x}.", "At {x}. Then at {x}., and so on.", id="not-a-placeholder"),
    ],
)
def test_a_value_that_ends_a_sentence_gets_no_second_full_stop(value: str, text: str) -> None:
    assert fill("At {name}. Then at {name}, and so on.", {"name": value}) == text


@pytest.mark.parametrize(("number", "text"), [(0, "0 days"), (1, "1 day"), (2, "2 days")])
def test_one_is_singular(number: int, text: str) -> None:
    assert count(number, "day") == text
    assert count(1, "session or token", "sessions and tokens") == "1 session or token"
    assert count(2_000, "session or token", "sessions and tokens") == "2,000 sessions and tokens"


@pytest.mark.parametrize("end", [".", "!", "?", "…", "。", "！", "？", "।", "؟"])
def test_each_mark_ends_a_sentence_also_within_quotes(end: str) -> None:
    assert ends_sentence(f"Yes{end}")
    assert ends_sentence(f"“Yes{end}”")
    assert not ends_sentence(f"Yes{end} No")
