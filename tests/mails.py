"""Send the mails of the outbox in a test, and keep them."""

from api.services.accounts import mails
from api.services.accounts.mails import OutgoingMail
from api.workers import mailer
from tests.conftest import World

SMTP = {"smtp_url": "smtp://127.0.0.1:9", "mail_from": "afterword@example.com", "public_url": "https://example.org"}


def sent_mails(world: World) -> list[OutgoingMail]:
    """Send what is due; return the mails."""
    sent: list[OutgoingMail] = []
    now = world.clock.now
    mailer.deliver(world.database, mails.due_mails(world.database, now), sent.append, now)
    return sent


def secret_of(mail: OutgoingMail) -> str:
    """Return the secret of a mail's link."""
    assert mail.secret is not None
    return mail.secret
