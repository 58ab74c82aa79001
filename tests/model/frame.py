# SPDX-License-Identifier: GPL-2.0-or-later
"""The model's own reading of frames: Ethernet, 802.1Q and 802.1ad tags, IPv4, IPv6 with its extension headers, fragments
and UDP (docs/tracker.md 5, 7.4, 10.8). Written from the RFCs, not from the parser that it is compared with."""

import struct

import reasons as R

WHOLE, FIRST, LATER = range(3)

MAPPED = bytes(10) + b"\xff\xff"
TAG_TYPES = (0x8100, 0x88A8)
UDP = 17
FRAGMENT = 44
AUTHENTICATION = 51
# Hop-by-hop, routing, fragment, authentication, destination options, mobility.
CHAINED = (0, 43, FRAGMENT, AUTHENTICATION, 60, 135)
EXTENSIONS_MAX = 8
HEADERS_MIN = 16
"""A later fragment must not begin before; the UDP header and the TFTP header are in front (multiples of 8)."""

_types = struct.Struct(">HH").unpack_from
_short = struct.Struct(">H").unpack_from
_ipv4 = struct.Struct(">BxHHHxBxx4s4s").unpack_from
_ipv6 = struct.Struct(">B3xHBx16s16s").unpack_from
_udp = struct.Struct(">HHHH").unpack_from


class Packet:
    """A UDP datagram, or an IP fragment of one. Ports in host order; addresses 16 bytes, IPv4 mapped."""

    __slots__ = ("vlan", "source", "destination", "to_group", "ipv6", "fragment", "fragment_id", "fragment_offset",
                 "source_port", "destination_port", "payload_bytes", "payload", "ip_bytes")

    def __repr__(self):
        return " ".join(f"{name}={getattr(self, name, None)!r}" for name in self.__slots__)


def parse(frame, ethernet):
    """The Packet in the frame, or the reason why there is none."""
    packet = Packet()
    packet.vlan = (0, 0)
    packet.to_group = False
    if not ethernet:
        return _parse_ip(frame, 0, packet, _version_type(frame))
    if len(frame) < 14:
        return R.TRUNCATED
    packet.to_group = bool(frame[0] & 1)
    kind = frame[12] << 8 | frame[13]
    offset = 14
    if kind in TAG_TYPES:
        tags = []
        while kind in TAG_TYPES:
            if len(tags) == 2:
                return R.VLAN_DEPTH
            if len(frame) < offset + 4:
                return R.TRUNCATED
            tci, kind = _types(frame, offset)
            tags.append(tci & 0xFFF)
            offset += 4
        # A tag with id 0 carries a priority and names no VLAN (IEEE 802.1Q 6.9).
        ids = [tag for tag in tags if tag]
        packet.vlan = tuple(ids + [0] * (2 - len(ids)))
    return _parse_ip(frame, offset, packet, kind)


def _version_type(frame):
    """Without Ethernet, the version tells what there is."""
    if not frame:
        return None
    return {4: 0x0800, 6: 0x86DD}.get(frame[0] >> 4, 0)


def _parse_ip(frame, offset, packet, kind):
    if kind == 0x0800:
        return _parse_ipv4(frame, offset, packet)
    if kind == 0x86DD:
        return _parse_ipv6(frame, offset, packet)
    return R.TRUNCATED if kind is None else R.NOT_UDP


def _parse_ipv4(frame, offset, packet):
    if len(frame) < offset + 20:
        return R.TRUNCATED
    first, length, ident, flags, protocol, source, destination = _ipv4(frame, offset)
    header = (first & 15) * 4
    if protocol != UDP:
        return R.NOT_UDP
    if first >> 4 != 4 or header < 20 or length < header:
        return R.IPV4_HEADER
    packet.ipv6 = False
    packet.ip_bytes = length
    packet.source = MAPPED + source
    packet.destination = MAPPED + destination
    if destination[0] >= 224 and (destination[0] < 240 or destination == b"\xff\xff\xff\xff"):
        packet.to_group = True
    packet.fragment_id = ident
    packet.fragment_offset = (flags & 0x1FFF) * 8
    more = bool(flags & 0x2000)
    return _parse_transport(frame, offset + header, offset + length, packet, more)


def _parse_ipv6(frame, offset, packet):
    if len(frame) < offset + 40:
        return R.TRUNCATED
    first, length, kind, source, destination = _ipv6(frame, offset)
    if kind != UDP and kind not in CHAINED:
        return R.NOT_UDP
    if first >> 4 != 6:
        return R.IPV6_HEADER
    packet.ipv6 = True
    packet.ip_bytes = 40 + length
    packet.source = source
    packet.destination = destination
    if destination[0] == 0xFF:
        packet.to_group = True
    packet.fragment_offset = 0
    packet.fragment_id = 0
    return _parse_extensions(frame, offset + 40, offset + 40 + length, packet, kind)


def _parse_extensions(frame, offset, end, packet, kind):
    more = fragments = False
    seen = 0
    while kind != UDP:
        if kind not in CHAINED:
            return R.NOT_UDP
        if seen == EXTENSIONS_MAX:
            return R.IPV6_EXTENSIONS
        seen += 1
        if len(frame) < offset + (8 if kind == FRAGMENT else 2):
            return R.TRUNCATED
        if offset + 8 > end:
            return R.IPV6_HEADER
        if kind == FRAGMENT:
            if fragments:
                return R.IPV6_EXTENSIONS
            fragments = True
        following, units = frame[offset], frame[offset + 1]
        if kind == FRAGMENT:
            field = _short(frame, offset + 2)[0]
            packet.fragment_id = int.from_bytes(frame[offset + 4:offset + 8], "big")
            packet.fragment_offset = field & 0xFFF8
            more = bool(field & 1)
            size = 8
            if packet.fragment_offset:
                # What follows is the middle of the datagram: no further header can be read.
                return _parse_transport(frame, offset + 8, end, packet, more) if following == UDP else R.NOT_UDP
        elif kind == AUTHENTICATION:
            size = (units + 2) * 4
        else:
            size = (units + 1) * 8
        offset += size
        if offset > end:
            return R.IPV6_HEADER
        kind = following
    return _parse_transport(frame, offset, end, packet, more)


def _parse_transport(frame, offset, end, packet, more):
    # RFC 4291 2.5.5.2: an IPv4 address as a program sees it, never one of an IPv6 packet.
    if packet.ipv6 and MAPPED in (packet.source[:12], packet.destination[:12]):
        return R.IPV6_HEADER
    packet.fragment = LATER if packet.fragment_offset else FIRST if more else WHOLE
    if packet.fragment == LATER:
        if len(frame) < end:
            return R.TRUNCATED
        return R.FRAGMENT_OVERLAP if packet.fragment_offset < HEADERS_MIN else packet
    room = end - offset
    if packet.fragment == FIRST and room < 12:
        return R.FRAGMENT_TINY
    if room < 8:
        return R.UDP_LENGTH
    if len(frame) < offset + 8:
        return R.TRUNCATED
    packet.source_port, packet.destination_port, length, checksum = _udp(frame, offset)
    if length < 8 or (length > room and packet.fragment == WHOLE):
        return R.UDP_LENGTH
    if packet.ipv6 and not checksum:
        return R.UDP_CHECKSUM
    if len(frame) < end:
        return R.TRUNCATED
    packet.payload_bytes = length - 8
    packet.payload = frame[offset + 8:min(offset + length, end)]
    return packet
