"""A headless Firefox driven over the protocol that is built into it, and what it complained of."""

import base64
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from chromium import end_process

NAMES = ("firefox-esr", "firefox")
FLAGS = ("--headless", "--no-remote", "--marionette", "--remote-allow-system-access")
PREFERENCES = 'user_pref("marionette.port", 0);\n'
"""Any free port; the browser writes it into its profile. The protocol itself sets what tests need besides."""
SECONDS = 240.0
KEYS = {"Alt": "\ue00a", "Backspace": "\ue003", "Control": "\ue009", "Enter": "\ue006", "Escape": "\ue00c"}
KEYS |= {"ArrowLeft": "\ue012", "ArrowRight": "\ue014", "Shift": "\ue008", "Tab": "\ue004"}
COMPLAINTS = """
const told = [];
for (const message of Services.console.getMessageArray()) {
  if (!(message instanceof Ci.nsIScriptError) || message.flags & Ci.nsIScriptError.warningFlag) continue;
  if (`${message.sourceName} ${message.errorMessage}`.includes(arguments[0])) told.push(message.errorMessage);
}
Services.console.reset();
return told;
"""


class Firefox:
    """One browser with one page."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        self._stream = self._socket.makefile("rb")
        self._last = 0
        self._message()  # it says which protocol it speaks
        self.call("WebDriver:NewSession")

    def call(self, command: str, **parameters: Any) -> Any:
        """Call a command of Marionette and return its result."""
        self._last += 1
        message = json.dumps([0, self._last, command, parameters])
        self._socket.sendall(f"{len(message)}:{message}".encode("ascii"))
        kind, number, error, result = self._message()
        assert (kind, number, error) == (1, self._last, None), (command, error)
        return result

    def visit(self, address: str) -> None:
        """Open an address of a server and wait until the page is there."""
        self.call("WebDriver:Navigate", url=address)

    def press(self, key: str, *, ctrl: bool = False, alt: bool = False, shift: bool = False) -> None:
        """Press a key, such as "Enter" or "a"."""
        held = {"Control": ctrl, "Alt": alt, "Shift": shift}
        keys = [KEYS[name] for name, is_held in held.items() if is_held] + [KEYS.get(key, key)]
        self._act([("keyDown", each) for each in keys] + [("keyUp", each) for each in reversed(keys)])

    def type(self, text: str) -> None:
        """Type a text."""
        self._act([(deed, each) for each in text for deed in ("keyDown", "keyUp")])

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression in the page."""
        return self.call("WebDriver:ExecuteScript", script=f"return ({expression});", args=[])["value"]

    def wait_for(self, expression: str) -> None:
        """Wait until an expression in the page is true."""
        waited(lambda: self.evaluate(expression), expression)

    def complaints(self, address: str) -> list[str]:
        """Return what the browser logged of an address since the last time: errors, and what its policy forbade."""
        self.call("Marionette:SetContext", value="chrome")
        told: list[str] = self.call("WebDriver:ExecuteScript", script=COMPLAINTS, args=[address])["value"]
        self.call("Marionette:SetContext", value="content")
        return told

    def screenshot(self) -> bytes:
        """Return what the window shows, as PNG."""
        return base64.b64decode(self.call("WebDriver:TakeScreenshot", full=False, hash=False)["value"])

    def close(self) -> None:
        """End the connection."""
        self._stream.close()
        self._socket.close()

    def _act(self, deeds: list[tuple[str, str]]) -> None:
        actions = [{"type": deed, "value": key} for deed, key in deeds]
        self.call("WebDriver:PerformActions", actions=[{"type": "key", "id": "keys", "actions": actions}])

    def _message(self) -> Any:
        size = b""
        while (byte := self._stream.read(1)) != b":":
            assert byte, "the browser has ended"
            size += byte
        return json.loads(self._stream.read(int(size)))


def waited(found: Callable[[], Any], what: str) -> Any:
    """Wait until a function returns something that is true, and return it."""
    until = time.monotonic() + SECONDS
    while not (value := found()):
        assert time.monotonic() < until, f"{what} did not come true"
        time.sleep(0.02)
    return value


@contextmanager
def firefox(folder: Path) -> Iterator[Firefox]:
    """Start a browser whose profile lies in a folder; the test is skipped where there is none."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("there is no Firefox here that could open the page")
    (folder / "user.js").write_text(PREFERENCES, encoding="utf-8")
    process = subprocess.Popen(
        [program, *FLAGS, "--profile", str(folder), "about:blank"],
        env=os.environ | {"HOME": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        told = folder / "MarionetteActivePort"
        browser = Firefox(
            int(waited(lambda: told.is_file() and told.read_text(encoding="ascii"), "a start of Firefox"))
        )
        try:
            yield browser
        finally:
            browser.close()
    finally:
        end_process(process)
