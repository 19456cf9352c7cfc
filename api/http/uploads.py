"""Files in the bodies of requests: of which kind they are, and how large each kind may be."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from api.errors import InvalidError
from api.http.admission import BodyError
from api.http.headers import single_header
from api.http.strict_route import UnsupportedMediaTypeError
from api.models.import_answers import ImportKind
from api.services.imports.files import most_bytes

KINDS: dict[str, ImportKind] = {
    "text/csv": "csv",
    "text/tab-separated-values": "csv",
    "application/jsonl": "jsonl",
    "application/x-ndjson": "jsonl",
    "text/calendar": "calendar",
}
ACCEPTED = ", ".join(KINDS)
REQUEST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file as it is, not a form.",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}} for kind in KINDS if kind != "application/x-ndjson"
        },
    }
}


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded file."""

    kind: ImportKind
    content: bytes


async def _upload(request: Request) -> Upload:
    """Return the body as a file. Raises UnsupportedMediaTypeError, BodyError if it is too large."""
    sent = (single_header(request, "Content-Type") or "").partition(";")[0].strip().lower()
    kind = KINDS.get(sent)
    if kind is None:
        zipped = " Of an archive, send the file in it." if "zip" in sent else ""
        detail = f"Send the file as it is, with its type in Content-Type: {ACCEPTED}.{zipped}"
        raise UnsupportedMediaTypeError(detail, headers={"Accept-Post": ACCEPTED})
    content = await request.body()
    if not content:
        raise InvalidError.at("", "empty_file", "Send the file as the body of the request: it is empty.")
    if content.startswith(b"PK\x03\x04"):
        raise InvalidError("This is an archive: send the CSV file in it, such as Job Applications.csv.")
    if len(content) > most_bytes(request.app.state.settings, kind):
        raise BodyError("payload_too_large")
    return Upload(kind, content)


UploadDep = Annotated[Upload, Depends(_upload)]
