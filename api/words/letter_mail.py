"""Letters for mail programs: an `.eml` message and a `mailto:` link."""

import re
from collections.abc import Iterable
from email.contentmanager import raw_data_manager
from email.header import Header
from email.message import EmailMessage
from email.policy import compat32
from email.utils import format_datetime
from urllib.parse import quote

from api.protocol.email_address import UnusableAddressError, address_on_the_wire
from api.words.letter_sheet import Sheet, line

# The newer policies fold encoded words again and lose spaces and quotes, so headers are written as `Header`.
POLICY = compat32.clone(linesep="\r\n")
ATOMS = re.compile(r"[A-Za-z0-9'-]{1,60}( [A-Za-z0-9'-]{1,60})*")
MAX_LINE, MAX_PLAIN = 78, 70
SIMPLE = re.compile(r"(?!.*=\?)[\x21-\x7e]{1,60}( [\x21-\x7e]{1,60})*")


class Folded(Header):
    """A header that is written as it is: already encoded and folded."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def encode(self, splitchars: str = "", maxlinelen: int | None = None, linesep: str = "\r\n") -> str:  # noqa: ARG002  # the signature of Header
        """Return the text; its characters that are not ASCII become UTF-8 when the message becomes bytes."""
        return self.text.replace("\n", linesep).encode().decode("ascii", "surrogateescape")


def eml(sheet: Sheet) -> bytes:
    """Return a letter as a message (RFC 5322), with `X-Unsent: 1` for a draft and `Date` for a sent letter.

    An address is written unchanged, its domain in ASCII; characters beyond ASCII before the `@` as UTF-8 (RFC 6532). An
    address to which no mail can be sent is left out.
    """
    message = EmailMessage(POLICY)
    if sheet.sent_at is None:
        message["X-Unsent"] = "1"
    else:
        message["Date"] = format_datetime(sheet.sent_at)
    for name, people in (("From", [(sheet.sender, sheet.sender_email)]), ("To", [(p.name, p.email) for p in sheet.to])):
        if header := _addresses(name, people):
            message[name] = header
    subject = line(sheet.subject)
    message["Subject"] = Header(subject, None if SIMPLE.fullmatch(subject) else "utf-8", header_name="Subject")
    body = f"{sheet.body}\n"
    message.set_content(body, charset="utf-8", cte="quoted-printable", content_manager=raw_data_manager)
    return message.as_bytes()


def _addresses(header: str, people: Iterable[tuple[str | None, str | None]]) -> Folded | None:
    """Return a header with the people who have a usable address, or None if nobody has one."""
    known = [(line(name or ""), address) for name, email in people if (address := usable_address(email or ""))]
    return Folded(",\n ".join(_mailbox(*one, header) for one in known)) if known else None


def _mailbox(name: str, address: str, header: str) -> str:
    """Return name and address; a name that is long or not made of plain words is encoded."""
    if not name:
        return f"<{address}>"
    is_plain = len(name) <= MAX_PLAIN and ATOMS.fullmatch(name)
    phrase = name if is_plain else Header(name, "utf-8", MAX_LINE, header).encode()
    fits = is_plain and len(header) + len(name) + len(address) < MAX_LINE - len(": <>,")
    return f"{phrase} <{address}>" if fits else f"{phrase}\n <{address}>"


def usable_address(email: str) -> str | None:
    """Return an address as a message carries it, its domain in ASCII, or None if no mail can be sent to it."""
    try:
        return address_on_the_wire(line(email))
    except UnusableAddressError:
        return None


def mailto(sheet: Sheet) -> str:
    """Return a letter as a `mailto:` link (RFC 6068) that ends with CRLF, which makes it a `text/uri-list`."""
    to = ",".join(quote(line(one.email), safe="@") for one in sheet.to if one.email)
    body = sheet.body.replace("\n", "\r\n")
    return f"mailto:{to}?subject={quote(line(sheet.subject), safe='')}&body={quote(body, safe='')}\r\n"
