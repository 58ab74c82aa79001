# SPDX-License-Identifier: GPL-2.0-or-later
"""`tidegate run` in a namespace, and readers of its socket."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time

from . import wait
from .gate import CALL_SECONDS


class Daemon:
    """The daemon of a Gate. start() returns when it has said that it is ready; whoever makes one calls stop() or kill()."""

    def __init__(self, gate, directory, text, options=()):
        self.gate, self.options = gate, list(options)
        self.config = os.path.join(directory, "daemon.conf")
        self.socket = os.path.join(directory, "socket")
        self.log = os.path.join(directory, "log")
        self.process = self.notify = None
        self.notified = []
        self.write(text)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def write(self, text):
        """Another configuration."""
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text)

    def argv(self):
        """Its command line."""
        return self.gate.argv("run", "--config", self.config, "--socket", self.socket, *self.options)

    def start(self, prefix=()):
        """Start it, and wait until it is ready. `prefix` is put before it (setpriv)."""
        path = self.socket + ".notify"
        if os.path.exists(path):
            os.unlink(path)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(path)
        self.notified = []
        threading.Thread(target=self._listen, args=(self.notify, self.notified), daemon=True).start()
        with open(self.log, "ab") as log:
            self.process = self.gate.namespace.popen(*prefix, *self.argv(), stdout=log, stderr=log,
                                                     env=os.environ | {"NOTIFY_SOCKET": path})
        try:
            self.wait_notified("READY=1", CALL_SECONDS)
        except BaseException:
            self.kill()
            raise
        return self

    def wait_notified(self, word, seconds=10):
        """Wait until the daemon has told systemd this; what it told before that is forgotten."""
        def told():
            assert self.process.poll() is None, f"it has ended:\n{self.said()}"
            return word in self.notified

        wait.until(told, f"the daemon says {word}\n{self.said()}", seconds)
        self.notified.clear()

    @staticmethod
    def _listen(notify, notified):
        """Takes what the daemon tells, as systemd does: it waits while ten messages are there that nobody has read."""
        with contextlib.suppress(OSError):
            while told := notify.recv(4096):
                notified += told.decode().splitlines()

    def reload(self):
        """Let it read its configuration again, and wait until it has."""
        self.process.send_signal(signal.SIGHUP)
        self.wait_notified("READY=1")

    def said(self):
        """What it has printed."""
        with open(self.log, encoding="utf-8") as file:
            return file.read()

    def stop(self):
        """As `systemctl stop`; returns the exit code."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self._end()

    def kill(self):
        """SIGKILL."""
        if self.process and self.process.poll() is None:
            self.process.kill()
        return self._end()

    def _end(self):
        code = self.process.wait(timeout=CALL_SECONDS) if self.process else None
        if self.notify:
            self.notify.shutdown(socket.SHUT_RDWR)
            self.notify.close()
        self.process = self.notify = None
        return code

    def reader(self, **asked):
        """A reader of its socket that asks for this."""
        return Reader(self.socket, asked)

    def records(self, backlog=1000, **conditions):
        """A reader of records that fit, the latest ones included."""
        return self.reader(records={"backlog": backlog, **conditions})


class Reader:
    """One connection to the daemon's socket."""

    def __init__(self, path, asked):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.socket.sendall(json.dumps(asked).encode() + b"\n")
        self.text, self.messages = b"", []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def read(self, seconds=0.0):
        """Take what comes within that time; False when the daemon has hung up."""
        self.socket.settimeout(max(seconds, 0.001))
        try:
            got = self.socket.recv(1 << 20)
        except (TimeoutError, BlockingIOError):
            return True
        *lines, self.text = (self.text + got).split(b"\n")
        self.messages += [json.loads(line) for line in lines]
        return bool(got)

    def read_all(self, seconds=10):
        """Everything until the daemon hangs up."""
        deadline = time.monotonic() + seconds
        while self.read(0.1):
            assert time.monotonic() < deadline, "the daemon does not hang up"
        return self.messages

    def records(self, **fields):
        """The records so far whose object `tidegate` has these fields."""
        self.read()
        found = [message["record"] for message in self.messages if "record" in message]
        return [record for record in found
                if all(record["tidegate"].get(key) == value for key, value in fields.items())]

    def wait_for(self, seconds=10.0, **fields):
        """Wait for a record with these fields, and return the first one."""
        def come():
            self.read(0.02)
            return self.records(**fields)

        try:
            return wait.until(come, f"a record with {fields}", seconds)[0]
        except wait.Timeout as error:
            raise wait.Timeout(f"{error}\n{json.dumps(self.records(), indent=1)}") from None


def map_entries(gate, name):
    """Keys and values of a pinned map, as bytes."""
    done = subprocess.run(["bpftool", "-j", "map", "dump", "pinned", f"{gate.bpffs}/{name}"], capture_output=True,
                          text=True, check=True)
    return [[bytes(int(byte, 16) for byte in entry[part]) for part in ("key", "value")]
            for entry in json.loads(done.stdout)]


def map_change(gate, action, name, key, value=None):
    """`update` or `delete` an entry of a pinned map."""
    command = ["bpftool", "map", action, "pinned", f"{gate.bpffs}/{name}", "key", "hex", *(f"{b:02x}" for b in key)]
    if value is not None:
        command += ["value", "hex", *(f"{b:02x}" for b in value)]
    subprocess.run(command, check=True, capture_output=True)


# struct tg_zone: request_wait, offer_wait, idle_wait stand behind hash_seed and flags; `second` behind ten waits.
WAITS_AT, WAITS, SECOND_AT = 12, 3, 12 + 4 * 10


def hurry(gate):
    """Let requests, offers and transfers that begin from now on run out after a second: far below what may be configured."""
    for key, value in map_entries(gate, "zones"):
        second = value[SECOND_AT:SECOND_AT + 4]
        if any(second):
            map_change(gate, "update", "zones", key,
                       value[:WAITS_AT] + second * WAITS + value[WAITS_AT + 4 * WAITS:])
