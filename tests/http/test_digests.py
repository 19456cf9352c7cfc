"""The digest by mail: once on a local date whatever happens, only if something is due, and what it says."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.rules.calendar import exists
from api.services.accounts import mails
from api.services.notifications.digests import due_users
from api.workers import digests, mailer
from api.workers.smtp import RefusedError
from tests.conftest import World
from tests.http.api_client import act, add, alter, application, contact, fault, interview, interviewed, put, read
from tests.invariants.statements import counted
from tests.wanted_mails import (
    DIGEST,
    NOTIFICATIONS,
    WANTS,
    at,
    delivered,
    outbox,
    parts,
    passed,
    queue_digests,
    subscriber,
)

Worlds = Callable[..., World]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NAMES = ("Acme", "Engineer", "Kim", "Lee")


@pytest.fixture
def world(make_world: Worlds) -> World:
    return make_world(**WANTS)


def keys(world: World) -> list[str]:
    return [row["key"] for row in outbox(world) if row["kind"] == "digest"]


def instant(stored: Any) -> datetime:
    """Return an instant as either database has it."""
    found = datetime.fromisoformat(f"{stored[:19]}+00:00") if isinstance(stored, str) else stored
    return found.astimezone(UTC)


def planned(client: TestClient) -> datetime:
    return datetime.fromisoformat(read(client, NOTIFICATIONS)["next_digest_at"])


@pytest.mark.parametrize(
    ("zone", "year", "clock"),
    [
        ("America/New_York", 2026, "02:30"),
        ("Australia/Lord_Howe", 2026, "02:15"),
        ("Pacific/Apia", 2011, "08:00"),
        ("Africa/Casablanca", 2026, "02:30"),
    ],
)
def test_one_is_queued_on_every_date_of_a_year(world: World, zone: str, year: int, clock: str) -> None:
    local = ZoneInfo(zone)
    world.clock.now = datetime(year, 1, 1, tzinfo=local).astimezone(UTC)
    client = subscriber(world, zone, digest="daily", digest_at=clock)
    due = planned(client)
    until = datetime(year + 1, 1, 1, tzinfo=local)
    while due < until:
        world.clock.now = due - timedelta(seconds=1)
        queue_digests(world)
        world.clock.now = due
        queue_digests(world)
        queue_digests(world)
        with world.database.engine.connect() as connection:
            due = instant(connection.execute(text("SELECT next_digest_at FROM notification")).scalar_one())
    days = [date(year, 1, 1) + number * DAY for number in range(365)]
    assert sorted(keys(world)) == [str(day) for day in days if exists(day, zone)]
    for row in outbox(world):
        assert str(instant(row["created_at"]).astimezone(local).date()) == row["key"]


@pytest.mark.parametrize("minute", range(0, 24 * 60, 97))
def test_a_new_zone_at_any_minute_never_brings_two_for_a_date(world: World, minute: int) -> None:
    client = subscriber(world, digest="daily")
    start = world.clock.now
    zones = ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", "America/New_York"]
    for number in range(8 * 24):
        world.clock.now = start + number * HOUR
        queue_digests(world)
        if number % 11 == 0:
            world.clock.now += timedelta(minutes=minute % 60)
            alter(client, "/v1/me", time_zone=zones[(number // 11 + minute) % 4])
            queue_digests(world)
    found = keys(world)
    assert len(found) == len(set(found))
    assert len(found) >= 4


@pytest.mark.parametrize(
    ("down", "sent_on"),
    [
        pytest.param(HOUR, ["2026-06-02", "2026-06-03"], id="an-hour"),
        pytest.param(6 * HOUR - timedelta(minutes=1), ["2026-06-02", "2026-06-03"], id="just-in-time"),
        pytest.param(7 * HOUR, ["2026-06-03"], id="seven-hours"),
        pytest.param(3 * DAY, ["2026-06-05", "2026-06-06"], id="three-days-to-the-minute"),
        pytest.param(3 * DAY + 7 * HOUR, ["2026-06-06"], id="three-days-and-seven-hours"),
    ],
)
def test_after_a_downtime_only_the_digest_of_today_comes_late(
    world: World, down: timedelta, sent_on: list[str]
) -> None:
    client = subscriber(world, digest="daily")
    interviewed(client, starts_at="2026-05-31T14:00:00Z", ends_at="2026-05-31T15:00:00Z")
    due = planned(client)
    world.clock.now = due + down
    first = [str(message["Date"]) for message in passed(world)]
    assert len(first) == len(sent_on) - 1
    world.clock.now = max(planned(client), world.clock.now)
    assert len(passed(world)) == 1
    assert keys(world) == sent_on


def test_two_processes_queue_and_send_one(world: World) -> None:
    client = subscriber(world)
    interviewed(client)
    world.clock.now = planned(client)
    with world.database.read(world.clock.now) as session:
        seen = due_users(session)
    for user_id in [*seen, *seen]:
        digests._queue_one(world.database, user_id, world.app.state.settings, world.clock.now)
    due = mails.due_mails(world.database, world.clock.now)
    assert len(delivered(world)) == 1
    sent: list[Any] = []
    assert mailer.deliver(world.database, due, sent.append, world.clock.now) == 0
    assert (keys(world), sent) == (["2026-06-02"], [])


def test_a_crash_after_the_server_took_a_mail_sends_the_same_bytes_again(world: World) -> None:
    client = subscriber(world)
    interviewed(client)
    world.clock.now = planned(client)
    queue_digests(world)
    sent: list[bytes] = []

    def crash(message: Any) -> None:
        sent.append(message.as_bytes())
        raise KeyboardInterrupt

    for _ in range(3):
        now, settings = world.clock.now, world.app.state.settings
        due = mails.due_mails(world.database, now)
        with pytest.raises(KeyboardInterrupt):
            mailer.deliver(world.database, due, partial(mailer._send, world.database, settings, crash, now), now)
        world.clock.now += timedelta(minutes=10)
    (message,) = delivered(world)
    assert {message.as_bytes()} == set(sent)
    assert len(sent) == 3


def test_a_mail_that_cannot_be_delivered_expires_with_its_date(world: World) -> None:
    client = subscriber(world, digest="daily", digest_at="23:00")
    interviewed(client)
    world.clock.now = planned(client)
    queue_digests(world)
    world.clock.now += HOUR
    mailer.mail_pass(world.database, world.clock, world.app.state.settings)
    assert [(row["outcome"], row["secret"], row["address"]) for row in outbox(world)] == [("expired", None, None)]


@pytest.mark.parametrize("wants", [{"digest": "weekly", "digest_weekday": 2}, {"digest_workdays_only": True}])
def test_weekly_and_on_workdays(world: World, wants: Any) -> None:
    client = subscriber(world, **{"digest": "daily", **wants})
    alter(client, "/v1/me/policy", holidays=["2026-06-05"])
    while world.clock.now < datetime(2026, 6, 15, tzinfo=UTC):
        world.clock.now = max(planned(client), world.clock.now + timedelta(minutes=1))
        queue_digests(world)
    is_weekly = wants.get("digest") == "weekly"
    days = (3, 10, 17) if is_weekly else (2, 3, 4, 8, 9, 10, 11, 12, 15)
    assert keys(world) == [f"2026-06-{day:02}" for day in days]


def test_an_account_that_is_recomputing_waits(world: World) -> None:
    client = subscriber(world)
    interviewed(client)
    world.clock.now = planned(client)

    def recomputing(value: str) -> None:
        with world.database.engine.begin() as connection:
            connection.execute(text(f"UPDATE user_account SET recompute_after = {value}"))

    some_id = "'01890a5dac96774bbcceb302099a8057'"
    recomputing(some_id)
    assert passed(world) == []
    assert keys(world) == []
    recomputing("NULL")
    queue_digests(world)
    recomputing(some_id)
    mailer.mail_pass(world.database, world.clock, world.app.state.settings)
    assert [(row["tries"], row["outcome"]) for row in outbox(world)] == [(0, None)]
    recomputing("NULL")
    assert delivered(world) == []  # put off for a minute
    world.clock.now += timedelta(minutes=1)
    assert len(delivered(world)) == 1


def test_disabled_and_erased_accounts_get_nothing_and_block_nobody(world: World) -> None:
    client = subscriber(world)
    interviewed(client)
    world.clock.now = planned(client)
    for column in ("disabled_at", "erased_at"):
        with world.database.engine.begin() as connection:
            now = f"{world.clock.now:%Y-%m-%d %H:%M:%S}" if world.database.is_sqlite else world.clock.now
            connection.execute(text(f"UPDATE user_account SET {column} = :now"), {"now": now})
        assert passed(world) == []
        with world.database.read(world.clock.now) as session:
            assert due_users(session) == []
        with world.database.engine.begin() as connection:
            connection.execute(text(f"UPDATE user_account SET {column} = NULL"))
        with world.database.engine.begin() as connection:
            connection.execute(text("UPDATE notification SET next_digest_at = :now"), {"now": now})
    assert len(passed(world)) == 1


def test_nothing_is_mailed_if_nothing_is_due(world: World) -> None:
    client = subscriber(world)
    application(client)
    world.clock.now = planned(client)
    assert passed(world) == []
    assert [(row["outcome"], row["address"], row["secret"]) for row in outbox(world)] == [("empty", None, None)]


def test_what_is_done_between_queueing_and_sending_is_not_mailed(world: World) -> None:
    client = subscriber(world)
    app, _ = interviewed(client)
    world.clock.now = planned(client)
    queue_digests(world)
    act(client, f"/v1/applications/{app}/steps/skip", steps="overdue")
    assert delivered(world) == []
    assert [row["outcome"] for row in outbox(world)] == ["empty"]


@pytest.mark.parametrize("change", ["off", "unconfirmed", "another address", "disabled"])
def test_a_mail_that_is_not_wanted_any_more_is_not_sent(world: World, change: str) -> None:
    client = subscriber(world)
    interviewed(client)
    world.clock.now = planned(client)
    queue_digests(world)
    if change == "off":
        alter(client, NOTIFICATIONS, digest="off")
    else:
        values = {
            "unconfirmed": "email_confirmed_at = NULL",
            "another address": "email = 'another@example.com'",
            "disabled": "disabled_at = created_at",
        }
        with world.database.engine.begin() as connection:
            connection.execute(text(f"UPDATE user_account SET {values[change]}"))
    assert delivered(world) == []
    assert [row["outcome"] for row in outbox(world)] == ["empty"]


def test_the_headers_name_the_list_and_how_to_leave_it(world: World) -> None:
    client = subscriber(world)
    interviewed(client)
    world.clock.now = planned(client)
    (message,) = passed(world)
    assert message["To"] == "user1@example.com"
    assert message["Date"] == "Tue, 02 Jun 2026 12:00:00 +0000"
    assert re.fullmatch(r"<digest\.[0-9a-f]{24}\.2026-06-02@example\.org>", message["Message-ID"])
    assert message["List-ID"] == "Afterword digest <digest.example.org>"
    assert re.fullmatch(r"<https://example\.org/mail/unsubscribe/awm_\w{49}>", message["List-Unsubscribe"])
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (message["Auto-Submitted"], message["Precedence"]) == ("auto-generated", "bulk")
    assert message["X-Auto-Response-Suppress"] == "All"
    raw = message.as_bytes()
    assert max(len(line) for line in raw.partition(b"\r\n\r\n")[2].splitlines()) <= 78
    assert (row := outbox(world)[0])["outcome"] == "sent"
    assert (row["secret"], row["address"], len(row["hash"])) == (None, None, 64)


def test_the_subject_has_numbers_and_no_names(world: World) -> None:
    client = subscriber(world)
    _, round_ = interviewed(client)
    put(client, f"/v1/interviews/{round_}/interviewers/{contact(client)}")
    app = application(client, company="Larkfield")
    interview(client, app, starts_at="2026-06-02T15:00:00Z", ends_at="2026-06-02T16:00:00Z")
    world.clock.now = planned(client)
    (message,) = passed(world)
    assert re.fullmatch(r"Afterword: \d overdue, \d+ due, 1 interview", message["Subject"])
    said, page = parts(message)
    for name in ("Acme", "Larkfield"):
        assert name in said
        assert name in page


def test_with_minimal_details_no_company_role_or_person_is_named(world: World) -> None:
    client = subscriber(world, digest="weekly", digest_details="minimal")
    app, _ = interviewed(client)
    round_ = interview(client, app, starts_at="2026-06-09T15:00:00Z", ends_at="2026-06-09T16:00:00Z", location="Acme 1")
    put(client, f"/v1/interviews/{round_}/interviewers/{contact(client)}")
    application(client, company="Acme")
    for format_ in ("text", "html", "json"):
        said = client.get(DIGEST, params={"format": format_, "as_of": "2026-06-08T12:00:00Z"}).text
        assert not [name for name in NAMES if name in said], format_
        assert "Interview" in said or "interview" in said
    world.clock.now = planned(client)
    (message,) = passed(world)
    said = message.as_string()
    assert not [name for name in NAMES if name in said]
    assert "1 live application" in parts(message)[0]


def test_a_company_cannot_add_headers_lines_or_markup(world: World) -> None:
    client = subscriber(world)
    app, _ = interviewed(client)
    company = 'X\r\nBcc: all@example.com\r\n\r\n* <img src="https://evil.example/x.png"> & \u2028more'
    with world.database.engine.begin() as connection:
        connection.execute(text("UPDATE application SET company = :company"), {"company": company})
    world.clock.now = planned(client)
    (message,) = passed(world)
    assert message["Bcc"] is None
    said, page = parts(message)
    assert not re.search(r"^(Bcc|\* <img)", said, re.MULTILINE)
    assert "<img" not in page
    assert "&lt;img" in page
    assert app in said or "step" in said


def test_the_name_of_an_erased_contact_is_in_no_digest(world: World) -> None:
    client = subscriber(world)
    app, _ = interviewed(client)
    round_ = interview(client, app, starts_at="2026-06-02T15:00:00Z", ends_at="2026-06-02T16:00:00Z")
    kim = contact(client)
    put(client, f"/v1/interviews/{round_}/interviewers/{kim}")
    world.clock.now = planned(client)
    assert "Kim Lee" in client.get(DIGEST, params={"format": "text"}).text
    queue_digests(world)
    act(client, f"/v1/contacts/{kim}/erase")
    (message,) = delivered(world)
    assert "Kim" not in message.as_string()


def test_after_refusals_on_three_days_nothing_is_mailed_until_the_address_is_confirmed_again(
    make_world: Worlds,
) -> None:
    world = make_world(**WANTS)
    client = subscriber(world, digest="daily", after_interview=True)
    interviewed(client)

    def refuse(_mail: Any) -> None:
        raise RefusedError(550)

    for day in range(1, 4):
        world.clock.now = planned(client)
        queue_digests(world)
        now = world.clock.now
        mailer.deliver(world.database, mails.due_mails(world.database, now), refuse, now)
        shown = read(client, NOTIFICATIONS)
        assert (shown["digest"] == "off") == (day == 3)
    assert (shown["unavailable"], shown["after_interview"]) == ("refused_by_mail_server", False)
    assert client.patch(NOTIFICATIONS, json={"digest": "daily"}).json()["code"] == "refused_by_mail_server"
    answer = client.post("/v1/me/email-confirmation")
    assert (answer.status_code, answer.json()["sent_to_own_address"]) == (202, True)


def test_a_mail_that_arrives_ends_the_count_of_refusals(world: World) -> None:
    client = subscriber(world)
    interviewed(client)
    with world.database.engine.begin() as connection:
        connection.execute(text("UPDATE notification SET refusals = 2"))
    world.clock.now = planned(client)
    assert len(passed(world)) == 1
    with world.database.engine.connect() as connection:
        assert connection.execute(text("SELECT refusals FROM notification")).scalar_one() == 0


def test_mails_for_which_somebody_waits_are_sent_before_digests(make_world: Worlds) -> None:
    world = make_world(**WANTS)
    for _ in range(mails.MAX_AT_ONCE + 2):
        subscriber(world, digest="daily", digest_at="08:01")
    world.clock.now += timedelta(minutes=1)
    queue_digests(world)
    world.clock.now += timedelta(minutes=1)
    world.anonymous().post("/v1/password-resets", json={"email": "user1@example.com"})
    due = mails.due_mails(world.database, world.clock.now)
    assert [mail.kind for mail in due][:2] == ["reset", "digest"]
    assert len(due) == mails.MAX_AT_ONCE


def lines(found: Any, section: str) -> list[tuple[int, str | None]]:
    return [
        (one["number"], one["application"]["company"] if one["application"] else None)
        for one in found[section]["items"]
    ]


def test_the_digest_is_what_the_queue_has_and_step_seven_is_one_line(client: TestClient, world: World) -> None:
    for company in ("Acme", "Beta", "Gamma"):
        interview(client, application(client, company=company))
    at(world, 2026, 6, 5, 8)
    found = read(client, DIGEST)
    queue = read(client, "/v1/queue", stale="exclude", limit=200)["items"]
    expected = [(one["number"], one["application"]["company"]) for one in queue if one["number"] != 7]
    shown = [one for one in lines(found, "overdue") if one[0] != 7]
    assert set(shown) <= set(expected)
    assert len(shown) + found["overdue"]["more"] == len(expected)
    sevens = [one for section in ("overdue", "due") for one in lines(found, section) if one[0] == 7]
    assert sevens == [(7, None)]
    due_at = [one["due_at"] for one in found["overdue"]["items"]]
    assert due_at == sorted(due_at, reverse=True)


def test_each_section_has_ten_lines_and_says_how_many_more_there_are(client: TestClient, world: World) -> None:
    alter(client, NOTIFICATIONS, digest_at="08:00")
    for number in range(13):
        app = application(client, company=f"Company {number}")
        interview(
            client, app, starts_at=f"2026-06-02T{number + 8:02}:30:00Z", ends_at=f"2026-06-02T{number + 9:02}:00:00Z"
        )
    at(world, 2026, 6, 2, 4)
    found = read(client, DIGEST)
    assert (len(found["interviews"]["items"]), found["interviews"]["more"]) == (10, 3)
    assert len(found["due"]["items"]) == 10
    assert found["due"]["more"] > 10
    said = client.get(DIGEST, params={"format": "text"}).text
    assert "… and 3 more" in said
    assert said.count("\n* ") == 20


def test_snoozed_steps_are_left_out(client: TestClient) -> None:
    interviewed(client)
    before = read(client, DIGEST)
    for one in [*before["overdue"]["items"], *before["due"]["items"]]:
        act(client, f"/v1/steps/{one['step_id']}/snooze", until="2026-06-03T12:00:00Z")
    after = read(client, DIGEST)
    assert (after["empty"], after["overdue"]["items"], after["due"]["items"]) == (True, [], [])
    later = read(client, DIGEST, as_of="2026-06-03T12:00:00Z")
    assert lines(before, "overdue")[0] in lines(later, "overdue")


def test_stale_steps_are_only_counted(client: TestClient, world: World) -> None:
    interviewed(client)
    at(world, 2026, 8, 1)
    found = read(client, DIGEST)
    assert found["stale"] == len(read(client, "/v1/queue", stale="only")["items"]) > 0
    assert not {one["step_id"] for one in found["overdue"]["items"]} & {
        one["id"] for one in read(client, "/v1/queue", stale="only")["items"]
    }


def test_an_empty_digest_says_so(client: TestClient) -> None:
    found = read(client, DIGEST)
    assert (found["empty"], found["subject"], found["period"]) == (True, "Afterword: nothing is due", "off")
    assert "Nothing is due" in client.get(DIGEST, params={"format": "text"}).text


def test_what_has_no_next_date_is_in_a_weekly_digest_only(world: World) -> None:
    client = subscriber(world, digest="daily")
    application(client, company="Quiet")
    assert read(client, DIGEST)["nothing_scheduled"] == {"items": [], "more": 0}
    alter(client, NOTIFICATIONS, digest="weekly")
    found = read(client, DIGEST)
    summary = read(client, "/v1/queue/summary")["nothing_scheduled"]
    assert [one["application"] for one in found["nothing_scheduled"]["items"]] == summary
    assert found["empty"] is True  # that alone is no reason for a mail


def test_the_digest_reaches_to_the_next_one(world: World) -> None:
    client = subscriber(world, digest="daily", digest_workdays_only=True)
    at(world, 2026, 6, 5, 8)  # a Friday
    assert read(client, DIGEST)["until"] == "2026-06-08T12:00:00Z"
    alter(client, NOTIFICATIONS, digest="weekly")
    assert read(client, DIGEST)["until"] == "2026-06-08T12:00:00Z"
    assert read(client, DIGEST, as_of="2026-06-08T12:00:00Z")["until"] == "2026-06-15T12:00:00Z"


def test_no_earlier_instant_can_be_read(client: TestClient) -> None:
    answer = client.get(DIGEST, params={"as_of": "2026-06-01T11:54:00Z"})
    assert fault(answer, "as_of") == "in_the_past"
    assert read(client, DIGEST, as_of="2026-07-01T12:00:00Z")["as_of"] == "2026-07-01T12:00:00Z"


def test_formats_are_negotiated_and_have_tags_of_their_own(client: TestClient) -> None:
    interviewed(client)
    tags = set()
    for accept, kind in (("application/json", "json"), ("text/plain", "text"), ("text/html", "html")):
        answer = client.get(DIGEST, headers={"Accept": accept})
        assert answer.headers["content-type"].startswith(accept), kind
        tags.add(answer.headers["ETag"])
        again = client.get(DIGEST, headers={"Accept": accept, "If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
    assert len(tags) == 3
    assert client.get(DIGEST, headers={"Accept": "image/png"}).status_code == 406
    policy = client.get(DIGEST, params={"format": "html"}).headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src-attr 'unsafe-inline';")


def test_the_number_of_statements_does_not_grow(client: TestClient, world: World) -> None:
    alter(client, NOTIFICATIONS, digest_details="full")
    app, round_ = interviewed(client)
    interview(client, app, starts_at="2026-06-01T15:00:00Z")
    put(client, f"/v1/interviews/{round_}/interviewers/{contact(client)}")
    with_one = counted(world.database, lambda: read(client, DIGEST))
    for number in range(6):
        more, round_ = interviewed(client)
        interview(client, more, starts_at=f"2026-06-01T{15 + number}:00:00Z")
        add(client, "/v1/contacts", full_name=f"Person {number}")
    assert counted(world.database, lambda: read(client, DIGEST)) == with_one
