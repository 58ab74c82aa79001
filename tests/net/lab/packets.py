# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets made by scapy and sent with any source; sockets that show what arrives."""

import contextlib
import logging
import socket

from . import wait
from .gate import SURPLUS

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.packet import Raw

RRQ, WRQ, DATA, ACK, ERROR, OACK = 1, 2, 3, 4, 5, 6


def request(opcode, name, mode="octet", **options):
    """The payload of a read or write request, RFC 1350 5 and RFC 2347."""
    words = [name, mode]
    for option, value in options.items():
        words += [option, str(value)]
    return opcode.to_bytes(2, "big") + b"".join(word.encode() + b"\0" for word in words)


def data(block, content=b""):
    """The payload of a DATA packet."""
    return DATA.to_bytes(2, "big") + block.to_bytes(2, "big") + content


def ack(block):
    """The payload of an ACK packet."""
    return ACK.to_bytes(2, "big") + block.to_bytes(2, "big")


def family_of(address):
    """AF_INET or AF_INET6, from the look of the address."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


class Injector:
    """Sends UDP datagrams with any source, out of a namespace."""

    def __init__(self, namespace, family):
        with namespace.entered():
            self.socket = socket.socket(socket.AF_INET6 if family == 6 else socket.AF_INET, socket.SOCK_RAW,
                                        socket.IPPROTO_RAW)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, source, destination, payload):
        """Send from an (address, port) to an (address, port); returns the error of the call, or None."""
        network = IPv6 if ":" in destination[0] else IP
        packet = (network(src=source[0], dst=destination[0])
                  / UDP(sport=source[1], dport=destination[1]) / Raw(payload))
        # A firewall at our own way out may make this call fail; what counts is what arrives.
        try:
            self.socket.sendto(bytes(packet), (destination[0], 0))
        except OSError as error:
            return error
        return None


def inject(namespace, source, destination, payload):
    """Send one such datagram; returns the error of the call, or None."""
    with Injector(namespace, 6 if ":" in destination[0] else 4) as injector:
        return injector.send(source, destination, payload)


class Endpoint:
    """A UDP socket in a namespace, bound to an address; the port is chosen by the kernel unless given."""

    def __init__(self, namespace, address, port=0):
        with namespace.entered():
            self.socket = socket.socket(family_of(address), socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self.socket.setblocking(False)
        self.socket.bind((address, port))
        self.name = self.socket.getsockname()[:2]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, payload, destination):
        """Send a datagram to an (address, port)."""
        with contextlib.suppress(OSError):
            self.socket.sendto(payload, destination)

    def receive(self):
        """The next datagram as (payload, (address, port)), or None."""
        try:
            payload, source = self.socket.recvfrom(65536)
        except (BlockingIOError, ConnectionRefusedError):
            return None
        return payload, source[:2]

    def expect(self, payload=None, seconds=2.0):
        """Wait for a datagram (equal to `payload` if given), and return it with its source."""
        got = wait.until(self.receive, f"a datagram arrives at {self.name}", seconds)
        assert payload is None or got[0] == payload, f"{got[0]!r} instead of {payload!r}"
        return got


def assert_arrives(sender, source, receiver, payload=b"probe"):
    """A datagram from (address, port) `source` of namespace `sender` reaches the Endpoint `receiver`."""
    inject(sender, source, receiver.name, payload)
    assert receiver.expect(payload)[1] == source


def assert_dropped(gate, sender, source, receiver, payload=b"probe", reasons=("unsolicited",)):
    """The same datagram is dropped: counted once, with one of the reasons, and never received.

    Waiting for the counter makes the absence certain: what is counted as dropped can't arrive later. Surplus answers to
    duplicated requests may be dropped meanwhile; where `reasons` are theirs, the caller sends something after it that
    must arrive first.
    """
    def counted():
        dropped = gate.drops_since(before)
        return {reason: count for reason, count in dropped.items() if reason in reasons or reason not in SURPLUS}

    before = gate.drops()
    error = inject(sender, source, receiver.name, payload)
    wait.until(counted, f"{source} -> {receiver.name} is counted as dropped (the sender was told: {error})")
    dropped = counted()
    assert set(dropped) <= set(reasons), f"dropped {dropped}, expected {reasons}"
    assert sum(dropped.values()) == 1 or set(reasons) & SURPLUS, f"dropped {dropped}, expected one packet"
    assert receiver.receive() is None, "counted as dropped, and received all the same"
