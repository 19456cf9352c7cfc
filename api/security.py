"""Secrets: password hashes, and opaque tokens with a prefix and check digits, of which only a hash is kept."""

import hashlib
import secrets
import string
import zlib
from functools import cache

from pwdlib import PasswordHash

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
SECRET_LENGTH = 43
CHECK_LENGTH = 6
SESSION_PREFIX = "aws_"
PERSONAL_PREFIX = "awp_"


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _decoy() -> str:
    return _hasher().hash(secrets.token_urlsafe())


def hash_password(password: str) -> str:
    """Return an argon2 hash; takes a few tenths of a second of processor time."""
    return _hasher().hash(password)


def verify_password(password: str, stored: str | None) -> bool:
    """Compare a password; where there is none stored, take as long and say no."""
    return _hasher().verify(password, stored or _decoy()) and stored is not None


def new_token(prefix: str) -> str:
    """Return a secret: prefix, 256 bits of randomness, six check digits."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH))
    return prefix + body + _check_digits(prefix + body)


def looks_like_token(token: str) -> bool:
    """Tell whether prefix, length and check digits are right, without asking the database."""
    body, digits = token[:-CHECK_LENGTH], token[-CHECK_LENGTH:]
    length = len(SESSION_PREFIX) + SECRET_LENGTH + CHECK_LENGTH
    known = token.startswith((SESSION_PREFIX, PERSONAL_PREFIX)) and token.isascii()
    return known and len(token) == length and _check_digits(body) == digits


def hash_token(token: str) -> str:
    """Return what is kept of a token: it has 256 random bits, so a plain SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def _check_digits(text: str) -> str:
    number = zlib.crc32(text.encode())
    digits = ""
    for _ in range(CHECK_LENGTH):
        number, rest = divmod(number, len(ALPHABET))
        digits += ALPHABET[rest]
    return digits
