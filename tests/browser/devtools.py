"""A page of headless Chromium that tests drive: the DevTools protocol over a pipe (JSON messages that end with NUL)."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.browser.chromium import CHROMIUM, FLAGS

NOT_HERE = ("--dump-dom", "--virtual-time-budget", "--enable-logging", "--log-level")


class DrivenPage:
    """Evaluates scripts in a page. `read` and `write`: the ends of the browser's pipe."""

    def __init__(self, read: int, write: int) -> None:
        self._answers, self._write = os.fdopen(read, "rb"), write
        self._rest, self._number, self._page = b"", 0, ""

    def open(self, url: str) -> None:
        """Open a page of its own; later scripts run in it."""
        target = self._call("Target.createTarget", url=url)["targetId"]
        self._page = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

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

    def _next(self) -> Any:
        while b"\0" not in self._rest:
            data = os.read(self._answers.fileno(), 65_536)
            assert data, "the browser ended"
            self._rest += data
        text, _, self._rest = self._rest.partition(b"\0")
        return json.loads(text)


@contextmanager
def driven(url: str, folder: Path) -> Iterator[DrivenPage]:
    """Open a page in a browser that ends with the block."""
    (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
    words = ["sh", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "sh", str(CHROMIUM)]
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
