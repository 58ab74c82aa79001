# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames and TFTP payloads from their parts. Checksums are filled with constants: tidegate never verifies them (they may
be partial), and nobody else sees these frames."""

import struct

_CHECKSUM = 0xBEEF
_UDP = struct.Struct(">HHHH")
_IPV4 = struct.Struct(">BBHHHBBH4s4s")
_IPV6 = struct.Struct(">IHBB16s16s")
_HEAD = struct.Struct(">HH")


def address(text):
    """4 or 16 bytes."""
    if ":" in text:
        left, _, right = text.partition("::")
        groups = [[int(part, 16) for part in side.split(":") if part] for side in (left, right)]
        words = groups[0] + [0] * (8 - len(groups[0]) - len(groups[1])) + groups[1]
        return struct.pack(">8H", *words)
    return bytes(map(int, text.split(".")))


def mapped(ip):
    """16 bytes, IPv4 mapped (RFC 4291 2.5.5.2)."""
    return ip if len(ip) == 16 else bytes(10) + b"\xff\xff" + ip


def request(opcode, name, mode=b"octet", options=(), tail=b""):
    """RRQ or WRQ; options are (name, value) pairs of bytes."""
    return b"".join((b"\0", bytes((opcode,)), name, b"\0", mode, b"\0", *(word + b"\0" for pair in options
                                                                        for word in pair), tail))


def oack(options, tail=b""):
    """An option acknowledgement."""
    return b"".join((b"\0\6", *(word + b"\0" for pair in options for word in pair), tail))


def data(block, size, fill=b"\x2a"):
    """A DATA packet with `size` bytes of file."""
    return _HEAD.pack(3, block & 0xFFFF) + fill * size


def ack(block, size=4):
    """An ACK, four bytes unless said otherwise."""
    return _HEAD.pack(4, block & 0xFFFF) + bytes(size - 4)


def error(code, text=b"\0"):
    """An ERROR; the text brings its own NUL."""
    return _HEAD.pack(5, code & 0xFFFF) + text


def udp(source_port, destination_port, payload, length=None, checksum=_CHECKSUM):
    """A UDP datagram."""
    return _UDP.pack(source_port, destination_port, len(payload) + 8 if length is None else length, checksum) + payload


def ip(source, destination, body, *, protocol=17, fragment=None, options=b"", length=None):
    """An IP packet. `fragment` is (id, offset in bytes, more); `options` are IPv4's, or whole IPv6 extension headers as
    (type, bytes) pairs, outermost first."""
    if len(source) == 4:
        ident, offset, more = fragment or (0, 0, False)
        total = 20 + len(options) + len(body) if length is None else length
        return _IPV4.pack(0x45 + len(options) // 4, 0, total, ident & 0xFFFF, offset // 8 | more << 13, 64, protocol,
                          _CHECKSUM, source, destination) + options + body
    chain = list(options) if options else []
    if fragment:
        ident, offset, more = fragment
        chain.append((44, struct.pack(">BBHI", 0, 0, offset | more, ident)))
    kinds = [kind for kind, _ in chain] + [protocol]
    headers = b"".join(bytes((kinds[at + 1],)) + header[1:] for at, (_, header) in enumerate(chain))
    total = len(headers) + len(body) if length is None else length
    return _IPV6.pack(0x60000000, total, kinds[0], 64, source, destination) + headers + body


def ethernet(packet, *, ipv6, tags=(), group=False, destination=b"\x02\0\0\0\0\1", source=b"\x02\0\0\0\0\2"):
    """A frame; tags are (type, tci), outermost first."""
    if group:
        destination = b"\xff\xff\xff\xff\xff\xff"
    kind = b"\x86\xdd" if ipv6 else b"\x08\x00"
    return b"".join((destination, source, *(_HEAD.pack(*tag) for tag in tags), kind, packet))


def read_options(text):
    """Names (lower case) and values of a well-formed option list."""
    words = text.split(b"\0")
    return [(words[at].lower(), words[at + 1]) for at in range(0, len(words) - 2, 2) if words[at]]
