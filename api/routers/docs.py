"""The interactive docs. All their files are served from here, so they load without Internet access."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from api.http.openapi.document import build_openapi
from api.http.routes import OPEN, Routes

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self' data:; worker-src blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SWAGGER = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Afterword: try it</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/docs/files/favicon.png"><link rel="stylesheet" href="/docs/files/swagger-ui.css"></head>
<body><div id="docs"></div>
<script src="/docs/files/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>
"""
START = """SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#docs", deepLinking: true, persistAuthorization: false, docExpansion: "none",
  displayRequestDuration: true, tryItOutEnabled: true, filter: true, validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset].filter(Boolean)
});
"""
REDOC = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Afterword: reference</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/docs/files/favicon.png"><style>body { margin: 0 }</style></head>
<body><div id="docs"></div>
<script src="/redoc/redoc.js"></script><script src="/redoc/start.js"></script></body></html>
"""
REDOC_START = """Redoc.init("/openapi.json", {disableSearch: true, hideDownloadButtons: false, nativeScrollbars: true},
  document.getElementById("docs"));
"""
routes = Routes("docs")


def _files() -> Path:
    """Return the folder of the scripts in the package fastapi-offline, without importing it."""
    spec = find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise RuntimeError("The package fastapi-offline is missing: install the requirements again.")
    return Path(spec.origin).parent / "static"


@routes.get("/openapi.json", include_in_schema=False, scopes=OPEN)
def openapi(request: Request) -> Response:
    """Read the OpenAPI document. It is built once a day, because one of its examples is a date in the future."""
    state, now = request.app.state, request.app.state.clock()
    day, made = getattr(state, "openapi", (None, b""))
    if day != now.date():
        made = JSONResponse(build_openapi(request.app, now)).body
        state.openapi = (now.date(), made)
    return Response(made, media_type="application/json")


def _page(html: str) -> HTMLResponse:
    return HTMLResponse(html, headers={"Content-Security-Policy": POLICY})


@routes.get("/docs", include_in_schema=False, scopes=OPEN)
async def swagger() -> HTMLResponse:
    """Explore and try the API in Swagger UI."""
    return _page(SWAGGER)


@routes.get("/docs/start.js", include_in_schema=False, scopes=OPEN)
async def swagger_start() -> Response:
    """Start Swagger UI. It is a separate file, so that the policy need not allow inline scripts."""
    return Response(START, media_type="text/javascript")


@routes.get("/redoc", include_in_schema=False, scopes=OPEN)
async def redoc() -> HTMLResponse:
    """Read the reference in ReDoc."""
    return _page(REDOC)


@routes.get("/redoc/start.js", include_in_schema=False, scopes=OPEN)
async def redoc_start() -> Response:
    """Start ReDoc."""
    return Response(REDOC_START, media_type="text/javascript")


@cache
def _redoc_script() -> str:
    """Return ReDoc's script without the one image that it would load from another host."""
    script = (_files() / "redoc.standalone.js").read_text(encoding="utf-8")
    return script.replace("https://cdn.redoc.ly/redoc/logo-mini.svg", "/docs/files/favicon.png")


@routes.get("/redoc/redoc.js", include_in_schema=False, scopes=OPEN)
def redoc_script() -> Response:
    """Read the script of ReDoc."""
    return Response(_redoc_script(), media_type="text/javascript")


files = Mount("/docs/files", StaticFiles(directory=_files()), name="docs-files")
