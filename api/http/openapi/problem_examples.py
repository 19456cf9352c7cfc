"""An example of a problem for each status, as the demo account gets it."""

from typing import Any

from api.http import examples
from api.http.problems import problem_document

NOTE = f"/v1/notes/{examples.POSITIVE}"
# status: code, instance, detail, and what else the problem has
PROBLEMS: dict[int, tuple[str, str, str, dict[str, Any]]] = {
    400: (
        "bad_cursor",
        "/v1/queue",
        "Send the next_cursor of the previous page with the same filters and sort, or start without a cursor.",
        {"errors": [{"parameter": "cursor", "code": "bad_cursor", "detail": "Send the next_cursor of the page."}]},
    ),
    401: ("unauthorized", "/v1/queue", "Send a valid token: Authorization: Bearer <token>.", {}),
    403: (
        "forbidden",
        "/v1/contacts",
        "This token does not have the scope contacts:write: use one that has it.",
        {"missing_scopes": ["contacts:write"]},
    ),
    404: ("not_found", NOTE, "You have nothing at this address: check the address and the id.", {}),
    406: ("not_acceptable", NOTE, "Ask for one of the formats of this address in Accept or format.", {}),
    409: (
        "id_taken",
        "/v1/applications",
        "This id is in use: leave the id out, or send a new one.",
        {"errors": [{"pointer": "/id", "code": "id_taken", "detail": "This id is in use."}]},
    ),
    410: (
        "response_erased",
        "/v1/applications",
        "The first request was done, and its response showed a contact who was erased since: read the object instead.",
        {},
    ),
    412: (
        "precondition_failed",
        NOTE,
        "The object has changed since you read it: compare with `current`, then send If-Match with its ETag.",
        {"current": {"id": examples.POSITIVE, "version": 2, "text": "They liked my portfolio"}},
    ),
    413: ("payload_too_large", "/v1/applications", "Send a body of at most 262,144 bytes.", {}),
    415: ("unsupported_media_type", "/v1/applications", "Send JSON with Content-Type: application/json.", {}),
    422: (
        "invalid",
        "/v1/applications",
        'Send a text on one line such as "Larkfield Press".',
        {
            "errors": [
                {"pointer": "/company", "code": "blank", "detail": 'Send a text on one line such as "Larkfield Press".'}
            ]
        },
    ),
    429: ("too_many_requests", "/v1/queue", "Send this request again in 12 seconds.", {}),
    503: ("unavailable", "/v1/queue", "The database is busy: try again after a moment.", {}),
    507: ("storage_full", "/v1/applications", "The server has no space to store this: try again later.", {}),
}


def problem_example(status: int) -> dict[str, object]:
    """Return the example of a status."""
    code, instance, detail, more = PROBLEMS[status]
    request_id = examples.demo_id(999)
    return problem_document(code, detail, request_id=request_id, instance=instance, **more)
