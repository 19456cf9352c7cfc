"""Tokens: a prefix and check digits that scanners recognise, and a hash as the only stored form."""

from collections.abc import Callable

import pytest

from api.security import PERSONAL_PREFIX, SESSION_PREFIX, hash_token, looks_like_token, new_token


@pytest.mark.parametrize("prefix", [PERSONAL_PREFIX, SESSION_PREFIX])
def test_a_token_has_its_prefix_and_its_check_digits(prefix: str) -> None:
    token = new_token(prefix)
    assert token.startswith(prefix)
    assert looks_like_token(token)
    assert new_token(prefix) != token


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda token: token[:-1] + ("0" if token[-1] != "0" else "1"), id="a-check-digit-changed"),
        pytest.param(lambda token: token[:10] + ("0" if token[10] != "0" else "1") + token[11:], id="a-letter-changed"),
        pytest.param(lambda token: token[:-1], id="one-too-short"),
        pytest.param(lambda token: token + "0", id="one-too-long"),
        pytest.param(lambda token: "xyz_" + token[4:], id="another-prefix"),
        pytest.param(lambda token: token[:-1] + "\u00df", id="not-ascii"),
        pytest.param(lambda _: "", id="nothing"),
    ],
)
def test_a_mistyped_token_is_recognised_without_the_database(spoil: Callable[[str], str]) -> None:
    assert not looks_like_token(spoil(new_token(PERSONAL_PREFIX)))


def test_the_stored_hash_does_not_reveal_the_token() -> None:
    token = new_token(PERSONAL_PREFIX)
    assert token not in hash_token(token)
    assert hash_token(token) == hash_token(token)
