"""What can go wrong, in words: every kind of problem with its status, its title and its remedy."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem: its status, its title, and what to do about it."""

    status: int
    title: str
    advice: str


PROBLEM_TYPES: Mapping[str, ProblemType] = {
    "bad_cursor": ProblemType(
        400,
        "Unusable cursor",
        "A cursor belongs to one user, one address, its filters and sort. Start the list again without one.",
    ),
    "bad_request": ProblemType(
        400,
        "Unreadable request",
        "The request could not be read. Send it again in the documented form.",
    ),
    "unauthorized": ProblemType(
        401,
        "Not signed in",
        "Send `Authorization: Bearer <token>` with a session's or a personal token that has not expired. POST "
        "/v1/sessions signs in.",
    ),
    "forbidden": ProblemType(
        403,
        "Not allowed",
        "The token's scopes do not cover this. Use a token that may do it.",
    ),
    "csrf": ProblemType(
        403,
        "Cookie without its proof",
        "A write with a cookie needs the header X-CSRF-Token with the `csrf_token` of the session.",
    ),
    "origin_not_allowed": ProblemType(
        403,
        "Origin not allowed",
        "Cookies work for frontends on origins in AFTERWORD_CORS_ORIGINS; use a token as bearer elsewhere.",
    ),
    "sign_up_closed": ProblemType(
        403,
        "Sign-up closed",
        "The operator opens accounts here: ask for one.",
    ),
    "not_found": ProblemType(
        404,
        "Not found",
        "Nothing of yours is at this address. Check the id; what another user has does not exist for you.",
    ),
    "method_not_allowed": ProblemType(
        405,
        "Method not allowed",
        "The `Allow` header names the methods of this address.",
    ),
    "not_acceptable": ProblemType(
        406,
        "Not acceptable",
        "The answer exists in other formats only.",
    ),
    "request_timeout": ProblemType(
        408,
        "Body too slow",
        "The body did not arrive in time: send the request again, faster.",
    ),
    "conflict": ProblemType(
        409,
        "Conflict",
        "The request contradicts what is stored. Read the object again.",
    ),
    "id_taken": ProblemType(
        409,
        "Id taken",
        "You have an object of this id already: it may be the one you wanted to create. Read it.",
    ),
    "email_taken": ProblemType(
        409,
        "Address taken",
        "There is an account for this e-mail address. Sign in.",
    ),
    "letter_sent": ProblemType(
        409,
        "Letter already sent",
        "A sent letter stays as it is; sent_at, channel and delivered_at can be corrected with PATCH.",
    ),
    "last_stage": ProblemType(
        409,
        "Last line of history",
        "An application has at least one line of stage history. Change it, or add another first.",
    ),
    "contact_erased": ProblemType(
        409,
        "Contact erased",
        "An erased contact stays blank. Record a new one.",
    ),
    "step_closed": ProblemType(
        409,
        "Step closed",
        "A closed step is not in the queue. Reopen it first.",
    ),
    "confirmation_required": ProblemType(
        409,
        "Confirm this",
        "Send the same request again with the `confirmation` of this problem, within ten minutes.",
    ),
    "not_a_session": ProblemType(
        409,
        "Not a session",
        "A personal token is no session. Revoke it at /v1/tokens.",
    ),
    "precondition_failed": ProblemType(
        412,
        "Changed in the meantime",
        "If-Match names another version. `current` shows the object as it stands; its ETag is in the header.",
    ),
    "payload_too_large": ProblemType(
        413,
        "Body too large",
        "Send a smaller body.",
    ),
    "unsupported_media_type": ProblemType(
        415,
        "Unsupported media type",
        "Send `Content-Type: application/json`; for PATCH also `application/merge-patch+json`.",
    ),
    "invalid": ProblemType(
        422,
        "Invalid input",
        "`errors` names each field, with what to send instead. Nothing was written.",
    ),
    "idempotency_key_reused": ProblemType(
        422,
        "Idempotency key reused",
        "A key belongs to one request. Send the same body again to get its answer, or a new key.",
    ),
    "record_the_fact": ProblemType(
        422,
        "Record the fact instead",
        "A call and a search are not ticked but recorded, at the address that the problem names.",
    ),
    "too_many_applications": ProblemType(
        422,
        "Too many live applications",
        "Close or delete some applications first.",
    ),
    "too_many_requests": ProblemType(
        429,
        "Too many requests",
        "Wait as long as `Retry-After` says.",
    ),
    "headers_too_large": ProblemType(
        431,
        "Headers too large",
        "Send fewer or shorter headers: all of them may take 64 KiB.",
    ),
    "not_http": ProblemType(
        400,
        "No HTTP request",
        "What arrived cannot be read as an HTTP request: check line ends, header names and lengths.",
    ),
    "internal": ProblemType(
        500,
        "Fault of the server",
        "The fault is ours. Quote the request_id when you report it.",
    ),
    "unavailable": ProblemType(
        503,
        "Unavailable for a moment",
        "Send the same request again after the time in `Retry-After`.",
    ),
    "storage_full": ProblemType(
        507,
        "No room left",
        "The server cannot store anything at the moment. Reading works.",
    ),
}
