"""Letters for mail programs: an `.eml` message and a `mailto:` link."""

import re
from collections.abc import Iterable
from email.contentmanager import raw_data_manager
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import compat32
from email.utils import format_datetime
from urllib.parse import quote

from api.words.letter_sheet import Sheet, line

# The newer policies fold encoded words again and lose spaces and quotes, so headers are written as `Header`.
POLICY = compat32.clone(linesep="\r\n")
ATOMS = re.compile(r"[A-Za-z0-9'-]{1,60}( [A-Za-z0-9'-]{1,60})*")
SIMPLE = re.compile(r"(?!.*=\?)[\x21-\x7e]{1,60}( [\x21-\x7e]{1,60})*")
QUOTED = re.compile(r'"(\\.|[^"\\])+"')
DOMAIN = re.compile(r"[A-Za-z0-9.-]+")


def eml(sheet: Sheet) -> bytes:
    """Return a letter as a message (RFC 5322), with `X-Unsent: 1` for a draft and `Date` for a sent letter.

    Addresses with non-ASCII characters before the `@` are left out, because few servers accept them.
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


def _addresses(header: str, people: Iterable[tuple[str | None, str | None]]) -> Header | None:
    """Return a header with the people who have a usable address, or None if nobody has one."""
    known = [(line(name or ""), address) for name, email in people if (address := _address(email or ""))]
    made = Header(header_name=header, maxlinelen=78)
    for number, (name, address) in enumerate(known, 1):
        if name:
            made.append(name, None if ATOMS.fullmatch(name) else "utf-8")
        made.append(f"<{address}>{'' if number == len(known) else ','}", "us-ascii")
    return made if known else None


def _address(email: str) -> str | None:
    user, _, domain = line(email).rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    if not user or not user.isascii() or not DOMAIN.fullmatch(ascii_domain):
        return None
    return f"{user}@{ascii_domain}" if QUOTED.fullmatch(user) else Address("", user, ascii_domain).addr_spec


def mailto(sheet: Sheet) -> str:
    """Return a letter as a `mailto:` link (RFC 6068) that ends with CRLF, which makes it a `text/uri-list`."""
    to = ",".join(quote(line(one.email), safe="@") for one in sheet.to if one.email)
    body = sheet.body.replace("\n", "\r\n")
    return f"mailto:{to}?subject={quote(line(sheet.subject), safe='')}&body={quote(body, safe='')}\r\n"
