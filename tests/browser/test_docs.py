"""The docs in a browser without a network: they show every group of operations and request no other host."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from api.models.event import EventType
from tests.browser.chromium import CHROMIUM
from tests.browser.devtools import DrivenPage, driven

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: the docs were not tested in a browser"),
]
# Functions that wait until a condition is true. `execute` sends the example of an operation and returns the status and
# the body of the response; `open` opens it only.
WAIT = """
const until = async (find, what) => {
  const end = Date.now() + 20000;
  for (;;) {
    const found = find();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what} did not appear`);
    await new Promise((done) => setTimeout(done, 20));
  }
};
const shown = (selector) => until(() => document.querySelector(selector), selector);
// Swagger UI resolves the references of an opened operation in the background, and draws it again then.
const resolved = (name) => {
  const one = ui.specSelectors.operations().find((found) => found.getIn(["operation", "operationId"]) === name);
  return ui.specSelectors.specResolvedSubtree(["paths", one.get("path"), one.get("method")]);
};
const open = async (tag, name) => {
  const group = await shown(`#operations-tag-${tag}`);
  if (group.dataset.isOpen === "false") group.click();
  const operation = `#operations-${tag}-${name}`;
  if (!document.querySelector(`${operation}.is-open`)) (await shown(`${operation} .opblock-summary-control`)).click();
  await until(() => resolved(name), `${name} with its references`);
  await shown(`${operation} .execute`);
  return operation;
};
const execute = async (tag, name) => {
  const operation = await open(tag, name);
  document.querySelector(`${operation} .execute`).click();
  const status = await shown(`${operation} .live-responses-table tbody .response-col_status`);
  const body = document.querySelector(`${operation} .live-responses-table .highlight-code`);
  return { status: parseInt(status.textContent), body: body ? body.textContent : "" };
};
const search = async (phrase) => {
  const field = await shown(".operation-filter-input");
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, phrase);
  field.dispatchEvent(new Event("input", { bubbles: true }));
};
const schemas = async (operation) => {
  for (const tab of document.querySelectorAll(`${operation} .tablinks`)) {
    if (tab.textContent === "Schema") tab.click();
  }
  await shown(`${operation} .json-schema-2020-12`);
};
"""
SIGN_UP_TO_QUEUE = (
    ("account", "create_user", 201),
    ("account", "create_session", 201),
    ("applications", "create_application", 201),
    ("queue", "list_queue", 200),
)
OPENED = [("account", "delete_me"), ("account", "update_policy"), ("applications", "update_application")]
TAGS = "return (await (await fetch('/openapi.json')).json()).tags.map((tag) => tag.name);"
CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The URL of the demo server, started by its command."""
    command = [sys.executable, "-m", "api", "demo", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        line = demo.stdout.readline()
        yield line.removeprefix("Docs:").strip().removesuffix("/docs")
        demo.terminate()


@pytest.fixture(scope="module")
def browser(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DrivenPage]:
    with driven("about:blank", tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture
def docs(address: str, browser: DrivenPage) -> DrivenPage:
    """The docs, newly opened, with all their groups."""
    browser.open(f"{address}/docs")
    browser.run(f"{WAIT} await shown('#operations-tag-about');")
    return browser


def test_the_docs_load_without_a_network(address: str, docs: DrivenPage) -> None:
    text = docs.run("return document.body.textContent;")
    assert "Everything that comes after a job interview" in text
    groups = docs.run("return [...document.querySelectorAll('.opblock-tag')].map((one) => one.dataset.tag);")
    assert groups == docs.run(TAGS)
    assert docs.complaints() == []
    assert {urlsplit(url).netloc for url in docs.requested()} == {urlsplit(address).netloc}


def test_the_search_opens_what_it_finds_and_says_when_it_finds_nothing(docs: DrivenPage) -> None:
    found = docs.run(
        f"{WAIT} await search('Sessions post'); await shown('.opblock');"
        "return [...document.querySelectorAll('.opblock')].map((one) => one.id);"
    )
    assert found == ["operations-account-create_session"]
    said = docs.run(f"{WAIT} await search('sessions nonsense'); return (await shown('.docs-nothing')).textContent;")
    assert said == "No operation contains all these words."
    groups = docs.run(
        f"{WAIT} await search(''); await shown('#operations-tag-about');"
        "const kinds = ['.opblock-tag', '.opblock-tag-section .opblock', '.webhooks .opblock'];"
        "return kinds.map((one) => document.querySelectorAll(one).length);"
    )
    assert groups == [len(docs.run(TAGS)), 0, len(EventType)]
    events = docs.run(
        f"{WAIT} await search('step.overdue'); await shown('.webhooks .opblock');"
        "return [...document.querySelectorAll('.opblock')].map((one) => one.id);"
    )
    assert events == ["operations-webhooks-receive_step_overdue"]


@pytest.fixture(scope="module")
def used_docs(address: str, browser: DrivenPage) -> DrivenPage:
    """The docs with operations of all methods open, some of them executed: it takes seconds to open one."""
    browser.open(f"{address}/docs")
    for tag, name, status in SIGN_UP_TO_QUEUE:
        told = browser.run(f"{WAIT} return execute('{tag}', '{name}');")
        assert told["status"] == status, (name, told)
    browser.run(
        f"{WAIT} for (const [tag, name] of {json.dumps(OPENED)}) await open(tag, name);"
        "await schemas('#operations-applications-create_application');"
    )
    return browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast(scheme: str, used_docs: DrivenPage) -> None:
    used_docs.prefer(scheme)
    low = used_docs.run(
        f"{WAIT} const dark = () => document.documentElement.classList.contains('dark-mode');"
        f"await until(() => dark() === {str(scheme == 'dark').lower()}, '{scheme} colors');"
        "if (!document.querySelector('.auth-container')) document.querySelector('.btn.authorize').click();"
        "await shown('.auth-container'); await until(() => !document.getAnimations().length, 'an end of moving');"
        f"{CONTRAST}"
    )
    assert low == {}


def test_nothing_on_a_phone_is_wider_than_its_screen(used_docs: DrivenPage) -> None:
    used_docs.resize(390, 844)
    wide = used_docs.run(
        "const scrolls = (one) => one && (getComputedStyle(one).overflowX !== 'visible' || scrolls(one.parentElement));"
        "const outside = (one) => one.getBoundingClientRect().right > innerWidth && !scrolls(one.parentElement);"
        "const wide = (one) => one.scrollWidth > innerWidth && getComputedStyle(one).overflowX !== 'hidden';"
        "return [document.documentElement, ...document.querySelectorAll('#docs *')]"
        ".filter((one) => wide(one) || outside(one))"
        ".map((one) => `${one.tagName}.${one.className}`);"
    )
    assert wide == []


def test_who_signed_up_with_the_examples_of_the_page_is_signed_in_until_logging_out(used_docs: DrivenPage) -> None:
    assert "Larkfield Press" in used_docs.run(
        "return document.querySelector('#operations-applications-create_application"
        " .live-responses-table').textContent;"
    )
    note = "document.getElementById('sign-in-note').textContent"
    assert "the token of this session" in used_docs.run(f"return {note};")
    schemes = used_docs.run(
        "return [...document.querySelectorAll('.auth-container h4 code')].map((one) => one.textContent);"
    )
    assert schemes == ["bearer"]
    used_docs.run(
        f"{WAIT} const buttons = [...document.querySelectorAll('.auth-container button')];"
        f"buttons.find((one) => one.textContent === 'Logout').click(); await until(() => {note} === '', 'no note');"
    )
