"""A page of headless Chromium that tests drive: the DevTools protocol over a pipe (JSON messages that end with NUL)."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.browser.chromium import CHROMIUM, FLAGS

# Chromium reads file descriptor 3 and writes 4. Not every shell can redirect descriptors above 9 to them.
AS_3_AND_4 = "import os, sys; _, read, write, *words = sys.argv; os.dup2(int(read), 3); os.dup2(int(write), 4); \
os.execv(words[0], words)"
PATIENCE = 60  # seconds
NOT_HERE = ("--dump-dom", "--virtual-time-budget", "--enable-logging", "--log-level")


class DrivenPage:
    """Evaluates scripts in a page. `read` and `write`: the ends of the browser's pipe."""

    def __init__(self, read: int, write: int) -> None:
        self._answers, self._write = os.fdopen(read, "rb"), write
        self._rest, self._number, self._page = b"", 0, ""
        self._events: list[tuple[str, Any]] = []

    def open(self, url: str) -> None:
        """Open a page of its own; later scripts run in it."""
        self._page = ""
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._page = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._events.clear()
        for domain in ("Network", "Runtime", "Log", "Page"):
            self._call(f"{domain}.enable")
        self.visit(url)

    def visit(self, url: str) -> None:
        """Load an address in the page, and wait until its document has replaced the one before."""
        loader = self._call("Page.navigate", url=url)["loaderId"]
        while not any(told["frame"]["loaderId"] == loader for told in self._told("Page.frameNavigated")):
            self._keep(self._next())

    def requested(self) -> set[str]:
        """Return the addresses that the page has requested so far, without those of inline data."""
        sent = {told["request"]["url"] for told in self._told("Network.requestWillBeSent")}
        return {url for url in sent if not url.startswith("data:")}

    def complaints(self) -> list[Any]:
        """Return what the console shows: messages, uncaught exceptions, and failed or forbidden requests."""
        kinds = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")
        return [told for name, told in self._events if name in kinds]

    def run(self, script: str) -> Any:
        """Run the body of an async function in the page; return its JSON result. Raises AssertionError if it fails."""
        expression = f"(async () => {{ {script} }})()"
        told = self._call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in told, told["exceptionDetails"]["exception"].get("description")
        return told["result"].get("value")

    def resize(self, width: int, height: int) -> None:
        """Show the page as on a phone of this size, in CSS pixels."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": True}
        self._call("Emulation.setDeviceMetricsOverride", **metrics)

    def prefer(self, scheme: str) -> None:
        """Answer `light` or `dark` when the page asks which colors the user prefers."""
        self._call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def press(self, key: str) -> None:
        """Press a key, such as Tab or Enter."""
        code = {"Tab": 9, "Enter": 13}[key]
        text = {"text": "\r"} if key == "Enter" else {}
        self._call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, **text)
        self._call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)

    def enter(self, text: str) -> None:
        """Insert text where the focus is."""
        self._call("Input.insertText", text=text)

    def close(self) -> None:
        self._answers.close()
        os.close(self._write)

    def _call(self, method: str, **params: Any) -> Any:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._page:
            message["sessionId"] = self._page
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                return answer["result"]
            self._keep(answer)

    def _keep(self, message: Any) -> None:
        if message.get("sessionId") == self._page and "method" in message:
            self._events.append((message["method"], message["params"]))

    def _told(self, wanted: str) -> list[Any]:
        return [told for name, told in self._events if name == wanted]

    def _next(self) -> Any:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._answers], [], [], PATIENCE)
            assert ready, f"the browser said nothing for {PATIENCE} seconds"
            data = os.read(self._answers.fileno(), 65_536)
            assert data, "the browser ended"
            self._rest += data
        text, _, self._rest = self._rest.partition(b"\0")
        return json.loads(text)


@contextmanager
def driven(url: str, folder: Path) -> Iterator[DrivenPage]:
    """Open a page in a browser that ends with the block."""
    (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
    words = [sys.executable, "-I", "-S", "-c", AS_3_AND_4, str(theirs_in), str(theirs_out), str(CHROMIUM)]
    words += [flag for flag in FLAGS if not flag.startswith(NOT_HERE)]
    words += ["--remote-debugging-pipe", f"--user-data-dir={folder / 'profile'}", "about:blank"]
    browser = subprocess.Popen(words, pass_fds=(theirs_in, theirs_out), stderr=subprocess.DEVNULL)
    os.close(theirs_in)
    os.close(theirs_out)
    page = DrivenPage(ours_in, ours_out)
    try:
        page.open(url)
        yield page
    finally:
        page.close()
        browser.terminate()
        browser.wait(30)
