"""Contacts as vCards (RFC 2426 and RFC 6350), written by the package `icalendar`, whose text format is the same."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from icalendar import Component
from icalendar.prop import vAdr, vN, vOrg, vText

from api.words.calendar_file import clean

VcardVersion = Literal["3.0", "4.0"]
UNNAMED = "Unnamed"


@dataclass(frozen=True, slots=True)
class Person:
    """What a card shows of a contact. Notes are left out: cards are passed on."""

    id: str
    full_name: str | None
    honorific: str | None
    job_title: str | None
    company: str | None
    email: str | None
    phone: str | None
    postal_address: str | None
    updated_at: datetime


class _Card(Component):
    name = "VCARD"


class _PlainText(vText):
    """A text in which no semicolon is escaped: in a vCard 4.0 only those of structured values are."""

    def to_ical(self) -> bytes:
        escaped: bytes = super().to_ical()
        return escaped.replace(b"\\;", b";")


def vcard(person: Person, version: VcardVersion = "3.0") -> bytes:
    """Return a card. The postal address is one field, because splitting it would be guessing."""
    made = _Card()
    is_new = version == "4.0"
    _add(made, "version", version)
    _add(made, "fn", person.full_name or person.company or UNNAMED)
    made.add("n", vN(_name(person)))
    if person.company:
        made.add("org", vOrg((clean(person.company),)))
    _add(made, "title", person.job_title)
    _add(made, "email", person.email, TYPE="work")
    _add(made, "tel", person.phone, TYPE=["work", "voice"])
    if person.postal_address:
        address = clean(person.postal_address)
        label = {"LABEL": _parameter(address)} if is_new else {}
        made.add("adr", vAdr(("", "", address, "", "", "", "")), parameters={"TYPE": "work", **label})
        if not is_new:
            _add(made, "label", address, TYPE="work")
    _add(made, "uid", f"urn:uuid:{person.id}")
    _add(made, "rev", f"{person.updated_at:%Y%m%dT%H%M%SZ}")
    _add(made, "categories", "Afterword")
    card: bytes = made.to_ical(sorted=False)
    return card


def _name(person: Person) -> tuple[str, str, str, str, str]:
    """Return family name (the last word), given names, additional names, prefix and suffix."""
    given, _, family = clean(person.full_name or "").strip().rpartition(" ")
    return family, given, "", clean(person.honorific or ""), ""


def _parameter(text: str) -> str:
    """Return a text as the value of a parameter, which can hold neither line ends nor quotation marks."""
    return text.replace("\n", ", ").replace("\t", " ").replace('"', "'")


def _add(made: Component, name: str, value: str | None, **parameters: Any) -> None:  # noqa: ANN401  # icalendar's own
    if value is not None:
        kind = _PlainText if made.get("version") == "4.0" else vText
        made.add(name, kind(clean(value)), parameters=parameters)
