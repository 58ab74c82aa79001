# SPDX-License-Identifier: GPL-2.0-or-later
"""Transfers that run already when the flood begins, so slowly that they outlast it."""

import select
import threading
import time

from lab import packets, wait

SIZE = 1 << 20
BLOCK = 512
PACE_SECONDS = 0.05
# A server that hears nothing repeats after a second; the client asks again if it hears nothing for this long.
REPEAT_SECONDS = 2
BEGIN_SECONDS, END_SECONDS = 10, 60


class Reader:
    """One client: acknowledges each block after a while."""

    def __init__(self, namespace, address, server, name):
        self.endpoint = packets.Endpoint(namespace, address)
        self.server = (server, 69)
        self.said = packets.request(packets.RRQ, name)
        self.content = bytearray()
        self.block = 0
        self.over = False
        self.due = 0.0  # when `said` is said, or repeated

    def take(self, now, pace):
        """Read one packet."""
        got = self.endpoint.receive()
        if not got:
            return
        payload, source = got
        expected = packets.data(self.block + 1 & 0xffff)
        if payload[:4] != expected or (self.block and source != self.server):
            return
        self.server = source
        self.block += 1
        self.content += payload[4:]
        self.said = packets.ack(self.block & 0xffff)
        self.over = len(payload) < 4 + BLOCK
        self.due = now if self.over else now + pace

    def speak(self, now):
        """Say what is due."""
        if now >= self.due:
            self.endpoint.send(self.said, self.server)
            self.due = now + REPEAT_SECONDS


class Readers:
    """All of them, in a thread: begin(), then finish() for the result. `name`: the file that they read."""

    def __init__(self, site, server):
        self.source = site.payloads.path(SIZE)
        self.name = site.payloads.serve(self.source, site.directory, "long")
        self.readers = [Reader(site.client, address, server, self.name) for address in site.readers]
        self._pace = PACE_SECONDS
        self._end = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def begin(self):
        """They run, each past its second block."""
        self._thread.start()
        wait.until(lambda: all(reader.block >= 2 for reader in self.readers), "transfers begin: nobody disturbs them yet",
                   BEGIN_SECONDS)

    def finish(self):
        """As fast as they can to the end: how many have got what they asked for."""
        self._pace = 0.0
        self._end = time.monotonic() + END_SECONDS
        self._thread.join()
        with open(self.source, "rb") as file:
            content = file.read()
        return sum(bytes(reader.content) == content for reader in self.readers)

    def _run(self):
        while self._end is None or time.monotonic() < self._end:
            left = [reader for reader in self.readers if not reader.over]
            if not left:
                break
            ready = select.select([reader.endpoint.socket for reader in left], [], [], 0.005)[0]
            now = time.monotonic()
            for reader in left:
                if reader.endpoint.socket in ready:
                    reader.take(now, self._pace)
                reader.speak(now)

    def close(self):
        """Those that are not through give up."""
        self._end = 0.0
        if self._thread.is_alive():
            self._thread.join()
        for reader in self.readers:
            reader.endpoint.socket.close()
