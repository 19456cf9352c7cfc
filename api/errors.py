"""Expected failures as exceptions with a problem code; `api.http.problems` turns them into problem documents."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

MAX_NAME_LENGTH = 400


@dataclass(frozen=True, slots=True)
class FieldError:
    """An error in the input. `where` is `pointer` (a JSON Pointer into the body), `parameter` or `header`."""

    where: str
    name: str
    code: str
    detail: str

    def document(self) -> dict[str, str]:
        """Return the entry for a problem's `errors`.

        The name of an unknown field is the only input that a response repeats. It is shortened, and characters that are
        not printable are replaced.
        """
        name = "".join(c if c.isprintable() else "\ufffd" for c in self.name[:MAX_NAME_LENGTH])
        return {self.where: name, "code": self.code, "detail": self.detail}


class ProblemError(Exception):
    """An expected failure. `detail` says in one sentence how to fix it; it never repeats the input."""

    code: ClassVar[str] = "internal"

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})
        self.problem = code or self.code


class InlineReadError(Exception):
    """The event loop cannot run this read: it would have to wait, to write, or to read too many rows."""


class NotFoundError(ProblemError):
    """This user has no such object; whether another user has it makes no difference."""

    code = "not_found"

    def __init__(self, *, errors: Sequence[FieldError] = ()) -> None:
        super().__init__("You have nothing at this address: check the address and the id.", errors=errors)


class InvalidError(ProblemError):
    """The input breaks a rule."""

    code = "invalid"

    @classmethod
    def at(cls, pointer: str, code: str, detail: str) -> "InvalidError":
        """Return the error of one field of the body."""
        return cls(detail, errors=[FieldError("pointer", pointer, code, detail)])

    @classmethod
    def parameter(cls, name: str, code: str, detail: str) -> "InvalidError":
        """Return the error of one query parameter."""
        return cls(detail, errors=[FieldError("parameter", name, code, detail)])


class ConflictError(ProblemError):
    """The request contradicts the stored data."""

    code = "conflict"


class QuotaExceededError(ConflictError):
    """A quota of the account is reached; the problem says which, and what is used of it."""

    code = "quota_exceeded"

    def __init__(self, detail: str, quota: str, used: int, limit: int) -> None:
        super().__init__(detail, extra={"quota": quota, "used": used, "limit": limit})


class UnauthorizedError(ProblemError):
    """There is no valid token or cookie."""

    code = "unauthorized"

    def __init__(self, detail: str = "Send a valid token: Authorization: Bearer <token>.") -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer realm="afterword"'})


class NotForAgentsError(ProblemError):
    """The token of an assistant is used for something that only people and their own apps may do."""

    code = "not_for_agents"

    def __init__(self) -> None:
        super().__init__("An assistant may not do this: do it yourself, signed in or with a token of your own.")


class BadCursorError(ProblemError):
    """The cursor was not made for this user, address, filters and sort order."""

    code = "bad_cursor"

    def __init__(self) -> None:
        detail = "Send the next_cursor of the previous page with the same filters and sort, or start without a cursor."
        super().__init__(detail, errors=[FieldError("parameter", "cursor", "bad_cursor", detail)])


class PreconditionFailedError(ProblemError):
    """The object has changed since the caller read it; `current` is the object now."""

    code = "precondition_failed"

    def __init__(self, current: object, etag: str) -> None:
        super().__init__(
            "The object has changed since you read it: compare with `current`, then send If-Match with its ETag.",
            headers={"ETag": etag},
            extra={"current": current},
        )


class UnavailableError(ProblemError):
    """The database does not answer in time; the same request can be sent again."""

    code = "unavailable"

    def __init__(self, detail: str = "The database is busy: try again after a moment.") -> None:
        super().__init__(detail, headers={"Retry-After": "1"})


class TooManyRequestsError(ProblemError):
    """The limit of calls or attempts is reached; `wait`: until the next one is possible."""

    code = "too_many_requests"

    def __init__(self, wait: timedelta) -> None:
        seconds = max(1, math.ceil(wait.total_seconds()))
        number, unit = (seconds, "second") if seconds < 120 else (math.ceil(seconds / 60), "minute")
        long = f"{number} {unit}{'' if number == 1 else 's'}"
        super().__init__(f"Too many requests: wait {long}, then try again.", headers={"Retry-After": str(seconds)})


class StorageFullError(ProblemError):
    """The disk of the database is full."""

    code = "storage_full"

    def __init__(self) -> None:
        super().__init__("The server has no space to store this: try again later.", headers={"Retry-After": "60"})


class ReplayedError(Exception):
    """Not a failure: the stored response to an earlier request with the same Idempotency-Key."""

    def __init__(self, status: int, headers: Mapping[str, str], body: str) -> None:
        super().__init__(status)
        self.status = status
        self.headers = {**headers, "Idempotency-Replayed": "true"}
        self.body = body


class ResponseErasedError(ProblemError):
    """The stored response to an Idempotency-Key showed a person who was erased since; `location`: the new object."""

    code = "response_erased"

    def __init__(self, location: str | None) -> None:
        where = f"read {location}" if location else "read the object again"
        super().__init__(
            "The first request with this Idempotency-Key took effect, but its response showed a person who was erased "
            f"since: {where}. With another key the request would take effect a second time.",
            headers={"Location": location} if location else {},
        )


class NotModifiedError(Exception):
    """Not a failure: the caller has the current version. `vary`: the response header."""

    def __init__(self, etag: str, vary: str | None = None) -> None:
        super().__init__(etag)
        self.headers = {"ETag": etag, **({"Vary": vary} if vary else {})}


class ForbiddenError(ProblemError):
    """The token or cookie is valid, but does not allow this request."""

    code = "forbidden"


class AccountDisabledError(ForbiddenError):
    """The operator has disabled the account."""

    code = "account_disabled"

    def __init__(self) -> None:
        super().__init__("This account is disabled: ask the operator of this server to enable it.")
