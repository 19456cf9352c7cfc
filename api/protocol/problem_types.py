"""All problem types: status, title, and the advice that its page shows."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A problem type. `advice`: what it means and how to fix it."""

    status: int
    title: str
    advice: str


PROBLEM_TYPES: Mapping[str, ProblemType] = {
    "bad_cursor": ProblemType(
        400,
        "Unusable cursor",
        "A cursor is valid only for the user, the address, the filters and the sort order for which it was made. Start "
        "the list again without `cursor`.",
    ),
    "bad_request": ProblemType(
        400,
        "Unreadable request",
        "The request could not be read. Compare it with the documentation at /docs, then send it again.",
    ),
    "unauthorized": ProblemType(
        401,
        "Not signed in",
        "Send `Authorization: Bearer <token>` with the token of a session, or a personal token, that has not expired. "
        "POST /v1/sessions opens a session.",
    ),
    "forbidden": ProblemType(
        403,
        "Not allowed",
        "The token does not have the scopes that this operation needs. Use a token that has them.",
    ),
    "not_for_agents": ProblemType(
        403,
        "Not for assistants",
        "The token was made for an assistant. It cannot change the account, its tokens, sessions, webhooks, calendar "
        "feeds or mail settings, erase people, or import and export. Do that signed in, or with a token that is not of "
        "an assistant.",
    ),
    "csrf": ProblemType(
        403,
        "CSRF token missing or wrong",
        "A write with a session cookie needs the header X-CSRF-Token. Send the `csrf_token` of the session in it.",
    ),
    "cookie_cross_site": ProblemType(
        403,
        "Cookie of another site",
        "A browser sends the session cookie only from pages of the same site as the API; `localhost` and `127.0.0.1` "
        "are two sites. Open the page and the API with the same host name, or use a bearer token.",
    ),
    "origin_not_allowed": ProblemType(
        403,
        "Origin not allowed",
        "Only frontends on the origins in AFTERWORD_CORS_ORIGINS may use cookies. Send a bearer token instead, or ask "
        "the operator to add the origin.",
    ),
    "account_disabled": ProblemType(
        403,
        "Account disabled",
        "The operator of this server has disabled the account. Its data, sessions and tokens are kept. Ask the "
        "operator to enable it.",
    ),
    "sign_up_closed": ProblemType(
        403,
        "Sign-up closed",
        "Only the operator opens accounts on this server. Ask the operator for one.",
    ),
    "webhooks_off": ProblemType(
        403,
        "No webhooks here",
        "This server sends nothing to webhooks. Its operator can set AFTERWORD_WEBHOOKS=on.",
    ),
    "not_found": ProblemType(
        404,
        "Not found",
        "You have nothing at this address. Check the id. The response is the same for objects of other users.",
    ),
    "method_not_allowed": ProblemType(
        405,
        "Method not allowed",
        "This address does not support the method. Use one of those in the `Allow` header.",
    ),
    "not_acceptable": ProblemType(
        406,
        "Not acceptable",
        "The answer is not available in a format that you accept. Accept one of the formats that `detail` names.",
    ),
    "request_timeout": ProblemType(
        408,
        "Body too slow",
        "The body did not arrive in time. Send the request again, over a faster connection.",
    ),
    "conflict": ProblemType(
        409,
        "Conflict",
        "The request contradicts the stored data. Read the object again and change the request.",
    ),
    "id_taken": ProblemType(
        409,
        "Id taken",
        "You already have an object with this id, maybe the one you wanted to create. Read it, restore it if it is "
        "deleted, or send another id.",
    ),
    "email_taken": ProblemType(
        409,
        "E-mail address taken",
        "There is already an account for this e-mail address. Sign in, or use another address.",
    ),
    "quota_exceeded": ProblemType(
        409,
        "Quota exceeded",
        "`quota` names the quota of your account that is reached, `used` what is there and `limit` what may be. "
        "`detail` says what to do. Reading and deleting always work. GET /v1/me/usage shows all quotas.",
    ),
    "mail_not_configured": ProblemType(
        409,
        "No mail server",
        "This server sends no mails, neither links nor reminders. The operator can set AFTERWORD_SMTP_URL and "
        "AFTERWORD_PUBLIC_URL.",
    ),
    "no_public_url": ProblemType(
        409,
        "No public address",
        "Each mail has a link to unsubscribe, and this server does not know its own address. The operator can set "
        "AFTERWORD_PUBLIC_URL.",
    ),
    "email_not_confirmed": ProblemType(
        409,
        "E-mail address not confirmed",
        "Nothing is mailed to an address that is not confirmed. Send POST /v1/me/email-confirmation, and open the link "
        "in the mail.",
    ),
    "refused_by_mail_server": ProblemType(
        409,
        "E-mail address refused",
        "The mail server refused your address for good on three days. Confirm it again with POST "
        "/v1/me/email-confirmation, or change it with PUT /v1/me/email.",
    ),
    "webhook_disabled": ProblemType(
        409,
        "Webhook switched off",
        "Nothing is sent to a webhook that is switched off. Switch it on with PATCH and `enabled: true`.",
    ),
    "letter_sent": ProblemType(
        409,
        "Letter already sent",
        "A sent letter cannot be changed. Only `sent_at`, `channel` and `delivered_at` can be corrected, with PATCH.",
    ),
    "last_stage": ProblemType(
        409,
        "Last entry of the stage history",
        "The stage history of an application must not be empty. Change this entry, or add another one first.",
    ),
    "contact_erased": ProblemType(
        409,
        "Contact erased",
        "An erased contact cannot be filled again. Record a new one.",
    ),
    "changed_since": ProblemType(
        409,
        "Changed since",
        "What the write left was changed or is used since, so undoing it would lose that. The problem says what was "
        "changed, when and by whom. Undo the later write first, or change the object by hand.",
    ),
    "step_closed": ProblemType(
        409,
        "Step closed",
        "A closed step is not in the queue, so it cannot be snoozed. Reopen it first.",
    ),
    "import_not_ready": ProblemType(
        409,
        "Import not ready",
        "Only a draft without open questions can run. Read the import, answer its `questions` with PATCH, then run it.",
    ),
    "import_running": ProblemType(
        409,
        "Import running",
        "One import of an account runs at a time. Wait until it has finished, or stop it with DELETE.",
    ),
    "not_undoable": ProblemType(
        409,
        "Not undoable",
        "An import can be undone once, within 30 days after it has run.",
    ),
    "confirmation_required": ProblemType(
        409,
        "Confirmation required",
        "Send the same request again within ten minutes, with the `confirmation` of this problem as a parameter.",
    ),
    "not_a_session": ProblemType(
        409,
        "Not a session",
        "This operation needs the token of a session, not a personal token. Revoke personal tokens at /v1/tokens.",
    ),
    "response_erased": ProblemType(
        410,
        "Response erased",
        "The first request with this Idempotency-Key took effect, and nothing happened now. Its response showed a "
        "person who was erased since, so it is not repeated. Read the object instead, at `Location` if it is new.",
    ),
    "precondition_failed": ProblemType(
        412,
        "Changed in the meantime",
        "If-Match names another version. `current` shows the object as it is now, and the `ETag` header its version. "
        "Send the change again with that ETag.",
    ),
    "payload_too_large": ProblemType(
        413,
        "Body too large",
        "Send a smaller body. GET /v1/meta shows the limits as `body_bytes` and, where no token is needed, "
        "`open_body_bytes`.",
    ),
    "unsupported_media_type": ProblemType(
        415,
        "Unsupported media type",
        "Send the body with `Content-Type: application/json`, not compressed. PATCH also accepts "
        "`application/merge-patch+json`.",
    ),
    "invalid": ProblemType(
        422,
        "Invalid input",
        "`errors` names each invalid field and says what to send instead. Nothing was stored.",
    ),
    "idempotency_key_reused": ProblemType(
        422,
        "Idempotency key reused",
        "This key was sent before with another body. Send that body again to get its response, or use a new key.",
    ),
    "record_the_fact": ProblemType(
        422,
        "Record the fact instead",
        "Steps 6 and 7 cannot be ticked by hand. Record the call or the search activity at the address in `detail`.",
    ),
    "too_many_requests": ProblemType(
        429,
        "Too many requests",
        "Wait for the number of seconds in `Retry-After`, then send the request again.",
    ),
    "headers_too_large": ProblemType(
        431,
        "Headers too large",
        "Send fewer or shorter headers. All headers together may have 64 KiB.",
    ),
    "not_http": ProblemType(
        400,
        "Not an HTTP request",
        "The data cannot be parsed as an HTTP request. Check the line ends, the header names and the lengths.",
    ),
    "internal": ProblemType(
        500,
        "Server error",
        "This is a fault of the server. Report it with the `request_id`.",
    ),
    "unavailable": ProblemType(
        503,
        "Temporarily unavailable",
        "Send the same request again after the number of seconds in `Retry-After`.",
    ),
    "storage_full": ProblemType(
        507,
        "Storage full",
        "The server has no space to store data. Reads still work. Try the write again later.",
    ),
}
