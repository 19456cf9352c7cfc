"""Letters from the user's own templates, which can insert known names but cannot run code.

Jinja parses a template. Every node that is not text, `{{ name }}` or `{% if name %}…{% else %}…{% endif %}` with a
known name is refused, so that the time to fill it in grows linearly with its length. Inserted values are never parsed.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import LiteralString

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from api.rules.facts import Moment
from api.rules.sentences import ends_sentence
from api.words.catalogue import Catalogue
from api.words.letter_sheet import line
from api.words.letters import CLOSE, CLOSE_WITHDRAWAL, PIECES, Part
from api.words.material import Conversation, Draft, Paragraph, Person

MAX_NESTED, MAX_TAGS = 5, 100
LONG_TAG = re.compile(r"\{[{%](?:(?!\}\}|%\}).){60}", re.DOTALL)
STOP = re.compile(r"\.(?![.\w])")
GAP = re.compile(r"\n[^\S\n]*\n\s*")
Word = Callable[[Conversation, Sequence[Person], Catalogue], str | None]
ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined,
    autoescape=False,  # The result is plain text; HTML pages escape it.
)


class TemplateFaultError(Exception):
    """A template that cannot be used. `detail` says how to fix it, and does not quote the template."""

    def __init__(self, code: LiteralString, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Filled(str):
    """The text inserted for a name; `piece` is its paragraph if the name is a part of the composed letter."""

    __slots__ = ("piece",)
    piece: Paragraph | None

    def __new__(cls, text: str, piece: Paragraph | None = None) -> "Filled":
        """Strip the lines of a text, drop empty ones, and attach the paragraph."""
        filled = super().__new__(cls, "\n".join(filter(None, map(str.strip, text.splitlines()))))
        filled.piece = piece
        return filled

    def __str__(self) -> "Filled":  # Jinja calls str(value)
        """Return the same object, so that `piece` is kept."""
        return self


def _since(moment: Moment | None, talk: Conversation, words: Catalogue) -> str | None:
    return words.since(moment, talk.zone_at(moment.date, moment.time)) if moment else None


def _until(moment: Moment | None, talk: Conversation, words: Catalogue) -> str | None:
    return words.until(moment, talk.zone_at(moment.date, moment.time)) if moment else None


def _named(people: Sequence[Person], words: Catalogue) -> str | None:
    names = [one.printed if words.says_honorifics else one.name for one in people]
    return words.listed(known) if (known := [name for name in names if name]) else None


WORDS: dict[str, Word] = {
    "company": lambda talk, _to, _words: talk.company,
    "role": lambda talk, _to, _words: talk.role,
    "full_name": lambda talk, _to, _words: talk.me,
    "date": lambda talk, _to, words: words.day(talk.start.date()),
    "date_and_time": lambda talk, _to, words: words.moment(
        talk.start, talk.zone_at(talk.start.date(), talk.start.time())
    ),
    "interviewers": lambda talk, _to, words: _named(talk.interviewers, words),
    "recipients": lambda _talk, to, words: _named(to, words),
    "next_stage": lambda talk, _to, _words: talk.next_stage,
    "contact_from": lambda talk, _to, words: _since(talk.contact_from, talk, words),
    "contact_by": lambda talk, _to, words: _until(talk.contact_by, talk, words),
    "hear_by": lambda talk, _to, words: _until(talk.hear_by, talk, words),
    "why_role": lambda talk, _to, _words: talk.why_role,
    "why_company": lambda talk, _to, _words: talk.why_company,
}
NAMES = (*WORDS, *PIECES)
ALLOWED = f"Use only text, {{{{ name }}}} and {{% if name %}}…{{% else %}}…{{% endif %}} with {', '.join(NAMES)}."


@dataclass(frozen=True, slots=True)
class OwnTemplate:
    """A user's template: the kind of letter, the subject and the body."""

    kind: str
    subject: str | None
    body: str


def names_in(source: str) -> list[str]:
    """Return the names that a template uses, in order of first use. Raises TemplateFaultError."""
    if source.count("{{") + source.count("{%") > MAX_TAGS:
        raise TemplateFaultError("template_too_many_tags", f"Use at most {MAX_TAGS} tags.")
    if found := LONG_TAG.search(source):
        detail = f"Line {source.count(chr(10), 0, found.start()) + 1}: a tag is too long. {ALLOWED}"
        raise TemplateFaultError("template_not_allowed", detail)
    try:
        tree = ENVIRONMENT.parse(source)
    except TemplateSyntaxError as error:
        detail = f"Line {error.lineno}: a tag is incomplete or unknown. {ALLOWED}"
        raise TemplateFaultError("template_syntax", detail) from None
    except RecursionError:
        raise TemplateFaultError("template_too_deep", f"Tags are nested too deeply. {ALLOWED}") from None
    return list(dict.fromkeys(_names(tree.body, 0, 1)))


def _names(found: Sequence[nodes.Node], depth: int, above: int) -> Iterator[str]:
    """Yield the names in a tree of nodes. Raises TemplateFaultError for a node that is not allowed."""
    for node in found:
        number = node.lineno or above  # some nodes have no line number
        match node:
            case nodes.TemplateData():
                pass
            case nodes.Output():
                yield from _names(node.nodes, depth, number)
            case nodes.Name(name=name, ctx="load"):
                if name not in NAMES:
                    raise TemplateFaultError("template_unknown_name", f"Line {number}: unknown name. {ALLOWED}")
                yield name
            case nodes.If(test=nodes.Name(), elif_=[]) if depth < MAX_NESTED:
                yield from _names([node.test], depth, number)
                yield from _names([*node.body, *node.else_], depth + 1, number)
            case nodes.If() if depth >= MAX_NESTED:
                detail = f"Line {number}: nest at most {MAX_NESTED} conditions."
                raise TemplateFaultError("template_too_deep", detail)
            case _:
                raise TemplateFaultError("template_not_allowed", f"Line {number}: this is not allowed. {ALLOWED}")


def compose_own(
    own: OwnTemplate, talk: Conversation, recipients: Sequence[Person], words: Catalogue, longest: int
) -> Draft:
    """Fill in a template. Raises TemplateFaultError, also if the result has more than `longest` characters.

    A paragraph that is exactly one part of the composed letter keeps its role; others have the role `template`. Both
    name the source notes of the parts in them. Empty paragraphs are left out.
    """
    asked = dict.fromkeys([*names_in(own.subject or ""), *names_in(own.body)])
    missing: list[str] = []
    values = {name: _value(own.kind, name, talk, recipients, words, missing) for name in asked}
    subject = line("".join(_filled(own.subject, values, longest))) if own.subject else ""
    paragraphs = tuple(_paragraphs(list(_filled(own.body, values, longest))))
    if not paragraphs:
        detail = "This template gives an empty letter: add text of your own, or record the facts that it uses."
        raise TemplateFaultError("template_empty", detail)
    named = subject or words.subject(own.kind, role=talk.role)
    return Draft(named, paragraphs, tuple(dict.fromkeys(missing)))


def _value(
    kind: str, name: str, talk: Conversation, to: Sequence[Person], words: Catalogue, missing: list[str]
) -> Filled:
    """Return the text for a name, and append the names of facts that are missing to `missing`."""
    if name in WORDS:
        text = WORDS[name](talk, to, words)
        if not text:
            missing.append(name)
        return Filled(text or "")
    part: Part = CLOSE_WITHDRAWAL if kind == "withdrawal" and PIECES[name] is CLOSE else PIECES[name]
    piece = None
    for found in part(talk, to, words):
        if isinstance(found, Paragraph):
            piece = found
        else:
            missing.append(found)
    return Filled(piece.text if piece else "", piece)


def _filled(source: str, values: Mapping[str, Filled], longest: int) -> Iterator[str]:
    """Yield the pieces of a filled template; after a value that ends a sentence, a full stop is left out."""
    length, has_ended = 0, False
    for piece in ENVIRONMENT.from_string(source).generate(**values):
        is_value = isinstance(piece, Filled)
        text = piece[1:] if has_ended and not is_value and STOP.match(piece) else piece
        if text:
            has_ended = is_value and ends_sentence(text)
        length += len(text)
        if length > longest:
            detail = f"This template would give more than {longest:,} characters: use each name once."
            raise TemplateFaultError("template_too_long", detail)
        yield text


def _paragraphs(texts: Sequence[str]) -> Iterator[Paragraph]:
    """Split a filled template at empty lines, and attach to each paragraph the source notes of its parts."""
    spans, end = [], 0
    for text in texts:
        if isinstance(text, Filled) and text.piece is not None and text:
            spans.append((end, end + len(text), text.piece))
        end += len(text)
    whole, start = "".join(texts), 0
    for gap in [*(found.span() for found in GAP.finditer(whole)), (end, end)]:
        text = whole[start : gap[0]].strip()
        pieces = [piece for first, last, piece in spans if first < gap[0] and last > start]
        if text:
            is_piece = len(pieces) == 1 and text == Filled(pieces[0].text)
            notes = dict.fromkeys(id_ for piece in pieces for id_ in piece.source_note_ids)
            yield Paragraph(text, pieces[0].role if is_piece else "template", tuple(notes))
        start = gap[1]
