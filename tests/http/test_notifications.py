"""Which mails an account wants: the settings, why they may be unavailable, and when the next digest is due."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from tests.conftest import World
from tests.http.api_client import NOW, alter, fault, problem, read
from tests.mails import SMTP
from tests.wanted_mails import NOTIFICATIONS, WANTS, confirm, subscriber

Worlds = Callable[..., World]
OFF: dict[str, Any] = {
    "digest": "off",
    "digest_at": "08:00",
    "digest_weekday": 0,
    "digest_workdays_only": False,
    "digest_details": "full",
    "after_interview": False,
    "letter_due": False,
    "due_soon_minutes": 240,
    "email_confirmed_at": None,
    "next_digest_at": None,
    "last_digest_on": None,
}


@pytest.fixture
def world(make_world: Worlds) -> World:
    return make_world(**WANTS)


@pytest.mark.sqlite(profile="quick")
def test_everything_is_off_by_default_and_reading_stores_nothing(world: World) -> None:
    client = world.sign_up()
    assert read(client, NOTIFICATIONS) == {**OFF, "unavailable": "email_not_confirmed"}
    with world.database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM notification")).scalar_one() == 0


@pytest.mark.sqlite(profile="quick")
@pytest.mark.parametrize(
    ("missing", "code"),
    [
        pytest.param(("smtp_url", "public_url"), "mail_not_configured", id="no-mail-server"),
        pytest.param(("public_url",), "no_public_url", id="no-public-address"),
        pytest.param((), "email_not_confirmed", id="unconfirmed"),
    ],
)
def test_what_cannot_be_mailed_cannot_be_turned_on(make_world: Worlds, missing: tuple[str, ...], code: str) -> None:
    settings = {**SMTP, "reset_url": "https://example.org/reset", **dict.fromkeys(missing, "")}
    world = make_world(**settings)
    client = world.sign_up()
    if code != "email_not_confirmed":
        confirm(world)
    assert read(client, NOTIFICATIONS)["unavailable"] == code
    for on in ({"digest": "daily"}, {"digest": "weekly"}, {"after_interview": True}, {"letter_due": True}):
        problem(client.patch(NOTIFICATIONS, json=on), 409, code)
    assert read(client, NOTIFICATIONS)["digest"] == "off"
    assert alter(client, NOTIFICATIONS, digest_at="07:30", digest="off")["digest_at"] == "07:30"


def test_the_address_is_confirmed_again_before_anything_is_turned_on_again(world: World) -> None:
    client = subscriber(world)
    with world.database.engine.begin() as connection:
        connection.execute(text("UPDATE user_account SET email_confirmed_at = NULL"))
    shown = alter(client, NOTIFICATIONS, digest="weekly")  # it is on already
    assert (shown["digest"], shown["unavailable"]) == ("weekly", "email_not_confirmed")
    problem(client.patch(NOTIFICATIONS, json={"letter_due": True}), 409, "email_not_confirmed")


@pytest.mark.parametrize(
    ("wants", "next_at"),
    [
        ({"digest": "daily", "digest_at": "09:00"}, "2026-06-01T13:00:00Z"),  # NOW is 08:00 on a Monday in New York
        ({"digest": "daily"}, "2026-06-02T12:00:00Z"),
        ({"digest": "weekly", "digest_at": "08:01"}, "2026-06-01T12:01:00Z"),
        ({"digest": "weekly"}, "2026-06-08T12:00:00Z"),
        ({"digest": "weekly", "digest_weekday": 6}, "2026-06-07T12:00:00Z"),
        ({"digest": "weekly", "digest_weekday": 6, "digest_workdays_only": True}, "2026-06-07T12:00:00Z"),
        ({"digest": "off", "digest_at": "09:00"}, None),
    ],
)
def test_the_next_digest_follows_from_the_settings(world: World, wants: Any, next_at: str | None) -> None:
    client = subscriber(world, **wants)
    shown = read(client, NOTIFICATIONS)
    assert (shown["next_digest_at"], shown["unavailable"]) == (next_at, None)


def test_the_next_digest_moves_with_zone_policy_and_settings(world: World) -> None:
    client = subscriber(world)

    def next_at() -> str:
        return str(read(client, NOTIFICATIONS)["next_digest_at"])

    alter(client, "/v1/me", time_zone="Asia/Tokyo")
    assert next_at() == "2026-06-01T23:00:00Z"
    alter(client, "/v1/me", time_zone="America/Los_Angeles")
    assert next_at() == "2026-06-01T15:00:00Z"
    alter(client, NOTIFICATIONS, digest_workdays_only=True)
    alter(client, "/v1/me/policy", holidays=["2026-06-01", "2026-06-02"])
    assert next_at() == "2026-06-03T15:00:00Z"
    alter(client, "/v1/me/policy", workdays=[5], holidays=None)
    assert next_at() == "2026-06-06T15:00:00Z"
    alter(client, NOTIFICATIONS, digest="off")
    assert read(client, NOTIFICATIONS)["next_digest_at"] is None
    alter(client, NOTIFICATIONS, digest="daily", digest_workdays_only=False)
    assert next_at() == "2026-06-01T15:00:00Z"


def test_a_setting_is_changed_alone_and_under_its_version(world: World) -> None:
    client = subscriber(world, after_interview=True)
    seen = client.get(NOTIFICATIONS)
    tag = seen.headers["ETag"]
    assert client.get(NOTIFICATIONS, headers={"If-None-Match": tag}).status_code == 304
    changed = client.patch(NOTIFICATIONS, json={"digest_details": "minimal"}, headers={"If-Match": tag})
    assert changed.json() == {**seen.json(), "digest_details": "minimal"}
    assert client.get(NOTIFICATIONS).headers["ETag"] == changed.headers["ETag"] != tag
    stale = client.patch(NOTIFICATIONS, json={"letter_due": True}, headers={"If-Match": tag})
    assert problem(stale, 412, "precondition_failed")["current"] == changed.json()
    assert alter(client, NOTIFICATIONS) == changed.json()


def test_the_reminder_about_a_letter_needs_minutes(world: World) -> None:
    client = subscriber(world, due_soon_minutes=None)
    assert fault(client.patch(NOTIFICATIONS, json={"letter_due": True}), "/due_soon_minutes")
    alter(client, NOTIFICATIONS, letter_due=True, due_soon_minutes=15)
    answer = client.patch(NOTIFICATIONS, json={"due_soon_minutes": None})
    assert fault(answer, "/due_soon_minutes") == "letter_due_needs_minutes"
    alter(client, NOTIFICATIONS, letter_due=False, due_soon_minutes=None)


@pytest.mark.sqlite(profile="quick")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("digest", "hourly"),
        ("digest", None),
        ("digest_at", "24:00"),
        ("digest_at", "08:00:01"),
        ("digest_at", None),
        ("digest_weekday", 7),
        ("digest_weekday", True),
        ("digest_workdays_only", 1),
        ("digest_details", "none"),
        ("due_soon_minutes", 14),
        ("due_soon_minutes", 10_081),
        ("letter_due", None),
        ("next_digest_at", NOW),
        ("unavailable", None),
    ],
)
def test_other_values_are_refused(client: TestClient, name: str, value: object) -> None:
    assert fault(client.patch(NOTIFICATIONS, json={name: value}), f"/{name}")


@pytest.mark.sqlite(profile="quick")
def test_the_settings_are_exported_and_erased_with_the_account(world: World) -> None:
    client = subscriber(world)
    lines = client.get("/v1/me/export").text.splitlines()
    assert any('"type":"notification"' in line and '"digest":"daily"' in line for line in lines)
    assert not any("awm_" in line for line in lines)


def test_a_digest_that_is_due_stays_due_whatever_else_changes(world: World) -> None:
    client = subscriber(world, digest="daily", digest_at="08:01")
    world.clock.now += timedelta(minutes=2)
    alter(client, "/v1/me", time_zone="America/Toronto")
    assert read(client, NOTIFICATIONS)["next_digest_at"] == "2026-06-01T12:01:00Z"
    alter(client, NOTIFICATIONS, digest_details="minimal")
    alter(client, "/v1/me/policy", holidays=["2026-07-03"])
    assert read(client, NOTIFICATIONS)["next_digest_at"] == "2026-06-01T12:01:00Z"
