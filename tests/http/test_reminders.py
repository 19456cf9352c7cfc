"""Reminders by mail: after an interview, before a letter is due, and that a webhook was switched off."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.models import Webhook
from api.models.mail import MailKind
from api.services.accounts import mails, users
from api.services.notifications.reminders import queue_reminder
from api.services.steps import judge
from tests.conftest import World
from tests.http.api_client import act, add, alter, application, contact, interview, put, read, step
from tests.receiver import tick
from tests.wanted_mails import NOTIFICATIONS, WANTS, delivered, outbox, parts, secret_of, subscriber, wire_of

pytestmark = pytest.mark.sqlite(profile="quick")

Worlds = Callable[..., World]
STARTS, ENDS = "2026-06-01T13:00:00Z", "2026-06-01T14:00:00Z"  # 10:00 in New York
ENDED = datetime(2026, 6, 1, 14, tzinfo=UTC)
AFTER, LETTER = MailKind.AFTER_INTERVIEW, MailKind.LETTER_DUE
NUMBERS = {AFTER: 3, LETTER: 4}
HOUR = timedelta(hours=1)


@pytest.fixture
def world(make_world: Worlds) -> World:
    return make_world(**WANTS)


@pytest.fixture
def client(world: World) -> TestClient:
    return subscriber(world, after_interview=True, letter_due=True)


@pytest.fixture
def talk(client: TestClient) -> tuple[str, str]:
    """An interview that ends at 10:00 in New York, with one person of whom only the name is known."""
    app = application(client, company="Larkfield Press", role="Editor")
    round_ = interview(client, app, starts_at=STARTS, ends_at=ENDS)
    put(client, f"/v1/interviews/{round_}/interviewers/{contact(client)}")
    return app, round_


def remind(world: World, client: TestClient, app: str, kind: MailKind, *, sends_mails: bool = True) -> dict[str, Any]:
    """Queue a reminder as the task does that announces steps; return the step."""
    one = step(client, app, NUMBERS[kind])
    with world.database.write(world.clock.now) as session:
        user = users.find_by_email(session, read(client, "/v1/me")["email"])
        assert user is not None
        session.owner = user.id
        judge.lock_user(session)
        queue_reminder(session, kind, one["id"], datetime.fromisoformat(one["due_at"]), sends_mails=sends_mails)
    return one


def test_after_an_interview_it_says_what_to_write_down_and_where(
    world: World, client: TestClient, talk: tuple[str, str]
) -> None:
    app, round_ = talk
    world.clock.now = ENDED
    one = remind(world, client, app, AFTER)
    (row,) = outbox(world)
    assert row["key"] == f"{one['id']}:{int(datetime.fromisoformat(one['due_at']).timestamp())}"
    assert len(row["key"]) <= 64
    (message,) = delivered(world)
    assert message["Subject"] == "Afterword: write down your interview today"
    assert message["List-ID"] == "Afterword reminders after interviews <after-interview.example.org>"
    said, page = parts(message)
    for words in (
        "Larkfield Press – Editor: your interview ended at 10:00 on Mon 1 Jun 2026 (EDT).",
        "Write it down while you remember it: your notes are due by the end of Mon 1 Jun 2026 (EDT).",
        "* What went well",
        "* What needs a better answer",
        "Which steps remain after today?",
        "* Kim Lee\n  Missing: the job title and one way to reach them.",
        f"POST https://example.org/v1/interviews/{round_}/debrief",
        f"https://app.example.org/interview/{round_}",
    ):
        assert words in said
        assert words.splitlines()[0].removeprefix("* ") in page
    assert delivered(world) == []


@pytest.mark.own_statements
def test_it_asks_only_for_what_is_missing(world: World, client: TestClient, talk: tuple[str, str]) -> None:
    app, round_ = talk
    world.clock.now = ENDED
    add(client, f"/v1/applications/{app}/notes", kind="positive", text="They liked it.", interview_id=round_)
    alter(client, f"/v1/interviews/{round_}", next_stage="A second talk.")
    remind(world, client, app, AFTER)
    said, _ = parts(delivered(world)[0])
    assert "What went well" not in said
    assert "Which steps remain" not in said
    assert "What needs a better answer" in said


@pytest.mark.own_statements
def test_before_a_letter_is_due_it_says_until_when_and_how_to_go_on(
    world: World, client: TestClient, talk: tuple[str, str]
) -> None:
    app, round_ = talk
    world.clock.now = ENDED + 20 * HOUR
    one = remind(world, client, app, LETTER)
    (message,) = delivered(world)
    assert message["Subject"] == "Afterword: a thank-you letter is due"
    said, _ = parts(message)
    assert f"You have until {one['due_text']} to send it." in said
    assert "No thank-you letter is recorded as sent." in said
    assert f"POST https://example.org/v1/interviews/{round_}/letters/compose" in said


def test_it_names_a_draft_and_the_people_without_a_letter(
    world: World, client: TestClient, talk: tuple[str, str]
) -> None:
    app, round_ = talk
    alter(client, "/v1/me/policy", thank_each_interviewer=True)
    letter = add(client, f"/v1/applications/{app}/letters", kind="thank_you", interview_id=round_, body="Thanks.")["id"]
    world.clock.now = ENDED + 20 * HOUR
    remind(world, client, app, LETTER)
    said, _ = parts(delivered(world)[0])
    for words in ("* A letter to Kim Lee", f"GET https://example.org/v1/letters/{letter}", f"/letter/{letter}"):
        assert words in said
    assert f"POST https://example.org/v1/letters/{letter}/send" in said


@pytest.mark.parametrize("kind", [AFTER, LETTER])
def test_with_minimal_details_nobody_is_named(
    world: World, client: TestClient, talk: tuple[str, str], kind: MailKind
) -> None:
    alter(client, NOTIFICATIONS, digest_details="minimal")
    alter(client, "/v1/me/policy", thank_each_interviewer=True)
    world.clock.now = ENDED + HOUR
    remind(world, client, talk[0], kind)
    (message,) = delivered(world)
    assert not [name for name in ("Larkfield", "Editor", "Kim", "Lee") if name in wire_of(message)]


@pytest.mark.own_statements
@pytest.mark.parametrize("kind", [AFTER, LETTER])
@pytest.mark.parametrize("why", ["off", "unconfirmed", "no mail server", "refused", "snoozed", "done", "disabled"])
def test_no_reminder_is_queued(
    world: World, client: TestClient, talk: tuple[str, str], kind: MailKind, why: str
) -> None:
    app, _ = talk
    world.clock.now = ENDED + HOUR
    one = step(client, app, NUMBERS[kind])
    statements = {
        "unconfirmed": "UPDATE user_account SET email_confirmed_at = NULL",
        "refused": "UPDATE notification SET refusals = 3",
        "disabled": "UPDATE user_account SET disabled_at = created_at",
    }
    if why == "off":
        alter(client, NOTIFICATIONS, **{kind.value: False})
    elif why == "snoozed":
        act(client, f"/v1/steps/{one['id']}/snooze", until="2026-06-03T12:00:00Z")
    elif why == "done":
        act(client, f"/v1/steps/{one['id']}/complete")
    if why in statements:
        with world.database.engine.begin() as connection:
            connection.execute(text(statements[why]))
    if why == "disabled":
        due_at = datetime.fromisoformat(one["due_at"])
        with world.database.write(world.clock.now) as session:
            user = users.find_by_email(session, "user1@example.com")
            assert user is not None
            session.owner = user.id
            judge.lock_user(session)
            queue_reminder(session, kind, one["id"], due_at, sends_mails=True)
    else:
        remind(world, client, app, kind, sends_mails=why != "no mail server")
    assert outbox(world) == []


@pytest.mark.own_statements
@pytest.mark.parametrize("kind", [AFTER, LETTER])
@pytest.mark.parametrize("why", ["done", "moved", "deleted", "snoozed", "off"])
def test_a_reminder_that_was_queued_is_not_sent(
    world: World, client: TestClient, talk: tuple[str, str], kind: MailKind, why: str
) -> None:
    app, round_ = talk
    world.clock.now = ENDED + HOUR
    one = remind(world, client, app, kind)
    assert len(outbox(world)) == 1
    if why == "done":
        act(client, f"/v1/steps/{one['id']}/skip")
    elif why == "moved":
        alter(client, f"/v1/interviews/{round_}", starts_at=STARTS, ends_at="2026-06-02T05:00:00Z")
    elif why == "deleted":
        client.delete(f"/v1/applications/{app}")
    elif why == "snoozed":
        act(client, f"/v1/steps/{one['id']}/snooze", until="2026-06-03T12:00:00Z")
    else:
        alter(client, NOTIFICATIONS, **{kind.value: False})
    assert delivered(world) == []
    assert [row["outcome"] for row in outbox(world)] == ["empty"]


@pytest.mark.own_statements
@pytest.mark.parametrize("kind", [AFTER, LETTER])
def test_a_deadline_brings_one_reminder_and_a_new_one_another(
    world: World, client: TestClient, talk: tuple[str, str], kind: MailKind
) -> None:
    app, round_ = talk
    world.clock.now = ENDED + HOUR
    for _ in range(2):
        remind(world, client, app, kind)
        remind(world, client, app, kind)
    assert len(outbox(world)) == 1
    assert len(delivered(world)) == 1
    moved = {"starts_at": "2026-06-02T13:00:00Z", "ends_at": "2026-06-02T14:00:00Z"}
    alter(client, f"/v1/interviews/{round_}", **moved)
    world.clock.now = ENDED + 25 * HOUR
    remind(world, client, app, kind)
    assert len(delivered(world)) == 1


@pytest.mark.parametrize(("kind", "hours"), [(AFTER, 12), (LETTER, 24)])
def test_a_late_reminder_is_not_sent(
    world: World, client: TestClient, talk: tuple[str, str], kind: MailKind, hours: int
) -> None:
    world.clock.now = ENDED + hours * HOUR - timedelta(minutes=1)
    remind(world, client, talk[0], kind)
    (row,) = outbox(world)
    expires = str(row["expires_at"])[:19]
    assert expires == f"{ENDED + hours * HOUR:%Y-%m-%d %H:%M:%S}"
    with world.database.engine.begin() as connection:
        connection.execute(text("DELETE FROM mail_out"))
    world.clock.now = ENDED + hours * HOUR
    remind(world, client, talk[0], kind)
    assert outbox(world) == []


@pytest.mark.own_statements
def test_the_link_in_a_reminder_ends_that_reminder_alone(
    world: World, client: TestClient, talk: tuple[str, str]
) -> None:
    world.clock.now = ENDED
    remind(world, client, talk[0], AFTER)
    (message,) = delivered(world)
    assert world.app_client().post(f"/mail/unsubscribe/{secret_of(message)}").status_code == 200
    shown = read(client, NOTIFICATIONS)
    assert (shown["after_interview"], shown["letter_due"]) == (False, True)


@pytest.mark.parametrize(("reason", "words"), [("failures", "for five days"), ("gone", "410")])
def test_a_webhook_that_was_switched_off_is_told_by_its_host_alone(
    world: World, client: TestClient, reason: str, words: str
) -> None:
    with world.database.write(world.clock.now) as session:
        user = users.find_by_email(session, read(client, "/v1/me")["email"])
        assert user is not None
        session.owner = user.id
        judge.lock_user(session)
        now = session.now
        webhook = Webhook(
            user_id=user.id,
            url="https://hooks.example.net/secret-path?token=abc",
            secret=b"x",
            enabled=False,
            disabled_reason=reason,
            disabled_at=now,
            created_at=now,
            updated_at=now,
        )
        session.add(webhook)
        session.flush()
        key = f"{webhook.id}:{int(now.timestamp())}"
        mails.queue_mail(session, MailKind.WEBHOOK_DISABLED, user.email, key=key)
    (message,) = delivered(world)
    said, _ = parts(message)
    assert "hooks.example.net" in said
    assert words in said
    assert "secret-path" not in message.as_string()
    assert message["List-Unsubscribe"] is None


@pytest.mark.parametrize(
    ("away", "kinds"),
    [
        pytest.param(timedelta(0), ["after_interview", "letter_due"], id="never"),
        pytest.param(HOUR, ["after_interview", "letter_due"], id="an-hour"),
        pytest.param(7 * HOUR, ["after_interview", "letter_due"], id="seven-hours"),
        pytest.param(timedelta(days=3), [], id="three-days"),
    ],
)
def test_time_reminds_once_also_after_a_pause(
    world: World, client: TestClient, talk: tuple[str, str], away: timedelta, kinds: list[str]
) -> None:
    world.clock.now = ENDED + away
    sent = []
    for _ in range(30):
        tick(world)
        sent += delivered(world)
        world.clock.now += HOUR
    assert [row["kind"] for row in outbox(world)] == kinds
    assert [row["outcome"] for row in outbox(world)] == ["sent"] * len(kinds)
    assert len(sent) == len(kinds)


def test_who_has_a_webhook_but_wants_no_reminder_gets_none(world: World) -> None:
    client = subscriber(world, digest="daily")
    add(client, "/v1/webhooks", url="https://hooks.example.com/a")
    interview(client, application(client), starts_at=STARTS, ends_at=ENDS)
    world.clock.now = ENDED
    tick(world)
    assert outbox(world) == []
