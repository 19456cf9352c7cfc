"""The picture in the README is the one that the API draws. `python -m tests.docs.test_picture` writes it again."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from fastapi.testclient import TestClient

from api import demo
from api.http.examples import APPLICATION
from api.main import create_app
from api.settings import Settings

ROOT = Path(__file__).parents[2]
PICTURE = "docs/images/timeline.svg"
NOW = datetime(2026, 3, 4, 17, tzinfo=UTC)  # so that the dates are those of the other examples in the README


def drawn(folder: Path) -> str:
    """Return the timeline of the demo account's first application."""
    app = create_app(Settings(database_url=f"sqlite:///{folder / 'demo.db'}"), clock=lambda: NOW)
    app.state.database.migrate()
    headers = {"Authorization": f"Bearer {demo.build(app.state.database, NOW)}"}
    with TestClient(app, headers=headers) as client:
        picture = client.get(f"/v1/applications/{APPLICATION}/timeline", params={"format": "svg"}).text
    app.state.database.dispose()
    return f"{picture}\n"


def test_the_picture_is_what_the_api_draws(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"]({PICTURE})" in readme
    assert (ROOT / PICTURE).read_text(encoding="utf-8") == drawn(tmp_path), "run `python -m tests.docs.test_picture`"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        (ROOT / PICTURE).write_text(drawn(Path(temporary)), encoding="utf-8")
