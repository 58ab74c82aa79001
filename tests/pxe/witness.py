# SPDX-License-Identifier: GPL-2.0-or-later
"""Independent witnesses of what passes on one link: a Witness sees every UDP datagram over IPv4 but DATA and ACK, which
are too many, while the machine boots; record() writes all of them to a file."""

import collections
import contextlib
import ctypes
import re
import signal
import socket
import struct
import subprocess

from lab import wait

Datagram = collections.namedtuple("Datagram", "source source_port destination destination_port payload")

ETH_P_ALL = 3
SO_ATTACH_FILTER = 26
SOL_PACKET = 263
PACKET_STATISTICS = 6
# Offsets without VLAN tags and IP options; nothing in the laboratory has any.
IP, UDP, TFTP = 14, 34, 42
# Classic BPF (linux/filter.h): operation, jump if true, jump if not, operand.
LOAD_HALF, LOAD_BYTE, JUMP_EQUAL, RETURN = 0x28, 0x30, 0x15, 0x06
FILTER = [(LOAD_HALF, 0, 0, 12), (JUMP_EQUAL, 0, 6, 0x0800), (LOAD_BYTE, 0, 0, IP + 9), (JUMP_EQUAL, 0, 4, 17),
          (LOAD_HALF, 0, 0, TFTP), (JUMP_EQUAL, 2, 0, 3), (JUMP_EQUAL, 1, 0, 4), (RETURN, 0, 0, 65535), (RETURN, 0, 0, 0)]


class Witness:
    """Datagrams on a link of a namespace, both ways, from its making on."""

    def __init__(self, namespace, link):
        with namespace.entered():
            # No protocol yet: nothing is taken before the filter is there.
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            code = b"".join(struct.pack("HBBI", *instruction) for instruction in FILTER)
            held = ctypes.create_string_buffer(code)
            self._socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                                    struct.pack("HP", len(FILTER), ctypes.addressof(held)))
            self._socket.bind((link, ETH_P_ALL))
        self._socket.setblocking(False)
        self._seen = []
        self._lost = 0

    def datagrams(self):
        """All Datagrams so far. Fails if some were lost."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self._seen.append(_datagram(self._socket.recv(65536)))
        _, lost = struct.unpack("II", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        self._lost += lost
        assert not self._lost, f"the witness missed {self._lost} frames"
        return list(self._seen)

    def close(self):
        """Stop watching."""
        self._socket.close()


@contextlib.contextmanager
def record(namespace, link, path):
    """tcpdump writes all UDP on the link to a file while the block runs. Fails if it lost some."""
    with open(f"{path}.log", "w+b") as log:
        process = namespace.popen("tcpdump", "-Z", "root", "-i", link, "-B", "16384", "-w", path, "udp",
                                  stdin=subprocess.DEVNULL, stdout=log, stderr=log)

        def said():
            log.seek(0)
            return log.read().decode(errors="replace")

        try:
            wait.until(lambda: "listening on" in said() or process.poll() is not None, "tcpdump listens")
            assert process.poll() is None, said()
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=10)
        assert re.search(r"^0 packets dropped by kernel", said(), re.MULTILINE), said()


def _datagram(frame):
    source, destination = (socket.inet_ntoa(frame[start:start + 4]) for start in (IP + 12, IP + 16))
    source_port, destination_port, length = struct.unpack_from("!HHH", frame, UDP)
    return Datagram(source, source_port, destination, destination_port, frame[TFTP:UDP + length])
