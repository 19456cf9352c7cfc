"""Parsers for the formats of a letter: HTML, e-mail, `mailto:`, Markdown and PDF, as other programs read them."""

import email
import email.policy
import io
from dataclasses import dataclass, field
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from html.parser import HTMLParser
from urllib.parse import parse_qs, unquote

from markdown_it import MarkdownIt
from pypdf import PdfReader

from api.words.letter_sheet import Addressee, Sheet, laid_out, line

ALLOWED = {"html", "head", "meta", "title", "style", "body", "header", "address", "h1", "p", "span"}
# Texts that could break a format: markup, control characters, line ends, directions, long words.
HOSTILE = [
    "<script>alert(1)</script></p></style><img src=x onerror=alert(1)> &amp; &lt; ' \" ]]>",
    "{{ 7 * 7 }} {% for x in y %} {# gone #} {0.__class__} %s ${x}",
    '#eval("1") #read("/etc/passwd") $x$ *bold* _it_ @ref <label> \\ // gone `raw` = = [x] #',
    "one\r\nBcc: evil@example.com\r\n\r\nbody",
    "one\rtwo\ntwo\u2028three\u2029four",
    "\u202egpj.exe\u202c \u2066isolate never closed \u200f",
    "nul\x00near\x01\x07\x08\x0b\x0c\x0e\x1b[2J\x1f\x7f\x85\x9b end",
    "👩🏽‍💻 🎓 e\u0301",
    "ليلى الخطيب، تونس",
    "שלום עולם",
    "田中 健一・光学設計部",
    "# heading\n- item\n1. one\n> quote\n===\n```\ncode\n| a | b |\n~~~ www.example.com http://x.y",
    "=?utf-8?q?encoded?= =?us-ascii?b?eA==?= <a@b.c>, \"quoted\" (comment); group: x@y.z;",
    "word " * 2_000,
    "x" * 10_000,
]  # fmt: skip


@dataclass
class Page(HTMLParser):
    """The text of an HTML page by element; an unexpected element, attribute or comment fails the test."""

    texts: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag
        assert {name for name, _ in attrs} <= {"lang", "charset", "dir", "class"}, attrs
        self.tags.append(tag)
        if tag in ("title", "style", "p", "h1", "address"):
            self.texts.append("")

    def handle_data(self, data: str) -> None:
        self.texts[-1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


def of_page(html: str) -> list[str]:
    """Return the texts of a page without its style: title, sender, date, recipients, subject, paragraphs."""
    page = Page()
    page.feed(html)
    page.close()
    assert page.tags.count("style") == page.tags.count("title") == page.tags.count("body") == 1
    return [page.texts[0], *page.texts[2:]]


def expected_texts(sheet: Sheet) -> list[str]:
    """Return the texts that a page must show."""
    said = laid_out(sheet)
    head = [said["subject"], "\n".join(said["sender"]), said["date"]]
    blocks = ["\n".join(said["to"]), said["subject"]]
    return [*head, *filter(None, blocks), *("\n".join(one["lines"]) for one in said["paragraphs"])]


def decoded(header: str) -> str:
    return str(make_header(decode_header(header)))


def people_in(header: str) -> list[tuple[str, str]]:
    """Return the names and addresses of a header, as a mail program shows them."""
    return [(decoded(name), address) for name, address in getaddresses([header.replace("\r\n", "")])]


def of_message(raw: bytes) -> tuple[Message, str]:
    """Parse a message; fail on a defect, a bare LF or a line of more than 998 bytes (RFC 5322)."""
    assert all(len(one) <= 998 for one in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    message = email.message_from_bytes(raw)
    text = email.message_from_bytes(raw, policy=email.policy.default).get_content()
    assert message.defects == []
    return message, text.replace("\r\n", "\n")


def of_link(link: str) -> tuple[list[str], str, str]:
    """Return the addresses, the subject and the text of a `mailto:` link."""
    assert link.startswith("mailto:")
    assert link.endswith("\r\n")
    assert link.isascii()
    assert not set(link[:-2]) & set(" <>\"'\r\n\t#")
    to, _, query = link.removeprefix("mailto:").strip().partition("?")
    fields = parse_qs(query, keep_blank_values=True, strict_parsing=True)
    assert set(fields) == {"subject", "body"}
    return [unquote(one) for one in to.split(",") if one], fields["subject"][0], fields["body"][0]


def of_markdown(markdown: str) -> list[str]:
    """Return the texts of a Markdown document; fail on anything but paragraphs with plain or bold text."""
    texts = []
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        assert token.type in ("paragraph_open", "inline", "paragraph_close"), token
        if token.type == "inline":
            kinds = {child.type for child in token.children or ()}
            assert kinds <= {"text", "text_special", "hardbreak", "strong_open", "strong_close"}, kinds
            texts.append("".join("\n" if c.type == "hardbreak" else c.content for c in token.children or ()))
    return texts


def of_pdf(raw: bytes) -> tuple[int, str]:
    """Return the number of pages, and the text without white space."""
    pages = PdfReader(io.BytesIO(raw)).pages
    return len(pages), squeezed("".join(page.extract_text() for page in pages))


def squeezed(text: str) -> str:
    return "".join(text.replace("\u200b", "").split())


def addressed(*to: Addressee) -> list[tuple[str, str]]:
    return [(line(one.name or ""), one.email) for one in to if one.email]
