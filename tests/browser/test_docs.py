"""The docs in a browser without a network: they show every group of operations and request no other host."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import CHROMIUM, opened

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The URL of the demo server, started by its command."""
    command = [sys.executable, "-m", "api", "demo", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        line = demo.stdout.readline()
        yield line.removeprefix("Docs:").strip().removesuffix("/docs")
        demo.terminate()


def visited(url: str, folder: Path) -> tuple[str, list[str], set[str]]:
    """Return the DOM of a page, the lines of the console, and the hosts that the page requested."""
    log = folder / "net.json"
    shown, console = opened(url, folder, f"--log-net-log={log}")
    of_the_page = [line for line in log.read_text(encoding="utf-8").splitlines() if '"initiator":"http' in line]
    asked = set(re.findall(r'"url":"(?:https?|wss?)://([^/"]+)', "\n".join(of_the_page)))
    return shown, console, asked


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: the docs were not tested in a browser")
@pytest.mark.parametrize("page", ["docs", "redoc"])
def test_the_docs_load_without_a_network(page: str, address: str, tmp_path: Path) -> None:
    shown, console, asked = visited(f"{address}/{page}", tmp_path)
    assert console == []
    assert {host.partition(":")[0] for host in asked} == {"127.0.0.1"}
    document = json.loads((Path(__file__).parents[2] / "openapi" / "openapi.json").read_text(encoding="utf-8"))
    for tag in document["tags"]:
        assert tag["name"] in shown
    assert "Everything that comes after a job interview" in shown
