# SPDX-License-Identifier: GPL-2.0-or-later
"""A stand-in for the daemon's socket (user/daemon/hub.h): it says what the test tells it to say, and nothing is behind it."""

import json
import os
import socket
import threading

from . import wait

FLOWS = {"requests": [], "offers": [], "transfers": [], "udp_flows": []}
METAINFO = {"schema": 1, "version": "fake", "daemon": {"pid": 1}}


def endpoint(address, port):
    """An end of a flow."""
    return {"address": address, "port": port}


def transfer(client="192.0.2.10", port=50941, file="vmlinuz", bytes=0, **more):
    """A transfer as `tidegate flows -j` prints it."""
    flow = {"zone": "lan0", "vlan": [], "client": endpoint(client, port), "server": endpoint("198.51.100.20", 49194),
            "operation": "read", "file": file, "mode": "octet", "state": "active", "block": bytes // 512,
            "acknowledged": bytes // 512, "bytes": bytes, "packets": 2 * (bytes // 512), "repeats": 0, "options": {},
            "rule": None, "age_ms": 1000, "expires_ms": 60000}
    flow.update(more)
    return flow


def flows(*transfers):
    """A document with these transfers."""
    return {"metainfo": METAINFO, **FLOWS, "transfers": list(transfers)}


def record(kind, client="192.0.2.10", port=50941, file="vmlinuz", number=1, **own):
    """A record as the daemon sends it: enough of it for readers."""
    server_port = 69 if kind == "denied" else 49194
    return {"timestamp": "2026-11-27T13:01:07.123456+0000", "event_type": "flow" if kind == "end" else "tftp",
            "src_ip": client, "src_port": port, "dest_ip": "198.51.100.20", "dest_port": server_port, "proto": "UDP",
            "flow": {"pkts_toserver": 10, "pkts_toclient": 10, "start": "2026-11-27T13:01:05.623456+0000"},
            "tidegate": {"record": kind, "number": number, "zone": "lan0", "rule": None, "operation": "read",
                         "mode": "octet", "file": file, "options_asked": {}, "options_agreed": {}, "blksize": 512,
                         "windowsize": 1, **own}}


class FakeHub:
    """Listens on a path until close(). `requests`: what readers have asked for, each an object."""

    def __init__(self, path, mode=0o660):
        self.path = str(path)
        self.requests = []
        self._readers = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        os.chmod(self.path, mode)
        self._listener.listen()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _accept(self):
        while True:
            try:
                reader, _ = self._listener.accept()
            except OSError:
                return
            with reader.makefile("rb") as file:
                line = file.readline()
            self._say(reader, {"metainfo": METAINFO})
            self._readers.append(reader)
            self.requests.append(json.loads(line) if line else None)

    @staticmethod
    def _say(reader, message):
        text = message if isinstance(message, bytes) else json.dumps(message, ensure_ascii=False).encode() + b"\n"
        try:
            reader.sendall(text)
        except OSError:
            pass

    def wait_for_reader(self, count=1):
        """Wait until so many have asked; return what the last one asked for."""
        wait.until(lambda: len(self.requests) >= count, f"{count} readers have asked")
        return self.requests[-1]

    def say(self, *messages):
        """Say it to all readers: objects, or bytes as they are."""
        for reader in self._readers:
            for message in messages:
                self._say(reader, message)

    def hang_up(self):
        """End all connections; new ones are still taken."""
        for reader in self._readers:
            reader.close()
        self._readers.clear()

    def close(self):
        """End everything, and remove the socket."""
        self.hang_up()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        os.unlink(self.path)
