"""Hostile texts for every field and query parameter.

Kinds in `fine_as`: `line` (one line of at most a few hundred characters), `text` (several lines), `password`, `search`
(the search text of a list), `template` and `template-line` (templates of letters). The length is checked against the
field's bounds, not stated here. A field with a pattern accepts a text that is fine as a line and matches the pattern.
"""

from tests.hostile.inputs import MARK, Input, text_input

PLAIN = ("line", "text", "password", "search")
ANY = (*PLAIN, "template", "template-line")
LONG = ("text", "password", "template")

BROKEN = [
    text_input("nul", f"{MARK}\x00", breaks=True),
    text_input("nul-alone", "\x00", breaks=True),
    text_input("a-lone-high-surrogate", f"{MARK}\ud800", breaks=True),
    text_input("a-lone-low-surrogate", f"\udfff{MARK}", breaks=True),
    text_input("surrogates-in-the-wrong-order", f"{MARK}\ude00\ud83d", breaks=True),
]
CONTROLS = [
    text_input("start-of-heading", f"{MARK}\x01", "password"),
    text_input("bell", f"{MARK}\x07", "password"),
    text_input("backspaces", f"{MARK}\x08\x08\x08", "password"),
    text_input("vertical-tab", f"{MARK}\x0b{MARK}", "password"),
    text_input("form-feed", f"{MARK}\x0c{MARK}", "password"),
    text_input("escape-clears-the-terminal", f"{MARK}\x1b[2J{MARK}", "password"),
    text_input("unit-separator", f"{MARK}\x1f{MARK}", "password"),
    text_input("delete", f"{MARK}\x7f{MARK}", "password"),
    text_input("next-line-of-c1", f"{MARK}\x85{MARK}", "password"),
    text_input("control-sequence-of-c1", f"{MARK}\x9b31m{MARK}", "password"),
    text_input("noncharacter-fffe", f"{MARK}\ufffe{MARK}", "password", "search"),
    text_input("noncharacter-ffff", f"{MARK}\uffff{MARK}", "password", "search"),
]
LINES = [
    text_input("newline", f"{MARK}\n{MARK}", *LONG),
    text_input("carriage-return", f"{MARK}\r{MARK}", *LONG),
    text_input("a-header-injection", f"{MARK}\r\nSet-Cookie: a={MARK}", *LONG),
    text_input("a-response-injection", f"{MARK}\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{MARK}", *LONG),
    text_input("tab", f"{MARK}\t{MARK}", *LONG),
    text_input("line-separator", f"{MARK}\u2028{MARK}", *LONG, "search"),
    text_input("paragraph-separator", f"{MARK}\u2029{MARK}", *LONG, "search"),
]
DIRECTIONS = [
    text_input("override-right-to-left", f"{MARK}\u202egpj.exe", *LONG, "search"),
    text_input("override-left-to-right", f"{MARK}\u202d{MARK}", *LONG, "search"),
    text_input("embedding-never-closed", f"{MARK}\u202b{MARK}", *LONG, "search"),
    text_input("isolate-never-closed", f"{MARK}\u2067{MARK}", *LONG, "search"),
    text_input("pop-without-a-push", f"\u202c\u2069{MARK}", *ANY),
    text_input("mark-of-direction", f"{MARK} \u200fשלום", *ANY),
    text_input("right-to-left-words", f"شركة {MARK}", *ANY),
]
EMPTY = text_input("empty", "", "password", "search")
BLANK = [
    EMPTY,
    text_input("spaces", "   ", "password", "search"),
    text_input("other-spaces", "\u00a0\u2003\u3000", "password", "search"),
    text_input("only-zero-width", "\u200b\u200d\ufeff", "password", "search"),
]
LENGTHS = [
    text_input("a-million-characters", MARK + "a" * 1_000_000, breaks=True),
    text_input("a-hundred-thousand-characters", MARK + "a" * 100_000, breaks=True),
    text_input("one-more-than-any-text", MARK + "a" * 20_000),
    text_input("two-hundred-beyond-the-basic-plane", "\U00010400" * 200, *ANY),
    text_input("two-hundred-that-fold-to-three-each", "\u0390" * 200, *ANY),
    text_input("four-thousand-accents", MARK + "a" + "\u0301" * 4_000, *ANY),
]
INJECTIONS = [
    text_input("sql-quote", f"{MARK}'; DROP TABLE note; --", *ANY),
    text_input("sql-always-true", f"{MARK}' OR '1'='1", *ANY),
    text_input("sql-wildcards", f"%_\\{MARK}", *ANY),
    text_input("html", f"<script>alert('{MARK}')</script>", *ANY),
    text_input("html-attribute", f'"><img src=x onerror={MARK}>', *ANY),
    text_input("template-of-jinja", f"{{{{ 7 * 7 }}}}{MARK}", *PLAIN),
    text_input("template-of-a-logger", f"${{jndi:ldap://{MARK}}}", *ANY),
    text_input("format-of-c", f"%s%n%x{MARK}", *ANY),
    text_input("format-of-python", f"{{0.__class__}}{MARK}", *ANY),
    text_input("formula-of-a-spreadsheet", f'=HYPERLINK("http://x/{MARK}")', *ANY),
    text_input("shell", f"$(touch /tmp/{MARK}); `id` | cat", *ANY),
    text_input("path-upwards", f"../../etc/passwd{MARK}", *ANY),
    text_input("pointer-of-json", f"~1{MARK}~0/0", *ANY),
    text_input("null-as-text", "null", *ANY),
    text_input("number-as-text", "12345678901234567890123", *ANY),
    text_input("object-as-text", f'{{"{MARK}": 1}}', *ANY),
    text_input("emoji-of-several", f"👩🏽‍💻{MARK}", *ANY),
    text_input("dotted-capital-i", f"İ{MARK}", *ANY),
    text_input("byte-order-mark-within", f"{MARK}\ufeff{MARK}", *ANY),
    text_input("private-use", f"{MARK}\ue000", *ANY),
]
TEXTS: tuple[Input, ...] = (*BROKEN, *CONTROLS, *LINES, *DIRECTIONS, *BLANK, *LENGTHS, *INJECTIONS)
