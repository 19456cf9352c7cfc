"""A frontend of another origin on the same site in a browser: session cookie, CSRF token and CORS."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.browser.chromium import CHROMIUM, opened
from tests.conftest import World
from tests.http.test_accounts import SIGN_UP, sign_up_cheaply
from tests.served import served

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: no frontend was tested in a browser"),
]
APPLICATION = {"company": "Acme", "role": "Engineer"}
PAGE = """<!doctype html><meta charset="utf-8"><pre id="told">not yet</pre><script>
const api = "API", told = [];
async function ask(method, path, body, headers = {}) {
  try {
    const answer = await fetch(api + path, {
      method, credentials: "include", body: body && JSON.stringify(body),
      headers: {...(body ? {"Content-Type": "application/json"} : {}), ...headers},
    });
    const text = await answer.text();
    const shown = {status: answer.status, etag: answer.headers.get("etag"), body: text ? JSON.parse(text) : null};
    told.push(shown);
    return shown.body;
  } catch (error) {
    told.push({status: error.name});
    return {};
  }
}
(async () => {
  STORY
  told.push({cookies: document.cookie});
  document.getElementById("told").textContent = JSON.stringify(told);
})();
</script>"""
SIGN_IN = 'await ask("POST", "/v1/sessions", CREDENTIALS);'
READ = 'await ask("GET", "/v1/me");'
WRITE = f'await ask("POST", "/v1/applications", {json.dumps(APPLICATION)}'
WITH_PROOF = '{"X-CSRF-Token": current.csrf_token, "Idempotency-Key": "once"});'
CURRENT = 'const current = await ask("GET", "/v1/sessions/current");'
SIGN_OUT = 'await ask("DELETE", "/v1/sessions/current", null, {"X-CSRF-Token": current.csrf_token});'


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without writing a log."""

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@contextmanager
def frontend(folder: Path) -> Iterator[int]:
    """Serve a folder on this machine; yields the port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def told_by(url: str, folder: Path) -> list[dict[str, Any]]:
    shown, _ = opened(url, folder)
    text = re.search(r'<pre id="told">(.*?)</pre>', shown, re.DOTALL)
    assert text is not None, shown
    found: list[dict[str, Any]] = json.loads(unescape(text[1]))
    return found


def test_a_frontend_on_another_port_signs_in_and_writes_only_with_its_csrf_token(
    make_world: Callable[..., World], tmp_path: Path
) -> None:
    with frontend(tmp_path) as port:
        world = make_world(cors_origins=(f"http://localhost:{port}",))
        sign_up_cheaply(world)
        with served(world) as (_, api):
            credentials = {"email": SIGN_UP["email"], "password": SIGN_UP["password"], "cookie": True}
            stories = {
                "first": [SIGN_IN, READ, f"{WRITE});"],
                "later": [CURRENT, f"{WRITE});", f"{WRITE}, {WITH_PROOF}"],
                "stranger": [SIGN_IN, READ, CURRENT, f"{WRITE}, {WITH_PROOF}"],
                "last": [CURRENT, SIGN_OUT, READ],
            }
            for name, story in stories.items():
                page = PAGE.replace("API", f"http://localhost:{api}").replace("STORY", "\n  ".join(story))
                (tmp_path / f"{name}.html").write_text(page.replace("CREDENTIALS", json.dumps(credentials)))
            here, elsewhere = f"http://localhost:{port}", f"http://127.0.0.1:{port}"
            first = told_by(f"{here}/first.html", tmp_path)
            later = told_by(f"{here}/later.html", tmp_path)
            stranger = told_by(f"{elsewhere}/stranger.html", tmp_path)
            last = told_by(f"{here}/last.html", tmp_path)
    signed_in, me, forged, cookies = first
    assert (signed_in["status"], signed_in["body"]["token"]) == (201, None)
    assert (me["status"], me["body"]["email"], me["etag"]) == (200, "kim@example.com", me["body"]["etag"])
    assert (forged["status"], forged["body"]["code"]) == (403, "csrf")
    assert cookies == {"cookies": ""}
    current, without, with_proof, _ = later
    assert current["body"]["csrf_token"] == signed_in["body"]["csrf_token"]
    assert without["status"] == 403
    assert (with_proof["status"], with_proof["body"]["company"]) == (201, "Acme")
    assert [one.get("status") for one in stranger[:-1]] == ["TypeError"] * 4
    assert [one.get("status") for one in last[:-1]] == [200, 204, 401]
