"""The page on notifications shows a digest as it is. `python -m tests.docs.test_notifications` writes it again."""

import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from fastapi.testclient import TestClient

from api import demo
from api.main import create_app
from api.models.notification import NotificationsUpdate, Unavailable
from api.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "notifications.md"
NOW = datetime(2026, 3, 4, 13, tzinfo=UTC)  # eight in New York
SHOWN = re.compile(r"(?<=^```text\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)


def digest(folder: Path) -> str:
    """Return the digest of the demo account."""
    app = create_app(Settings(database_url=f"sqlite:///{folder / 'demo.db'}"), clock=lambda: NOW)
    app.state.database.migrate()
    headers = {"Authorization": f"Bearer {demo.build(app.state.database, NOW)}"}
    with TestClient(app, headers=headers) as client:
        said = client.get("/v1/me/digest", params={"format": "text"}).text
    app.state.database.dispose()
    return said


def test_the_digest_is_the_one_of_the_demo_account(tmp_path: Path) -> None:
    (shown,) = SHOWN.findall(PAGE.read_text(encoding="utf-8"))
    assert shown == digest(tmp_path), "run `python -m tests.docs.test_notifications`"


def test_the_page_names_every_setting_and_every_reason() -> None:
    page = PAGE.read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+)`", "\n".join(re.findall(r"^\| (`[^|]*) \|", page, re.MULTILINE))))
    assert named == {*NotificationsUpdate.model_fields, *Unavailable, "unavailable"}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        text = digest(Path(temporary))
    PAGE.write_text(SHOWN.sub(lambda _: text, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
