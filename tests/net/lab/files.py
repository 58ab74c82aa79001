# SPDX-License-Identifier: GPL-2.0-or-later
"""Files to transfer: made once for each size, linked under fresh names, compared byte by byte."""

import filecmp
import itertools
import os
import random

from . import wait

SIZES = (0, 511, 512, 513, 1 << 20)
TEXT_LINES = 300


class Payloads:
    """The files of one topology, below its base directory."""

    def __init__(self, base):
        self.base = base
        self._numbers = itertools.count()

    def path(self, size):
        """A file of `size` random bytes, the same ones in each run."""
        return self._made(f"random-{size}", lambda: random.Random(size).randbytes(size))

    def text(self):
        """A text whose lines end with LF, so that netascii has something to translate."""
        lines = [f"line {number} of a text\n" for number in range(TEXT_LINES)]
        return self._made("text", lambda: "".join(lines).encode())

    def text_on_the_wire(self):
        """The same text in netascii (RFC 764): lines end with CR LF."""
        with open(self.text(), "rb") as file:
            return self._made("text-netascii", lambda: file.read().replace(b"\n", b"\r\n"))

    def fresh_name(self, label):
        """A file name that no test used before in this topology."""
        return f"f{next(self._numbers)}-{label}"

    def serve(self, source, directory, label):
        """Make `source` available to servers under a fresh name, and return the name."""
        name = self.fresh_name(label)
        os.link(source, os.path.join(directory, name))
        return name

    def _made(self, name, content):
        path = os.path.join(self.base, name)
        if not os.path.exists(path):
            with open(path, "wb") as file:
                file.write(content())
            os.chmod(path, 0o644)
        return path


def same(left, right):
    """True when both files exist and have equal contents, at latest in a moment.

    atftpd acknowledges the last block of an upload before it writes its buffer to the file.
    """
    def equal():
        filecmp.clear_cache()
        return os.path.exists(left) and os.path.exists(right) and filecmp.cmp(left, right, shallow=False)

    try:
        return wait.until(equal, "the files are equal", seconds=1)
    except wait.Timeout:
        return False
