"""Codes of acts that need a yes: for one token, one act, exactly these arguments, ten minutes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.agents.confirmations import NeedsYes, code_for, is_valid, refusal

pytestmark = pytest.mark.sqlite

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
GIVEN = {"application_id": "a", "stage": "rejected"}
TOKEN: dict[str, Any] = {"token_id": "t", "secret": "s", "now": NOW}


def test_a_code_is_valid_for_ten_minutes() -> None:
    code = code_for("end", GIVEN, **TOKEN)
    for seconds, valid in ((0, True), (599, True), (600, False), (3600, False), (-60, False)):
        at = {**TOKEN, "now": NOW + timedelta(seconds=seconds)}
        assert is_valid(code, "end", GIVEN, **at) is valid


@pytest.mark.parametrize(
    ("act", "given", "token"),
    [
        ("cancel", GIVEN, TOKEN),
        ("end", {**GIVEN, "stage": "withdrawn"}, TOKEN),
        ("end", {**GIVEN, "replace": True}, TOKEN),
        ("end", GIVEN, {**TOKEN, "token_id": "u"}),
        ("end", GIVEN, {**TOKEN, "secret": "other"}),
    ],
)
def test_a_code_is_for_one_call(act: str, given: dict[str, object], token: dict[str, Any]) -> None:
    assert not is_valid(code_for("end", GIVEN, **TOKEN), act, given, **token)


def test_confirm_and_dry_run_do_not_count() -> None:
    code = code_for("end", GIVEN, **TOKEN)
    assert is_valid(code, "end", {**GIVEN, "confirm": code, "dry_run": False}, **TOKEN)


@pytest.mark.parametrize(
    "code", ["", "yes", "1.0123456789", "99999999999.0123456789", "1780315800.ABCDEF0123", "1." * 99]
)
def test_other_texts_are_no_codes(code: str) -> None:
    assert not is_valid(code, "end", GIVEN, **TOKEN)


def test_the_refusal_holds_the_code_and_what_would_change() -> None:
    answer = refusal(NeedsYes("end", "This ends ⟦Acme⟧.", "1.0123456789"))
    assert answer.is_error
    assert answer.structure is None
    assert answer.text.startswith("This ends ⟦Acme⟧.")
    assert answer.text.endswith("confirm=1.0123456789")
