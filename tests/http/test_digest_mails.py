"""What a digest by mail says: nothing that is done, no names where they are not wanted, nothing from outside."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from api.services.accounts import mails
from api.workers import mailer
from api.workers.smtp import RefusedError
from tests.conftest import World
from tests.http.api_client import act, alter, application, contact, interview, interviewed, put, read
from tests.wanted_mails import (
    DIGEST,
    NOTIFICATIONS,
    WANTS,
    delivered,
    outbox,
    parts,
    passed,
    planned,
    queue_digests,
    subscriber,
    wire_of,
)

pytestmark = pytest.mark.sqlite

Worlds = Callable[..., World]
NAMES = ("Acme", "Engineer", "Kim", "Lee")


@pytest.fixture
def world(make_world: Worlds) -> World:
    return make_world(**WANTS)


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
    said = wire_of(message)
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
    assert "Kim" not in wire_of(message)


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
