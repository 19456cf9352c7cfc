"""Accounts that want mails in tests: a confirmed address, passes of the tasks, and the messages that were sent."""

from datetime import datetime
from email.message import EmailMessage
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from fastapi.testclient import TestClient
from sqlalchemy import text

from api.services.accounts import mails
from api.workers import digests, mailer
from tests.conftest import World
from tests.http.api_client import alter, read
from tests.mails import SMTP

APP = "https://app.example.org/{kind}/{id}"
WANTS: dict[str, Any] = {**SMTP, "app_url": APP}
NOTIFICATIONS, DIGEST = "/v1/me/notifications", "/v1/me/digest"


def confirm(world: World) -> None:
    """Confirm the addresses of all accounts, as the links in mails do."""
    with world.database.engine.begin() as connection:
        connection.execute(text("UPDATE user_account SET email_confirmed_at = :now"), {"now": _stored(world)})


def _stored(world: World) -> Any:
    return f"{world.clock.now:%Y-%m-%d %H:%M:%S}" if world.database.is_sqlite else world.clock.now


def subscriber(world: World, zone: str = "America/New_York", **wants: Any) -> TestClient:
    """Return the client of an account with a confirmed address that wants these mails."""
    client = world.sign_up(zone)
    confirm(world)
    alter(client, NOTIFICATIONS, **(wants or {"digest": "daily"}))
    return client


def planned(client: TestClient) -> datetime:
    """Return when the next digest of an account is due."""
    return datetime.fromisoformat(read(client, NOTIFICATIONS)["next_digest_at"])


def queue_digests(world: World) -> None:
    """Do one pass of the task that queues digests."""
    digests.digests_pass(world.database, world.clock, world.app.state.settings)


def delivered(world: World) -> list[EmailMessage]:
    """Send what is due; return the messages."""
    sent: list[EmailMessage] = []
    now, settings = world.clock.now, world.app.state.settings
    send = partial(mailer._send, world.database, settings, sent.append, now)
    mailer.deliver(world.database, mails.due_mails(world.database, now), send, now)
    return sent


def passed(world: World) -> list[EmailMessage]:
    """Queue the digests that are due and send what is due; return the messages."""
    queue_digests(world)
    return delivered(world)


def at(world: World, *wall: int, zone: str = "America/New_York") -> datetime:
    """Move the clock to a local time, and return it as an instant."""
    year, month, day, hour, minute = (*wall, 0, 0)[:5]
    world.clock.now = datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))
    return world.clock.now


def parts(message: EmailMessage) -> tuple[str, str]:
    """Return text and HTML of a message, text first."""
    plain, html = message.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    return str(plain.get_content()).replace("\r\n", "\n"), str(html.get_content())


def wire_of(message: EmailMessage) -> str:
    """Return a message as it is sent, but with whole lines and without its secret, in which any name may be."""
    return message.as_string().replace("=\n", "").replace(secret_of(message), "")


def secret_of(message: EmailMessage) -> str:
    """Return the secret with which a mail can be unsubscribed from."""
    return str(message["List-Unsubscribe"]).strip("<>").rpartition("/")[2]


def outbox(world: World) -> list[Any]:
    """Return the rows of the outbox, oldest first."""
    with world.database.engine.connect() as connection:
        return list(connection.execute(text("SELECT * FROM mail_out ORDER BY created_at, id")).mappings())
