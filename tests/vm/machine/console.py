# SPDX-License-Identifier: GPL-2.0-or-later
"""A process of ours whose output is watched with a deadline, and which is ended by its own id."""

import os
import re
import selectors
import subprocess
import time

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0e-\x1a\x1c-\x1f]")
TAIL_BYTES = 3000
END_SECONDS = 5


class Missing(AssertionError):
    """What was awaited did not appear before the deadline, or the process ended first."""


class Console:
    """A running process. As a context manager it ends the process on the way out."""

    def __init__(self, argv, popen=subprocess.Popen):
        """popen(argv, **options) starts the process; by default here, else in some namespace."""
        self.raw = b""
        self.at_end = False  # nothing more will come
        # Also when we are killed, nothing of ours stays.
        argv = ["setpriv", "--pdeathsig", "KILL", *argv]
        self._process = popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout, selectors.EVENT_READ)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    @property
    def pid(self):
        """The process's id."""
        return self._process.pid

    @property
    def text(self):
        """The output so far, without what only moves the cursor."""
        return ESCAPES.sub("", self.raw.decode(errors="replace"))

    def read(self, deadline):
        """Wait until `deadline` (time.monotonic()) for more output; the new bytes, b"" at its end, None too late."""
        if not self._selector.select(timeout=max(0.0, deadline - time.monotonic())):
            return None
        chunk = os.read(self._process.stdout.fileno(), 65536)
        self.raw += chunk
        self.at_end = not chunk
        return chunk

    def lines(self, seconds):
        """The output line by line as it comes, until it ends or the time is over."""
        deadline = time.monotonic() + seconds
        rest = b""
        while chunk := self.read(deadline):
            *whole, rest = (rest + chunk).split(b"\n")
            yield from (line.decode(errors="replace").rstrip("\r") for line in whole)

    def wait_for(self, pattern, seconds):
        """Wait until the output matches the pattern; the match. Raises Missing with the end of the output."""
        deadline = time.monotonic() + seconds
        while not (match := re.search(pattern, self.text)):
            chunk = self.read(deadline)
            if not chunk:
                raise Missing(f"not {'before the end' if chunk == b'' else f'within {seconds} s'}: {pattern}\n"
                              f"{self.text[-TAIL_BYTES:]}")
        return match

    def end(self):
        """End the process, if it has not ended, and only this one."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        self._selector.close()
        self._process.stdout.close()
