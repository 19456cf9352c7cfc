"""Hostile texts, sent wherever a text may stand: in every field, query parameter and header.

Kinds that some are fine as: `line` (one line of at most some hundred characters), `text` (several lines), `password`,
`search` (what a list is searched for), `template` and `template-line` (of a letter, to be filled in). Length is judged
by the field, so it is not said here. A field with a pattern takes what is fine as a line and matches.
"""

from tests.hostile.inputs import MARK, Input, said

PLAIN = ("line", "text", "password", "search")
ANY = (*PLAIN, "template", "template-line")
LONG = ("text", "password", "template")

BROKEN = [
    said("nul", f"{MARK}\x00", breaks=True),
    said("nul-alone", "\x00", breaks=True),
    said("half-a-pair-high", f"{MARK}\ud800", breaks=True),
    said("half-a-pair-low", f"\udfff{MARK}", breaks=True),
    said("a-pair-the-wrong-way-round", f"{MARK}\ude00\ud83d", breaks=True),
]
CONTROLS = [
    said("start-of-heading", f"{MARK}\x01", "password"),
    said("bell", f"{MARK}\x07", "password"),
    said("backspaces", f"{MARK}\x08\x08\x08", "password"),
    said("vertical-tab", f"{MARK}\x0b{MARK}", "password"),
    said("form-feed", f"{MARK}\x0c{MARK}", "password"),
    said("escape-clears-the-terminal", f"{MARK}\x1b[2J{MARK}", "password"),
    said("unit-separator", f"{MARK}\x1f{MARK}", "password"),
    said("delete", f"{MARK}\x7f{MARK}", "password"),
    said("next-line-of-c1", f"{MARK}\x85{MARK}", "password"),
    said("control-sequence-of-c1", f"{MARK}\x9b31m{MARK}", "password"),
    said("no-character-fffe", f"{MARK}\ufffe{MARK}", "password", "search"),
    said("no-character-ffff", f"{MARK}\uffff{MARK}", "password", "search"),
]
LINES = [
    said("newline", f"{MARK}\n{MARK}", *LONG),
    said("carriage-return", f"{MARK}\r{MARK}", *LONG),
    said("a-header-of-its-own", f"{MARK}\r\nSet-Cookie: a={MARK}", *LONG),
    said("an-answer-of-its-own", f"{MARK}\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{MARK}", *LONG),
    said("tab", f"{MARK}\t{MARK}", *LONG),
    said("line-separator", f"{MARK}\u2028{MARK}", *LONG, "search"),
    said("paragraph-separator", f"{MARK}\u2029{MARK}", *LONG, "search"),
]
DIRECTIONS = [
    said("override-right-to-left", f"{MARK}\u202egpj.exe", *LONG, "search"),
    said("override-left-to-right", f"{MARK}\u202d{MARK}", *LONG, "search"),
    said("embedding-never-closed", f"{MARK}\u202b{MARK}", *LONG, "search"),
    said("isolate-never-closed", f"{MARK}\u2067{MARK}", *LONG, "search"),
    said("pop-without-a-push", f"\u202c\u2069{MARK}", *LONG, "search"),
    said("mark-of-direction", f"{MARK} \u200fשלום", *ANY),
    said("right-to-left-words", f"شركة {MARK}", *ANY),
]
EMPTY = said("empty", "", "password", "search")
BLANK = [
    EMPTY,
    said("spaces", "   ", "password", "search"),
    said("other-spaces", "\u00a0\u2003\u3000", "password", "search"),
    said("only-zero-width", "\u200b\u200d\ufeff", "password", "search"),
]
LENGTHS = [
    said("a-million-characters", MARK + "a" * 1_000_000, breaks=True),
    said("a-hundred-thousand-characters", MARK + "a" * 100_000, breaks=True),
    said("one-more-than-any-text", MARK + "a" * 20_000),
    said("two-hundred-beyond-the-basic-plane", "\U00010400" * 200, *ANY),
    said("two-hundred-that-fold-to-three-each", "\u0390" * 200, *ANY),
    said("accents-without-end", MARK + "a" + "\u0301" * 4_000, *ANY),
]
INJECTIONS = [
    said("sql-quote", f"{MARK}'; DROP TABLE note; --", *ANY),
    said("sql-always-true", f"{MARK}' OR '1'='1", *ANY),
    said("sql-wildcards", f"%_\\{MARK}", *ANY),
    said("html", f"<script>alert('{MARK}')</script>", *ANY),
    said("html-attribute", f'"><img src=x onerror={MARK}>', *ANY),
    said("template-of-jinja", f"{{{{ 7 * 7 }}}}{MARK}", *PLAIN),
    said("template-of-a-logger", f"${{jndi:ldap://{MARK}}}", *ANY),
    said("format-of-c", f"%s%n%x{MARK}", *ANY),
    said("format-of-python", f"{{0.__class__}}{MARK}", *ANY),
    said("formula-of-a-spreadsheet", f'=HYPERLINK("http://x/{MARK}")', *ANY),
    said("shell", f"$(touch /tmp/{MARK}); `id` | cat", *ANY),
    said("path-upwards", f"../../etc/passwd{MARK}", *ANY),
    said("pointer-of-json", f"~1{MARK}~0/0", *ANY),
    said("null-as-text", "null", *ANY),
    said("number-as-text", "12345678901234567890123", *ANY),
    said("object-as-text", f'{{"{MARK}": 1}}', *ANY),
    said("emoji-of-several", f"👩🏽‍💻{MARK}", *ANY),
    said("dotted-capital-i", f"İ{MARK}", *ANY),
    said("byte-order-mark-within", f"{MARK}\ufeff{MARK}", *ANY),
    said("private-use", f"{MARK}\ue000", *ANY),
]
TEXTS: tuple[Input, ...] = (*BROKEN, *CONTROLS, *LINES, *DIRECTIONS, *BLANK, *LENGTHS, *INJECTIONS)
