"""Idempotency keys: two requests are the same if key, address, body and the form of the response are equal."""

import hashlib
import re
from dataclasses import dataclass

from api.errors import FieldError, InvalidError

KEY = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A request with an Idempotency-Key.

    `key`: hash of method, path and key. `request`: hash of the body and of the form of the response.
    """

    key: str
    request: str

    @classmethod
    def of(cls, key: str, method: str, path: str, body: bytes, *, form: str = "") -> "IdempotentRequest":
        """Hash a request. `form`: of the response, empty for the usual one.

        Raises InvalidError if the key is not 1 to 255 visible ASCII characters.
        """
        if not KEY.fullmatch(key):
            detail = "Send an Idempotency-Key of 1 to 255 visible ASCII characters, such as a UUID."
            raise InvalidError(detail, errors=[FieldError("header", "Idempotency-Key", "unusable_key", detail)])
        address = f"{method} {path}\n{key}".encode()
        return cls(hashlib.sha256(address).hexdigest(), hashlib.sha256(body + form.encode()).hexdigest())
