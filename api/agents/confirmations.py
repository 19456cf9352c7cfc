"""Acts that need a person's yes, and the codes by which a refused call is repeated after it.

A code is valid for ten minutes, for one token, one act and exactly these arguments. It prevents slips; it does not stop
an assistant that was misled.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.agents.render import Answer, refused

SECONDS = 600
CODE = re.compile(r"(\d{1,12})\.([0-9a-f]{10})", re.ASCII)
NOT_COUNTED = ("confirm", "dry_run")
DECLINED = "The user did not agree: nothing was changed."


@dataclass
class NeedsYes(Exception):  # noqa: N818  # it is a question, not an error
    """An act that needs the user's yes.

    `act`: a short name. `message`: what would be done, with its effects, what people wrote delimited. `code`: sent as
    `confirm` with the same arguments, it says yes. `effects`: of the API.
    """

    act: str
    message: str
    code: str
    effects: Sequence[Mapping[str, Any]] = ()

    def __str__(self) -> str:
        return self.act


def counted(arguments: Mapping[str, object]) -> dict[str, object]:
    """Return the arguments that make a call the same call."""
    return {name: value for name, value in arguments.items() if name not in NOT_COUNTED}


def canonical(*parts: object) -> str:
    """Return the one text of equal values, to be hashed."""
    return json.dumps(parts, sort_keys=True, separators=(",", ":"))


def code_for(
    act: str, arguments: Mapping[str, object], *, token_id: str, secret: str, now: datetime, until: int | None = None
) -> str:
    """Return the code for an act of a token with these arguments. `until`: Unix time, by default in ten minutes."""
    until = int(now.timestamp()) + SECONDS if until is None else until
    message = canonical(token_id, act, counted(arguments), until)
    key = hashlib.sha256(secret.encode()).digest()
    return f"{until}.{hmac.new(key, message.encode(), hashlib.sha256).hexdigest()[:10]}"


def is_valid(
    code: str, act: str, arguments: Mapping[str, object], *, token_id: str, secret: str, now: datetime
) -> bool:
    """Tell whether a code is for this act of this token with these arguments, and not older than ten minutes."""
    found = CODE.fullmatch(code)
    if found is None:
        return False
    until = int(found[1])
    if not now.timestamp() < until <= now.timestamp() + SECONDS + 1:
        return False
    expected = code_for(act, arguments, token_id=token_id, secret=secret, now=now, until=until)
    return hmac.compare_digest(expected, code)


def refusal(needs: NeedsYes) -> Answer:
    """Return the answer for a client that cannot ask its user itself."""
    return refused(
        f"{needs.message}\nNothing was changed yet. Ask the user. If they say yes within ten minutes, send the same "
        f"call again with confirm={needs.code}"
    )
