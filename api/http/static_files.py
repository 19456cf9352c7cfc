"""Files that are the same for everybody: from memory, with an ETag, and compressed once instead of for each request."""

from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

from fastapi import Request, Response

from api.errors import NotModifiedError
from api.http.compression import MIN_BYTES, accepts_gzip, gzipped
from api.http.headers import preconditions

LEVEL = 6
VARY = "Accept-Encoding"
REVALIDATED = "no-cache"  # stored, but asked for each time: 304 if it is unchanged
IMMUTABLE = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class StaticFile:
    """A file and its media type."""

    content: bytes
    media_type: str

    @cached_property
    def digest(self) -> str:
        """A hash of the content."""
        return blake2b(self.content, digest_size=12).hexdigest()

    @cached_property
    def compressed(self) -> bytes | None:
        """The file as gzip; None if it is small or an image, which is compressed already."""
        is_text = not self.media_type.startswith("image/")
        return gzipped(self.content, LEVEL) if is_text and len(self.content) >= MIN_BYTES else None

    def response(self, request: Request, *, cache_control: str = REVALIDATED) -> Response:
        """Return the file, compressed if the client accepts gzip. Raises NotModifiedError if the client has it.

        Each of the two forms has a strong ETag of its own.
        """
        if self.compressed is None:
            return self._as(request, self.content, self.digest, {"Cache-Control": cache_control})
        headers = {"Cache-Control": cache_control, "Vary": VARY}
        if not accepts_gzip(request):
            return self._as(request, self.content, self.digest, headers)
        return self._as(request, self.compressed, f"{self.digest}-gzip", {**headers, "Content-Encoding": "gzip"})

    def _as(self, request: Request, content: bytes, name: str, headers: dict[str, str]) -> Response:
        tag = f'"{name}"'
        if preconditions(request).is_not_modified(tag):
            error = NotModifiedError(tag, headers.get("Vary"))
            error.headers["Cache-Control"] = headers["Cache-Control"]
            raise error
        return Response(content, media_type=self.media_type, headers={**headers, "ETag": tag})
