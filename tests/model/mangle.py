# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames that are wrong: cut, prolonged, with bytes changed and headers bent, in front of a running exchange. Nothing is
promised about them; model and engines have to agree."""

import struct

from model import TUNNEL
from walk import Walk


def change_byte(rng, frame):
    """One byte, changed in one bit, or to an interesting or any value."""
    if not frame:
        return frame
    at = rng.randrange(min(len(frame), 120))
    kind = rng.random()
    value = frame[at] ^ 1 << rng.randrange(8) if kind < 0.5 else rng.choice((0, 1, 4, 5, 6, 0xFF, 0x81, 0x88, 0x45, 0x60))
    if kind > 0.8:
        value = rng.randrange(256)
    return frame[:at] + bytes((value,)) + frame[at + 1:]


def change_word(rng, frame):
    """Two bytes of the headers."""
    at = rng.randrange(max(1, min(len(frame) - 2, 70)))
    value = rng.choice((0, 1, 7, 8, 9, 12, 20, 28, 40, 0x2000, 0x1FFF, 0x8100, 0x88A8, 0x0800, 0x86DD, 0xFFFF,
                        len(frame) - 14, len(frame) - 34, rng.randrange(65536)))
    return frame[:at] + struct.pack(">H", value & 0xFFFF) + frame[at + 2:]


def cut(rng, frame):
    """The first bytes only."""
    return frame[:rng.randrange(len(frame) + 1)]


def prolong(rng, frame):
    """Bytes behind."""
    return frame + bytes(rng.randrange(40))


def insert_tag(rng, frame):
    """One more VLAN tag."""
    return frame[:12] + struct.pack(">HH", rng.choice((0x8100, 0x88A8, 0x9100)), rng.randrange(65536)) + frame[12:]


def _ip_offset(frame):
    """Where the IP header begins in an Ethernet frame of ours."""
    at = 12
    while frame[at:at + 2] in (b"\x81\x00", b"\x88\xa8"):
        at += 4
    return at + 2


def ip_options(rng, frame):
    """IPv4 options, or IPv6 extension headers, in front of what is there."""
    at = _ip_offset(frame)
    if frame[at:at + 1] and frame[at] >> 4 == 4 and len(frame) >= at + 20:
        size = rng.choice((4, 8, 40))
        total = struct.unpack_from(">H", frame, at + 2)[0] + size
        head = bytes((0x45 + size // 4, 0)) + struct.pack(">H", total & 0xFFFF) + frame[at + 4:at + 20]
        return frame[:at] + head + bytes(size) + frame[at + 20:]
    if len(frame) < at + 40:
        return frame
    chain, kind = b"", frame[at + 6]
    for _ in range(rng.choice((1, 1, 2, 3, 7, 8, 9))):
        extension = rng.choice((0, 43, 60, 135, 51, 139, 140, 44, 50, 59, 41))
        size = 8 if extension == 44 else rng.choice((8, 8, 16, 24))
        units = size // 4 - 2 if extension == 51 else size // 8 - 1
        rest = bytes((0, rng.choice((0, 0, 0, 1, 8))) if extension == 44 else 2) + bytes(size - 4)
        chain = bytes((kind, units)) + rest[:size - 2] + chain
        kind = extension
    length = struct.unpack_from(">H", frame, at + 4)[0] + len(chain)
    head = frame[at:at + 4] + struct.pack(">HB", length & 0xFFFF, kind) + frame[at + 7:at + 40]
    return frame[:at] + head + chain + frame[at + 40:]


def bad_checksum_or_length(rng, frame):
    """The UDP length or checksum, where UDP follows the plain IP header."""
    at = _ip_offset(frame)
    at += 20 if frame[at:at + 1] and frame[at] >> 4 == 4 else 40
    field = rng.choice((4, 6))
    if len(frame) < at + 8:
        return frame
    old = struct.unpack_from(">H", frame, at + 4)[0]
    value = 0 if field == 6 else rng.choice((0, 7, 8, old - 1, old + 1, old - 4, 12, 65535))
    return frame[:at + field] + struct.pack(">H", value & 0xFFFF) + frame[at + field + 2:]


MANGLERS = (change_byte, change_byte, change_byte, change_word, cut, prolong, insert_tag, ip_options, ip_options,
            bad_checksum_or_length)


class Mangled(Walk):
    """A walk whose frames are followed, or replaced, by mangled ones."""

    def emit(self, packet, ipv6, group=False):
        super().emit(packet, ipv6, group)
        rng = self.rng
        at, interface, out, came_by, frame = self.scene.packets[-1]
        if rng.random() < 0.3:
            return
        if rng.random() < 0.3:
            for column in (self.scene.packets, self.scene.duties, self.scene.notes):
                column.pop()
        for _ in range(rng.choice((1, 1, 2))):
            mangler = rng.choice(MANGLERS)
            if interface == TUNNEL:
                mangler = rng.choice((change_byte, change_word, cut, prolong))
            frame = mangler(rng, frame)
        self.scene.add((at, interface, out, came_by, frame), note=mangler.__name__)


def make(rng):
    """A scene."""
    scene = Mangled(rng, rng.choice((20, 60))).scene
    scene.name = "mangled frames"
    return scene
