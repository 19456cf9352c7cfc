"""The outbox: what is sent, tried again, given up or refused, over a real mail server."""

import logging
import smtplib
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from api.models.mail import MailKind
from api.models.user import UserCreate
from api.protocol.email_address import account_address
from api.services.accounts import mails, users
from api.services.accounts.mails import OutgoingMail
from api.settings import Settings
from api.words.mails import MAILS
from api.workers import mailer, smtp
from api.workers.mailer import message_of
from api.workers.smtp import post_office
from api.workers.units import IncompletePassError
from tests.conftest import NOW, World
from tests.hostile.fuzz_harness import recorded_logs
from tests.http.test_accounts import SIGN_UP
from tests.mail_server import MailServer, mail_server
from tests.mails import sent_mails
from tests.served import PLAIN, serving, wait_until

pytestmark = pytest.mark.sqlite(profile="quick")

Worlds = Callable[..., World]
KIM = "kim@example.com"
USABLE = [
    "kim@example.com",
    "o'brien+jobs@example.com",
    '"a b"@example.com',
    '"a@b,<c>"@example.com',
    "kim@bücher.example",
    "kim@mailhost",
]
UNUSABLE = ["a@[b", "gone@example.com", "full@example.com", "kím@example.com"]
AT_RCPT = {"gone@example.com": "550 5.1.1 no such user", "slow@example.com": "451 4.7.1 come back later"}
AT_DATA = {"full@example.com": "554 5.7.1 refused"}
NOWHERE = SecretStr("smtp://127.0.0.1:9")


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server(MailServer(dict(AT_RCPT), dict(AT_DATA))) as found:
        yield found


@pytest.fixture
def world(make_world: Worlds, server: MailServer) -> World:
    return make_world(smtp_url=server.url, mail_from="afterword@example.com", public_url="https://example.org")


def open_account(world: World, address: str) -> str:
    """Open an account with an address, as a version could that checked less."""
    body = UserCreate(email=KIM, password=SIGN_UP["password"], full_name="Kim", time_zone="UTC")
    with world.database.write(world.clock.now) as session:
        user = users.sign_up(session, body.model_copy(update={"email": address}), None)
        return user.id


def ask(world: World, *addresses: str) -> None:
    for address in addresses:
        answer = world.anonymous().post("/v1/password-resets", json={"email": address})
        assert (answer.status_code, answer.content) == (202, b"")


def send(world: World) -> None:
    """Do one pass of the mailer."""
    mailer.mail_pass(world.database, world.clock, world.app.state.settings)


def outbox(world: World) -> list[Any]:
    with world.database.engine.connect() as connection:
        statement = "SELECT outcome, address, due_at, hash, tries FROM mail_out ORDER BY created_at, id"
        return list(connection.execute(text(statement)).mappings())


def test_of_ten_addresses_six_get_their_mail_and_four_are_told(world: World, server: MailServer) -> None:
    for address in (*UNUSABLE, *USABLE):
        open_account(world, address)
    with (
        serving(world) as ((host, port), _),
        httpx.Client(base_url=f"http://{host}:{port}", verify=PLAIN) as client,
        recorded_logs(logging.getLogger("afterword.mails")) as journal,
    ):
        for address in (*UNUSABLE, *USABLE):
            assert client.post("/v1/password-resets", json={"email": address}).status_code == 202
        wait_until(lambda: all(one["outcome"] for one in outbox(world)))
        assert client.post("/v1/password-resets", json={"email": KIM}).status_code == 202
        wait_until(lambda: len(server.received) == 7)
        (task,) = [one for one in client.get("/readyz").json()["tasks"] if one["name"] == "mails"]
        assert task["failures"] == 0
    assert [one["outcome"] for one in outbox(world)] == ["failed"] * 4 + ["sent"] * 7
    assert sorted(account_address(one) for one in server.recipients) == sorted([*USABLE, KIM])
    assert {str(message["To"]) for _, message in server.received} == set(server.recipients)
    assert not any(one["address"] or one["due_at"] for one in outbox(world))
    assert len(journal.lines) == 4
    assert all("refused for good" in line for line in journal.lines)
    assert "@" not in str(journal.lines)


def test_a_mail_says_who_sent_it_when_and_that_no_answer_is_wanted(world: World, server: MailServer) -> None:
    open_account(world, KIM)
    ask(world, KIM)
    send(world)
    ((_, message),) = server.received
    assert message["Date"] == "Mon, 01 Jun 2026 12:00:00 +0000"
    assert message["Message-ID"].endswith(".1@example.org>")
    assert message["Auto-Submitted"] == "auto-generated"
    assert "https://example.org/password-reset#awr_" in message.get_content()


def test_a_refusal_for_now_is_tried_again_and_delays_no_other_mail(world: World, server: MailServer) -> None:
    for address in ("slow@example.com", KIM):
        open_account(world, address)
    ask(world, "slow@example.com", KIM)
    send(world)
    assert server.recipients == [KIM]
    del server.at_rcpt["slow@example.com"]
    send(world)
    assert len(server.received) == 1
    world.clock.now += timedelta(minutes=1)
    send(world)
    assert server.recipients == [KIM, "slow@example.com"]


@pytest.mark.own_statements
def test_a_mail_is_tried_five_times_with_growing_waits_and_another_link_each_time(world: World) -> None:
    open_account(world, KIM)
    ask(world, KIM)
    tries: list[tuple[Any, str | None]] = []

    def fails(mail: OutgoingMail) -> None:
        tries.append((world.clock.now, mail.secret))
        raise smtplib.SMTPServerDisconnected

    for _ in range(60):
        now = world.clock.now
        mailer.deliver(world.database, mails.due_mails(world.database, now), fails, now)
        world.clock.now += timedelta(minutes=1)
    waits = [later[0] - earlier[0] for earlier, later in pairwise(tries)]
    assert waits == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8)]
    assert len({secret for _, secret in tries}) == 5
    assert [(one["outcome"], one["address"], one["hash"]) for one in outbox(world)] == [("failed", None, None)]


def test_a_fault_in_one_mail_does_not_stop_the_others(world: World) -> None:
    for address in ("first@example.com", KIM):
        open_account(world, address)
    ask(world, "first@example.com", KIM)
    sent: list[str] = []

    def has_a_fault(mail: OutgoingMail) -> None:
        if mail.address != KIM:
            raise AttributeError(mail.address)
        sent.append(mail.address)

    now = world.clock.now
    with pytest.raises(IncompletePassError, match="1 of 2"):
        mailer.deliver(world.database, mails.due_mails(world.database, now), has_a_fault, now)
    assert sent == [KIM]
    world.clock.now += timedelta(minutes=1)
    assert [mail.address for mail in sent_mails(world)] == ["first@example.com"]


def test_while_the_server_is_away_no_mail_loses_an_attempt_and_what_is_too_old_is_not_sent(
    world: World, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_account(world, KIM)
    ask(world, KIM)
    with monkeypatch.context() as patch:
        patch.setattr(world.app.state.settings, "smtp_url", NOWHERE)
        for _ in range(59):
            with pytest.raises(IncompletePassError, match="takes no mails"):
                send(world)
            world.clock.now += timedelta(minutes=1)
        assert [one["tries"] for one in outbox(world)] == [0]
        ask(world, KIM)
        world.clock.now += timedelta(minutes=1)
        with pytest.raises(IncompletePassError):
            send(world)
    send(world)
    assert [one["outcome"] for one in outbox(world)] == ["expired", "sent"]
    assert len(server.received) == 1


def test_of_two_processes_one_sends_the_mail(world: World) -> None:
    open_account(world, KIM)
    ask(world, KIM)
    now, sent = world.clock.now, []
    seen = mails.due_mails(world.database, now)

    def sends_while_another_looks(mail: OutgoingMail) -> None:
        sent.append(mail)
        assert mailer.deliver(world.database, seen, sent.append, now) == 0
        assert mails.due_mails(world.database, now) == []

    assert mailer.deliver(world.database, seen, sends_while_another_looks, now) == 1
    assert mailer.deliver(world.database, seen, sent.append, now) == 0
    assert len(sent) == 1


@pytest.mark.own_statements
def test_nobody_is_sent_more_than_three_reset_mails_an_hour(world: World) -> None:
    first = open_account(world, KIM)
    other = open_account(world, "other@example.com")
    received = 0
    for _ in range(12):
        ask(world, KIM)
        received += len(sent_mails(world))
        world.clock.now += timedelta(minutes=5, seconds=-1)
    assert received == 3
    ask(world, "other@example.com")
    assert len(sent_mails(world)) == 1
    world.clock.now += timedelta(minutes=1)
    ask(world, KIM)
    assert len(sent_mails(world)) == 1
    with world.database.engine.begin() as connection:
        connection.execute(text("DELETE FROM mail_out"))
        connection.execute(text("DELETE FROM user_account"))
    assert first != other
    open_account(world, KIM)  # a new account does not get the address more mails
    for _ in range(5):
        ask(world, KIM)
    assert len(sent_mails(world)) == 2


def test_the_hour_of_the_three_reset_mails_slides(world: World) -> None:
    open_account(world, KIM)
    received = []
    for minutes, times in ((0, 1), (59, 2), (2, 3)):
        world.clock.now += timedelta(minutes=minutes)
        ask(world, *[KIM] * times)
        received.append(len(sent_mails(world)))
    assert received == [1, 2, 1]


@pytest.mark.own_statements
def test_a_link_of_an_erased_account_is_not_sent(world: World) -> None:
    user_id = open_account(world, KIM)
    ask(world, KIM)
    due = mails.due_mails(world.database, world.clock.now)
    with world.database.engine.begin() as connection:
        for table in ("mail_out", "user_account"):
            owner = "id" if table == "user_account" else "user_id"
            value = user_id.replace("-", "") if world.database.is_sqlite else user_id
            connection.execute(text(f"DELETE FROM {table} WHERE {owner} = :id"), {"id": value})
    sent: list[OutgoingMail] = []
    assert mailer.deliver(world.database, due, sent.append, world.clock.now) == 0
    assert sent == []


def test_every_kind_of_mail_has_words_and_a_link_if_it_needs_one() -> None:
    plain = [kind for kind in MailKind if kind not in mails.LATER]
    assert MAILS.keys() == {kind.value for kind in plain}
    for kind in plain:
        secret = "awe_secret" if kind in mails.LINKS else None
        mail = OutgoingMail("1", kind.value, KIM, secret=secret)
        words = message_of(mail, Settings(public_url="https://example.org"), NOW).get_content()
        assert ("https://example.org/" in words) == (secret is not None)
        assert "{" not in words


def test_a_remote_server_without_tls_gets_no_mail(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "HERE", ())
    settings = Settings(smtp_url=server.url, mail_from="a@example.com", public_url="https://example.org")
    with pytest.raises(smtplib.SMTPNotSupportedError), post_office(settings):
        pass
    assert server.received == []


def test_an_international_address_gets_its_mail_from_a_server_that_knows_them(make_world: Worlds) -> None:
    with mail_server(speaks_utf8=True) as server:
        world = make_world(smtp_url=server.url, mail_from="a@example.com", public_url="https://example.org")
        open_account(world, "用户@例子.广告")
        ask(world, "用户@例子.广告")
        send(world)
        assert server.recipients == ["用户@xn--fsqu00a.xn--4rr70v"]
