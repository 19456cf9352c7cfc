"""The docs in a real browser with the network cut: they show every operation and ask nobody outside."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--enable-logging=stderr",
    "--log-level=0",
    "--virtual-time-budget=20000",
    "--window-size=1300,1600",
    "--dump-dom",
]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of the demo, started the way a user starts it."""
    command = [sys.executable, "-m", "api", "demo", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        line = demo.stdout.readline()
        yield line.removeprefix("Docs:").strip().removesuffix("/docs")
        demo.terminate()


def opened(url: str, folder: Path) -> tuple[str, list[str], set[str]]:
    """Return the page as it is shown, the console's lines, and the hosts that the page asked."""
    log = folder / "net.json"
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={folder / 'profile'}", f"--log-net-log={log}", url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    console = [line for line in done.stderr.splitlines() if ":CONSOLE:" in line]
    of_the_page = [line for line in log.read_text(encoding="utf-8").splitlines() if '"initiator":"http' in line]
    asked = set(re.findall(r'"url":"(?:https?|wss?)://([^/"]+)', "\n".join(of_the_page)))
    return done.stdout, console, asked


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: the docs were not looked at in a browser")
@pytest.mark.parametrize("page", ["docs", "redoc"])
def test_the_docs_load_with_the_network_cut(page: str, address: str, tmp_path: Path) -> None:
    shown, console, asked = opened(f"{address}/{page}", tmp_path)
    assert console == []
    assert {host.partition(":")[0] for host in asked} == {"127.0.0.1"}
    document = json.loads((Path(__file__).parents[2] / "openapi" / "openapi.json").read_text(encoding="utf-8"))
    for tag in document["tags"]:
        assert tag["name"] in shown
    assert "Everything that comes after a job interview" in shown
