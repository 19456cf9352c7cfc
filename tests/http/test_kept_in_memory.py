"""What a process keeps in memory has a bound: accounts of tokens, and rendered calendars."""

import time

import pytest

from api.http import known_accounts, rendered_calendars
from api.http.known_accounts import KnownAccounts
from api.http.rendered_calendars import RenderedCalendars

pytestmark = pytest.mark.sqlite


def test_of_too_many_tokens_the_oldest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_accounts, "MAX_KNOWN", 2)
    known = KnownAccounts()
    for number in range(3):
        known.add(f"secret-{number}", f"account-{number}")
    assert [known.account_of(f"secret-{number}") for number in range(3)] == [None, "account-1", "account-2"]


def test_of_too_many_bytes_the_oldest_calendars_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendered_calendars, "MAX_BYTES", 10)
    kept = RenderedCalendars(fetches_per_minute=0)
    for name, content in (("a", b"1234"), ("b", b"1234"), ("a", b"12345678")):
        kept.keep(name, "tag", content)
    assert [kept.find(name, "tag") for name in "ab"] == [b"12345678", None]
    kept.keep("c", "tag", b"12")
    assert [kept.find(name, "tag") for name in "ac"] == [b"12345678", b"12"]
    kept.keep("d", "tag", b"more than ten")
    assert [kept.find(name, "tag") for name in "acd"] == [None] * 3


def test_a_calendar_is_kept_for_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    kept = RenderedCalendars(fetches_per_minute=0)
    kept.keep("a", "tag", b"1234")
    now += 3_600
    kept.keep("b", "tag", b"1234")
    assert [kept.find(name, "tag") for name in "ab"] == [b"1234"] * 2
    now += 1
    assert [kept.find(name, "tag") for name in "ab"] == [None, b"1234"]
