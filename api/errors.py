"""What can go wrong, as classes with a fixed code: raised anywhere, turned into problem documents in one place."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

MAX_NAME_LENGTH = 400


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with the input. `where` is `pointer` (JSON Pointer into the body), `parameter` or `header`."""

    where: str
    name: str
    code: str
    detail: str

    def document(self) -> dict[str, str]:
        """Return the entry of a problem's `errors`.

        The name of an unknown field is the only input that is ever answered: shortened, without what does not print.
        """
        name = "".join(c if c.isprintable() else "\ufffd" for c in self.name[:MAX_NAME_LENGTH])
        return {self.where: name, "code": self.code, "detail": self.detail}


class ProblemError(Exception):
    """An expected failure. `detail` is one sentence that says how to mend it; it never repeats the input."""

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
    """The event loop cannot read this at once: it would have to wait, to write, or to read too many rows."""


class NotFoundError(ProblemError):
    """There is no such thing for this user, whether or not another user has it."""

    code = "not_found"

    def __init__(self, *, errors: Sequence[FieldError] = ()) -> None:
        super().__init__("There is nothing at this address, or it is not yours: check the id.", errors=errors)


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
    """The request contradicts what is stored."""

    code = "conflict"


class UnauthorizedError(ProblemError):
    """Nobody we know asks."""

    code = "unauthorized"

    def __init__(self, detail: str = "Send a valid token: Authorization: Bearer <token>.") -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer realm="afterword"'})


class BadCursorError(ProblemError):
    """A cursor that we did not make for this user and these filters."""

    code = "bad_cursor"

    def __init__(self) -> None:
        detail = "Use the next_cursor of the page before, with the same filters and sort, or start without a cursor."
        super().__init__(detail, errors=[FieldError("parameter", "cursor", "bad_cursor", detail)])


class PreconditionFailedError(ProblemError):
    """The object changed since the caller read it; `current` shows it as it stands."""

    code = "precondition_failed"

    def __init__(self, current: object, etag: str) -> None:
        super().__init__(
            "The object has changed since you read it: look at `current`, then send If-Match with its ETag.",
            headers={"ETag": etag},
            extra={"current": current},
        )


class UnavailableError(ProblemError):
    """The database cannot answer in time; the same request may be sent again."""

    code = "unavailable"

    def __init__(self, detail: str = "The database is busy: send the request again after a moment.") -> None:
        super().__init__(detail, headers={"Retry-After": "1"})


class TooManyRequestsError(ProblemError):
    """This was tried too often."""

    code = "too_many_requests"

    def __init__(self, wait: timedelta) -> None:
        seconds = max(1, math.ceil(wait.total_seconds()))
        unit = f"{seconds} seconds" if seconds < 120 else f"{math.ceil(seconds / 60)} minutes"
        super().__init__(
            f"This was tried too often: wait {unit}, then try again.", headers={"Retry-After": str(seconds)}
        )


class StorageFullError(ProblemError):
    """There is no room left to write."""

    code = "storage_full"

    def __init__(self) -> None:
        super().__init__("The server has no room left to store this: try again later.", headers={"Retry-After": "60"})


class ReplayedError(Exception):
    """Not a failure: the request was answered before, and this was the answer."""

    def __init__(self, status: int, headers: Mapping[str, str], body: str) -> None:
        super().__init__(status)
        self.status = status
        self.headers = {**headers, "Idempotency-Replayed": "true"}
        self.body = body


class NotModifiedError(Exception):
    """Not a failure: the caller's copy is still right."""

    def __init__(self, etag: str, vary: str | None = None) -> None:
        super().__init__(etag)
        self.headers = {"ETag": etag, **({"Vary": vary} if vary else {})}


class ForbiddenError(ProblemError):
    """We know who asks, and this token may not do it."""

    code = "forbidden"
