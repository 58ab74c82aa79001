# SPDX-License-Identifier: GPL-2.0-or-later
"""Capture files, written byte by byte: link layers, file formats, and the frames of a TFTP transfer."""

import dataclasses
import socket
import struct

from . import packets

ETHERNET, NULL, RAW, SLL, LOOP, IPV4, IPV6, SLL2, RADIOTAP = 1, 0, 101, 113, 108, 228, 229, 276, 127
SECOND = 10**9
START = 1_764_042_000 * SECOND + 123_456_789  # 2025-11-25T03:40:00.123456789Z
START_TEXT = "2025-11-25T03:40:00.123456789Z"

CLIENT, SERVER = {4: "192.0.2.10", 6: "2001:db8::10"}, {4: "198.51.100.20", 6: "2001:db8:1::20"}
CLIENT_PORT, TID = 50941, 49194
ETHERTYPE = {4: 0x0800, 6: 0x86DD}
FAMILY_NUMBER = {4: 2, 6: 10}
SNAPLEN = 262144


@dataclasses.dataclass
class Captured:
    """One frame of a file: when (ns), its bytes, and how long it was on the wire if it was cut."""

    time: int
    frame: bytes
    wire: int = 0


def ip(family, source, destination, payload):
    """An IP packet with UDP from an (address, port) to an (address, port)."""
    kind = socket.AF_INET if family == 4 else socket.AF_INET6
    addresses = socket.inet_pton(kind, source[0]) + socket.inet_pton(kind, destination[0])
    udp = struct.pack("!HHHH", source[1], destination[1], 8 + len(payload), 0x1234) + payload
    if family == 4:
        return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 7, 0, 64, 17, 0) + addresses + udp
    return struct.pack("!IHBB", 6 << 28, len(udp), 17, 64) + addresses + udp


def up(family, payload, port=TID, client_port=CLIENT_PORT):
    """From the client to the server."""
    return ip(family, (CLIENT[family], client_port), (SERVER[family], port), payload)


def down(family, payload, port=TID, client_port=CLIENT_PORT):
    """From the server to the client."""
    return ip(family, (SERVER[family], port), (CLIENT[family], client_port), payload)


def ask(family, name="vmlinuz", **options):
    """A read request."""
    return up(family, packets.request(packets.RRQ, name, **options), 69)


def transfer(family):
    """A whole transfer of two blocks as IP packets, and the reasons for which they pass."""
    return ([ask(family), down(family, packets.data(1, b"x" * 512)), up(family, packets.ack(1)),
             down(family, packets.data(2, b"y" * 100)), up(family, packets.ack(2))],
            ["request", "first_reply", "ack", "data", "ack"])


def ethernet(kind, payload):
    """An Ethernet frame."""
    return b"\2\0\0\0\0\2\2\0\0\0\0\1" + struct.pack("!H", kind) + payload


def framed(link, family, packet):
    """The IP packet in a frame of the link type."""
    if link == ETHERNET:
        return ethernet(ETHERTYPE[family], packet)
    if link == SLL:
        return struct.pack("!HHH8sH", 0, 1, 6, b"\2\0\0\0\0\1", ETHERTYPE[family]) + packet
    if link == SLL2:
        return struct.pack("!HHIHBB8s", ETHERTYPE[family], 0, 3, 1, 0, 6, b"\2\0\0\0\0\1") + packet
    if link in (NULL, LOOP):
        return struct.pack("!I" if link == LOOP else "<I", FAMILY_NUMBER[family]) + packet
    return packet


def spaced(frames, step=SECOND // 100, start=START):
    """The frames, each `step` nanoseconds after the one before."""
    return [Captured(start + number * step, frame) for number, frame in enumerate(frames)]


def pcap(frames, link=ETHERNET, order="<", nanoseconds=True, snaplen=SNAPLEN):
    """A pcap file of either byte order and precision."""
    unit = 1 if nanoseconds else 1000
    out = [struct.pack(order + "IHHiIII", 0xA1B23C4D if nanoseconds else 0xA1B2C3D4, 2, 4, 0, 0, snaplen, link)]
    for item in frames:
        out.append(struct.pack(order + "IIII", item.time // SECOND, item.time % SECOND // unit, len(item.frame),
                               item.wire or len(item.frame)) + item.frame)
    return b"".join(out)


def pcapng(frames, link=ETHERNET, order="<", interfaces=2):
    """A pcapng file whose frames come from its interfaces in turn; nanoseconds."""
    def block(kind, body):
        body += b"\0" * (-len(body) % 4)
        length = struct.pack(order + "I", len(body) + 12)
        return struct.pack(order + "I", kind) + length + body + length

    out = [block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))]
    resolution = struct.pack(order + "HHB3xHH", 9, 1, 9, 0, 0)
    out += [block(1, struct.pack(order + "HHI", link, 0, SNAPLEN) + resolution)] * interfaces
    for number, item in enumerate(frames):
        out.append(block(6, struct.pack(order + "IIIII", number % interfaces, item.time >> 32, item.time & 0xFFFFFFFF,
                                        len(item.frame), item.wire or len(item.frame)) + item.frame))
    return b"".join(out)
