"""Chromium, driven by its own protocol over a pipe: it goes to pages, types, presses keys, and says what it sees.

What belongs here: the driver. Nothing is installed for it; the tests skip where there is no Chromium.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--remote-debugging-pipe",
]  # fmt: skip
PATIENCE = 60.0


class Browser:
    """One tab; `console` holds what it complained of, `clicks` counts those of the mouse."""

    def __init__(self, write: int, read: int) -> None:
        self._write, self._read = write, read
        self._number, self._rest = 0, b""
        self._session: str | None = None
        self.console: list[str] = []
        self.clicks = 0
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._loaded = 0
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        return self._answer(self._number)

    def go(self, url: str) -> None:
        before = self._loaded
        self.call("Page.navigate", url=url)
        self._wait_for_load(before)

    def press(self, key: str, text: str = "", times: int = 1) -> None:
        """A key, as a person without a mouse presses it."""
        for _ in range(times):
            down = {"type": "keyDown", "key": key, "code": key, "text": text, "windowsVirtualKeyCode": _CODES[key]}
            self.call("Input.dispatchKeyEvent", **down)
            self.call("Input.dispatchKeyEvent", **{**down, "type": "keyUp", "text": ""})

    def enter(self) -> None:
        """Enter, and the page to which it leads."""
        before = self._loaded
        self.press("Enter", "\r")
        self._wait_for_load(before)

    def type(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def tab_to(self, what: str, most: int = 200) -> None:
        """Go on with the tab key until what has the focus fits: a selector of CSS."""
        for _ in range(most):
            self.press("Tab")
            if self.see(f"document.activeElement.matches({json.dumps(what)})"):
                return
        raise AssertionError(f"the tab key does not come to {what}")

    def click(self, what: str, *, leads_on: bool = True) -> None:
        """A click on what fits, a selector of CSS, and the page to which it leads."""
        before = self._loaded
        place = self.see(
            f"(() => {{ const one = document.querySelector({json.dumps(what)}); if (!one) return null; "
            "one.scrollIntoView({block: 'center'}); const r = one.getBoundingClientRect(); "
            "return [r.x + Math.min(r.width / 2, 40), r.y + r.height / 2]; })()"
        )
        assert place is not None, f"{what} is not on the page: {self.text[:500]}"
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)
        self.clicks += 1
        if leads_on:
            self._wait_for_load(before)

    def see(self, expression: str) -> Any:
        """What an expression gives on the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    @property
    def text(self) -> str:
        return str(self.see("document.body.innerText"))

    def size(self, width: int, height: int, *, dark: bool = False) -> None:
        phone = width < 600
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", features=scheme)

    def picture(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def printed(self) -> bytes:
        return base64.b64decode(self.call("Page.printToPDF", printBackground=False)["data"])

    def _wait_for_load(self, before: int) -> None:
        end = time.monotonic() + PATIENCE
        while self._loaded == before:
            assert time.monotonic() < end, "the page was not loaded in time"
            self.call("Runtime.evaluate", expression="1")
            time.sleep(0.02)
        self.call("Runtime.evaluate", expression="1")

    def _answer(self, number: int) -> dict[str, Any]:
        while True:
            message = self._next()
            if message.get("id") == number:
                assert "error" not in message, message
                found: dict[str, Any] = message["result"]
                return found
            match message.get("method"):
                case "Page.loadEventFired":
                    self._loaded += 1
                case "Runtime.exceptionThrown":
                    self.console.append(str(message["params"]))
                case "Log.entryAdded":
                    self.console.append(message["params"]["entry"]["text"])

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            part = os.read(self._read, 1 << 20)
            assert part, "Chromium ended"
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(line)
        return found


_CODES = {"Tab": 9, "Enter": 13, " ": 32, "ArrowUp": 38}


@contextmanager
def browsing(folder: Path) -> Iterator[Browser]:
    """A browser with a profile of its own, ended at the end of the block."""
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()

    def place() -> None:
        # The protocol's pipes are 3 and 4; taken out of the way first, where they have these numbers themselves.
        ours, theirs = os.dup(to_read), os.dup(from_write)
        high_in, high_out = os.dup2(ours, 30), os.dup2(theirs, 31)
        os.dup2(high_in, 3)
        os.dup2(high_out, 4)

    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={folder / 'profile'}"]
    process = subprocess.Popen(
        command, preexec_fn=place, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(to_read)
    os.close(from_write)
    try:
        yield Browser(to_write, from_read)
    finally:
        with suppress(OSError):
            os.close(to_write)
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        os.close(from_read)
        shutil.rmtree(folder / "profile", ignore_errors=True)
