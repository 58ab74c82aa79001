# SPDX-License-Identifier: GPL-2.0-or-later
"""A headless Chromium in a namespace, driven over its DevTools protocol."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile

import websocket

from . import stage, wait

CHROMIUM = "/usr/bin/chromium"
OPTIONS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
           "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
           "--remote-debugging-port=0"]
KEYS = {"Tab": 9, "Enter": 13, " ": 32, "Escape": 27}
START_S = 60


class Browser:
    """One window. What its page logs, throws and loads is kept in `events`."""

    def __init__(self, namespace):
        self.namespace = namespace
        self.events = []
        self._number = 0
        self.directory = tempfile.mkdtemp(prefix="tidegate-browser-")
        self.log = open(f"{self.directory}/log", "w", encoding="utf-8")
        # In a process group of its own, because it has many children.
        self.process = namespace.popen(CHROMIUM, *OPTIONS, f"--user-data-dir={self.directory}", "about:blank", stdout=self.log,
                                       stderr=subprocess.STDOUT, start_new_session=True)
        self._socket = self._connect()
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
            self.call(f"{domain}.enable")

    def _port(self):
        with contextlib.suppress(OSError, ValueError):
            with open(f"{self.directory}/DevToolsActivePort", encoding="ascii") as file:
                return int(file.readline())
        return None

    def _connect(self):
        port = wait.until(self._port, f"Chromium listens (see {self.log.name})", seconds=START_S, interval=0.1)

        def page():
            pages = json.loads(stage.ask(self.namespace, "/json", port=port)[2])
            return next((found for found in pages if found["type"] == "page"), None)

        target = wait.until(page, "Chromium has a window", seconds=START_S)
        return websocket.create_connection(target["webSocketDebuggerUrl"], socket=stage.connect(self.namespace, port),
                                           suppress_origin=True)

    def call(self, method, **parameters):
        """The result of one command of the protocol; events that come meanwhile are kept."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == self._number:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]
            self.events.append(message)

    def open(self, url):
        """Load a page."""
        self.events.clear()
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'")

    def evaluate(self, expression):
        """The value of a JavaScript expression in the page."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, f"{expression}: {result['exceptionDetails']}"
        return result["result"].get("value")

    def wait(self, expression, seconds=15):
        """Wait until the expression is true, and return it."""
        try:
            return wait.until(lambda: self.evaluate(expression), expression, seconds=seconds, interval=0.05)
        except wait.Timeout as error:
            raise wait.Timeout(f"{error}\npage: {self.evaluate('document.body.innerText')}\n{self.complaints()}") from None

    def press(self, key):
        """Press and release a key."""
        code = KEYS.get(key, ord(key[0].upper()))
        text = {"Enter": "\r", " ": " "}.get(key, key if len(key) == 1 else "")
        down = {"type": "keyDown" if text else "rawKeyDown", "key": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", **down, **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def type(self, text):
        """Put a text where the focus is."""
        self.call("Input.insertText", text=text)

    def resize(self, width, height, mobile=False):
        """The window's size in CSS pixels."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)

    def complaints(self):
        """What the page logged or threw: refused by its own policy, errors."""
        bad = [event for event in self.events if event["method"] == "Runtime.exceptionThrown" or
               (event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] in ("warning", "error"))]
        return [json.dumps(event["params"])[:500] for event in bad]

    def loaded(self):
        """URLs of all that was asked for since the page was opened."""
        return [event["params"]["request"]["url"] for event in self.events if event["method"] == "Network.requestWillBeSent"]

    def close(self):
        """Kill it and its children, and remove what it kept."""
        with contextlib.suppress(Exception):
            self._socket.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)
