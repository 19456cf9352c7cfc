"""What a code with an id is about."""

import pytest

from api.rules.hints import divided


@pytest.mark.parametrize(
    ("code", "type_"),
    [
        ("complete_contact", "contact"),
        ("alert_reference", "reference"),
        ("brief_reference", "reference"),
        ("interviewer", "contact"),
        ("letter_to", "contact"),
        ("reference", "reference"),
        ("recipient_title", "contact"),
        ("wording", "note"),
        ("answer", "note"),
    ],
)
def test_what_a_code_is_about_follows_its_colon(code: str, type_: str) -> None:
    assert divided(f"{code}:x1") == (code, {"type": type_, "id": "x1"})
    assert divided(code) == (code, None)
