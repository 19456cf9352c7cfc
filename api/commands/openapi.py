"""`afterword openapi`."""

import json
import tempfile
from pathlib import Path

import typer

from api.http.openapi.document import build_openapi
from api.main import create_app
from api.settings import Settings

app = typer.Typer()


@app.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    with tempfile.TemporaryDirectory() as folder:
        application = create_app(Settings(database_url=f"sqlite:///{Path(folder) / 'none.db'}"))
        print(json.dumps(build_openapi(application), indent=2, ensure_ascii=False))  # noqa: T201  # this is the output
        application.state.database.dispose()
