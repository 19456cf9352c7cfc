"""E-mail addresses: which can be written into a message, and how they are written there (RFC 5321, 5322, 6531).

An address is accepted if `email-validator` accepts its syntax and if the message builder that will write it gives it
back unchanged. Whether mail arrives there is not asked: a confirmation mail shows that.
"""

import re
from email.errors import MessageError, NonASCIILocalPartDefect
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy

from email_validator import EmailNotValidError, validate_email

MAX_LENGTH = 254
# Without folding: a folded address would be written as an encoded word, which is no address any more.
POLICY = SMTP.clone(max_line_length=998)
POLICY_UTF8 = POLICY.clone(utf8=True)
# The builder gives back every address of these characters, and takes half a millisecond to do so.
ORDINARY = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")


class UnusableAddressError(ValueError):
    """No mail can be written to this address."""


def normalized_address(text: str) -> str:
    """Return an address in its normal form: NFC, the domain in lower case and in its own script, no needless quotes.

    Raises UnusableAddressError.
    """
    return _checked(text)[0]


def address_on_the_wire(text: str) -> str:
    """Return an address as it is sent to a mail server: the domain in ASCII. Raises UnusableAddressError."""
    return _checked(text)[1]


def account_address(text: str) -> str:
    """Return the address by which an account is found: the normal form in lower case.

    An unusable address is only stripped and put into lower case: accounts of older versions may have one.
    """
    plain = text.strip().lower()
    try:
        return normalized_address(plain)
    except UnusableAddressError:
        return plain


def new_message(to: str) -> EmailMessage:
    """Return a message to one address, which has its form on the wire."""
    message = EmailMessage(_policy(to))
    message["To"] = to
    return message


def _policy(to: str) -> "EmailPolicy[EmailMessage]":
    return POLICY if to.isascii() else POLICY_UTF8


def _checked(text: str) -> tuple[str, str]:
    """Return the normal form and the form on the wire."""
    try:
        # A server may well send mail within its own network, so domains without a dot are accepted.
        found = validate_email(text, check_deliverability=False, allow_quoted_local=True, globally_deliverable=False)
    except EmailNotValidError as error:
        raise UnusableAddressError from error
    local = found.normalized.rpartition("@")[0]
    wire = f"{local}@{found.ascii_domain}"
    if max(len(found.normalized), len(wire)) > MAX_LENGTH or not (ORDINARY.fullmatch(wire) or survives(wire)):
        raise UnusableAddressError
    return found.normalized, wire


def survives(wire: str) -> bool:
    """Write the header of a message to an address, read it again, and tell whether it is still this address alone."""
    try:
        policy, message = _policy(wire), new_message(wire)
        _, _, written = policy.fold("To", message["To"]).partition(":")
        to = policy.header_factory("To", written.strip())
        is_well_formed = all(isinstance(defect, NonASCIILocalPartDefect) for defect in to.defects)  # RFC 6531 allows it
        return is_well_formed and [one.addr_spec for one in to.addresses] == [wire]
    except (MessageError, ValueError, LookupError, AttributeError, TypeError):  # its parser raises all of these
        return False
