"""The mails that the service itself sends: subject and text by kind. No mail names a person or another address."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MailText:
    """A mail in words; `{link}` stands in the body where there is a link."""

    subject: str
    body: str


MAILS: Mapping[str, MailText] = {
    "reset": MailText(
        "A new password for Afterword",
        """\
Somebody asked to set a new password for your Afterword account. To set it, open this link. It works once, for an
hour:

{link}

If it was not you, do nothing: your password stays as it is.
""",
    ),
    "confirm": MailText(
        "Confirm your address for Afterword",
        """\
There is an Afterword account with this e-mail address. If it is yours, confirm the address with this link and the
account's password; it works once, for a day:

{link}

If you did not open this account, do nothing: without its password nobody can confirm the address. To take the account
over, ask for a new password on its sign-in page: that ends everybody else's access.
""",
    ),
    "email_change": MailText(
        "Confirm your new address for Afterword",
        """\
Somebody asked to use this e-mail address for an Afterword account. Confirm it with this link and the
account's password; it works once, for a day:

{link}

If it was not you, do nothing: the account keeps its old address.
""",
    ),
    "email_changing": MailText(
        "Your Afterword account is to get another address",
        """\
Somebody who knows your password asked that your Afterword account use another e-mail address. The
account changes as soon as the new address is confirmed.

If it was not you, ask for a new password now: that also stops the change.
""",
    ),
    "email_changed": MailText(
        "Your Afterword account has another address",
        """\
Your Afterword account now uses another e-mail address, which was confirmed with the account's password. No more mails
about it come to this one.

If it was not you, write to the people who run the server.
""",
    ),
}


def mail_text(kind: str, link: str | None) -> MailText:
    """Return the subject and the text of a mail of a kind."""
    words = MAILS[kind]
    return MailText(words.subject, words.body.format(link=link) if link else words.body)
