"""The interactive docs. All their files are served from here, so they load without Internet access.

They use no database, so they take no place among the requests that do: a browser asks for six of them at once, and
the share of an unknown client is two. One thread makes their answers.
"""

import re
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, TypeVar

from anyio import to_thread
from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from api.errors import NotFoundError
from api.http.openapi.document import build_openapi
from api.http.routes import OPEN, Routes
from api.http.static_files import IMMUTABLE, REVALIDATED, StaticFile

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE = "page.html"
OURS = Path(__file__).with_name("docs_page")
MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".png": "image/png"}
NAMES = ("docs.js", "docs.css", "swagger-ui-bundle.js", "swagger-ui.css", "favicon.png")
Made = TypeVar("Made")
routes = Routes("docs")


def _swagger_ui() -> Path:
    """Return the folder of the scripts in the package fastapi-offline, without importing it."""
    spec = find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise RuntimeError("The package fastapi-offline is missing: install the requirements again.")
    return Path(spec.origin).parent / "static"


@cache
def _file(name: str) -> StaticFile:
    own = OURS / name
    content = (own if own.is_file() else _swagger_ui() / name).read_bytes()
    return StaticFile(content, MEDIA_TYPES[own.suffix])


@cache
def _page() -> str:
    """Return the page; the addresses of its files contain their hashes, so that browsers may keep them."""
    page = (OURS / PAGE).read_text(encoding="utf-8")
    return re.sub(r"FILES/([\w.-]+)", lambda found: f"/docs/files/{found[1]}?v={_file(found[1]).digest}", page)


def document_of(app: FastAPI) -> StaticFile:
    """Return the OpenAPI document. It is built once a day, because one of its examples is a date in the future."""
    state, now = app.state, app.state.clock()
    day, made = getattr(state, "openapi", (None, None))
    if made is None or day != now.date():
        made = StaticFile(bytes(JSONResponse(build_openapi(app, now)).body), "application/json")
        state.openapi = (now.date(), made)
    return made


async def in_thread(app: FastAPI, make: Callable[[], Made]) -> Made:
    """Return what the thread of the docs makes, one thing after another, so that nothing is built twice."""
    return await to_thread.run_sync(make, limiter=app.state.docs_limiter)


@routes.get("/openapi.json", include_in_schema=False, scopes=OPEN)
async def openapi(request: Request) -> Response:
    """Read the OpenAPI document."""
    return await in_thread(request.app, lambda: document_of(request.app).response(request))


@routes.get("/docs", include_in_schema=False, scopes=OPEN, any_query=True)
async def swagger(request: Request) -> Response:
    """Explore and try the API in Swagger UI."""
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": REVALIDATED}
    return await in_thread(request.app, lambda: HTMLResponse(_page(), headers=headers))


@routes.get("/docs/files/{name}", include_in_schema=False, scopes=OPEN)
async def docs_file(
    request: Request, name: str, v: Annotated[str | None, Query(description="The hash of the file.")] = None
) -> Response:
    """Read a file of the page. With its hash as `v`, browsers keep it for a year."""
    if name not in NAMES:
        raise NotFoundError

    def make() -> Response:
        file = _file(name)
        return file.response(request, cache_control=IMMUTABLE if v == file.digest else REVALIDATED)

    return await in_thread(request.app, make)


@routes.get("/redoc", include_in_schema=False, scopes=OPEN, any_query=True)
async def redoc() -> RedirectResponse:
    """Redirect to the docs, which show the reference too."""
    return RedirectResponse("/docs", status_code=308)
