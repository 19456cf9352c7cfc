"""Password resets: requests, and the hashes of the secrets that were mailed."""

from typing import Annotated

from pydantic import Field

from api.models.base import NO_NUL, Body, Flag, KnownEmail
from api.models.type_notes import Expects
from api.models.user import CHOICE, Password


class PasswordResetCreate(Body):
    """The address of the account whose password was forgotten."""

    email: KnownEmail


class PasswordResetConfirm(Body):
    """A new password, and the secret from the mail."""

    token: Annotated[
        str,
        Field(max_length=100, json_schema_extra={"format": "password"}),
        NO_NUL,
        Expects("the secret from the link in the mail, such as awr_0a1B2c3D"),
    ]
    password: Annotated[Password, Field(description=CHOICE)]
    end_tokens: Annotated[Flag, Field(description="End the personal tokens too, not only the sessions.")] = False
