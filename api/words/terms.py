"""The normal form in which texts are compared: of filters on text, and of the columns that they read.

Both databases store it, so they answer alike. Their own functions differ: SQLite changes the case of A to Z only, and
what PostgreSQL does depends on the locale of the server.
"""

import unicodedata

PLAIN = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ı": "i",
        "’": "'",
        "‘": "'",
        "ʼ": "'",
        "‐": "-",
        "–": "-",
    }
)
DROPPED = ("Mn", "Cf")  # marks such as accents, and characters that are not shown, such as marks of direction


def fold(text: str) -> str:
    """Return a text without differences of case, accents, width and encoding: "Ąbc", "ＡＢＣ" and "abc" are the same.

    It can be empty, and up to 18 times as long as the text: one character can stand for a whole phrase.
    """
    if text.isascii():
        return text.lower()
    lower = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(character for character in lower if unicodedata.category(character) not in DROPPED)
    return unicodedata.normalize("NFC", kept.translate(PLAIN))
