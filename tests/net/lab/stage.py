# SPDX-License-Identifier: GPL-2.0-or-later
"""Metrics and status page: the server over a made-up firewall (tests/web/stage.c), and asking a server inside a namespace."""

import contextlib
import fcntl
import glob
import http.client
import os
import socket
import subprocess

from . import wait
from .gate import ROOT
from .netns import kill_family

PORT = 9469
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
PROGRAM = os.path.join(BUILD, "tests/stage")


def build():
    """The program, from the objects that tidegate itself is made of but for its main()."""
    os.makedirs(os.path.dirname(PROGRAM), exist_ok=True)
    source = os.path.join(ROOT, "tests/web/stage.c")
    objects = [path for path in glob.glob(f"{BUILD}/user/**/*.o", recursive=True) if not path.endswith("/main.o")]
    with open(f"{PROGRAM}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        newest = max(map(os.path.getmtime, [source, *objects]))
        if os.path.exists(PROGRAM) and os.path.getmtime(PROGRAM) > newest:
            return PROGRAM
        archive, made = f"{PROGRAM}.a", f"{PROGRAM}.tmp"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(archive)
        libraries = subprocess.run(["make", "-s", "-C", ROOT, "libraries"], capture_output=True, text=True, check=True)
        subprocess.run(["ar", "rcs", archive, *objects], check=True)
        subprocess.run(["gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas", "-g", "-I", f"{ROOT}/bpf", "-I",
                        f"{ROOT}/user", "-I", BUILD, "-o", made, source, archive, *libraries.stdout.split()], check=True)
        os.rename(made, PROGRAM)
    return PROGRAM


class Stage:
    """The server with its made-up firewall, in a namespace."""

    def __init__(self, namespace, *options):
        self.namespace = namespace
        self.process = namespace.popen(build(), "127.0.0.1", PORT, *options, stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, text=True)
        self._hears("ready")

    def _hears(self, wanted):
        said = self.process.stdout.readline().strip()
        assert said == wanted, said

    def do(self, *commands):
        """Let these things happen, in turn."""
        for command in commands:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
            self._hears("ok")

    def close(self):
        """End it as the daemon would; what does not end in time is killed. Returns the exit code."""
        self.process.stdin.close()
        try:
            return self.process.wait(10)
        finally:
            if self.process.poll() is None:
                kill_family(self.process)


def connect(namespace, port=PORT, address="127.0.0.1"):
    """A TCP connection made inside the namespace."""
    with namespace.entered():
        made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    made.settimeout(10)
    made.connect((address, port))
    return made


def ask(namespace, path, method="GET", port=PORT, **headers):
    """The answer: status, headers (names in lower case) and body. Headers are named like Sec_Fetch_Site."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.sock = connect(namespace, port)
    try:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
    finally:
        connection.close()


def samples(text):
    """{name with labels: value} of metrics in either format."""
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            assert name not in found, f"twice: {name}"
            found[name] = float(value)
    return found


def wait_for_sample(namespace, name, check, port=PORT):
    """Wait until check(value of the sample) is true; it, or the server, may not be there yet."""
    def seen():
        value = None
        with contextlib.suppress(OSError):
            value = samples(ask(namespace, "/metrics", port=port)[2]).get(name)
        return value is not None and check(value) and (value,)

    return wait.until(seen, name, seconds=10, interval=0.05)[0]
