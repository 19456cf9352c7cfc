"""The docs in a browser without a network: they show every group of operations and request no other host."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import CHROMIUM, opened
from tests.browser.devtools import driven

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: the docs were not tested in a browser"),
]
# Open an operation whose group is open or not, send its example, and return the status and the JSON of the response.
EXECUTE = """
const until = async (find, what) => {
  const end = Date.now() + 60000;
  for (;;) {
    const found = find();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what} did not appear`);
    await new Promise((done) => setTimeout(done, 50));
  }
};
const shown = (selector) => until(() => document.querySelector(selector), selector);
const execute = async (tag, name) => {
  const group = await shown(`#operations-tag-${tag}`);
  if (group.dataset.isOpen === "false") group.click();
  const operation = `#operations-${tag}-${name}`;
  (await shown(`${operation} .opblock-summary-control`)).click();
  (await shown(`${operation} .execute`)).click();
  const status = await shown(`${operation} .live-responses-table .response-col_status`);
  const body = document.querySelector(`${operation} .live-responses-table .highlight-code`);
  return { status: parseInt(status.textContent), body: body ? body.textContent : "" };
};
"""


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


def test_the_docs_load_without_a_network(address: str, tmp_path: Path) -> None:
    shown, console, asked = visited(f"{address}/docs", tmp_path)
    assert console == []
    assert {host.partition(":")[0] for host in asked} == {"localhost"}
    document = json.loads((Path(__file__).parents[2] / "openapi" / "openapi.json").read_text(encoding="utf-8"))
    for tag in document["tags"]:
        assert tag["name"] in shown
    assert "Everything that comes after a job interview" in shown


def test_a_person_signs_up_signs_in_and_reads_the_queue_with_the_examples_of_the_page(
    address: str, tmp_path: Path
) -> None:
    with driven(f"{address}/docs", tmp_path) as page:
        told = {}
        for tag, name in (
            ("account", "create_user"),
            ("account", "create_session"),
            ("applications", "create_application"),
            ("queue", "list_queue"),
        ):
            told[name] = page.run(f"{EXECUTE} return execute('{tag}', '{name}');")
        note = page.run('return document.getElementById("sign-in-note").textContent;')
        schemes = page.run(
            f"{EXECUTE} document.querySelector('.btn.authorize').click(); await shown('.auth-container');"
            "return [...document.querySelectorAll('.auth-container h4 code')].map((one) => one.textContent);"
        )
    assert [one["status"] for one in told.values()] == [201, 201, 201, 200], told
    assert "the token of this session" in note
    assert schemes == ["bearer"]


def test_the_filter_finds_operations_by_their_words(address: str, tmp_path: Path) -> None:
    with driven(f"{address}/docs", tmp_path) as page:
        found = page.run(
            f"{EXECUTE} await shown('.opblock-tag-section'); const field = await shown('.operation-filter-input');"
            "const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;"
            "set.call(field, 'Sessions post'); field.dispatchEvent(new Event('input', {bubbles: true}));"
            "await until(() => document.querySelectorAll('.opblock-tag-section').length === 1, 'one group');"
            "return document.querySelector('.opblock-tag').id;"
        )
    assert found == "operations-tag-account"


def test_the_page_of_a_phone_is_not_wider_than_its_screen(address: str, tmp_path: Path) -> None:
    with driven(f"{address}/docs", tmp_path) as page:
        page.resize(390, 844)
        wide = page.run(
            f"{EXECUTE} await shown('.opblock-tag'); await execute('about', 'get_root');"
            "return document.documentElement.scrollWidth - innerWidth;"
        )
    assert wide <= 0
