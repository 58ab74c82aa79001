# SPDX-License-Identifier: GPL-2.0-or-later
"""The grammar of requests and option acknowledgements (docs/tracker.md 6, 7.5; RFC 1350 5, RFC 2347 to 2349, 7440,
2090)."""

import reasons as R

READ, WRITE = 1, 2
REQUEST_MIN = 10
MODES = (b"octet", b"netascii", b"binary")
SAME = {b"blksize2": b"blksize"}
"""Option names that mean another one's."""
OACK_BYTES_MAX = 1024
BLKSIZE_MAX = 65464
NUMBERS = (b"blksize", b"windowsize")
LIMITED = (b"blksize", b"windowsize", b"msftwindow", b"multicast", b"udpport")
"""Options that a server may not bring up by itself."""


class Request:
    """What a valid request asks for. `options` maps lower-case names to values (bytes), first occurrence wins."""

    __slots__ = ("operation", "name", "text", "options", "timeout_s")

    def __init__(self, operation, name, text, options):
        self.operation = operation
        self.name = name
        self.text = text
        self.options = options

    def number(self, name):
        """The option's value, or None where it is absent or no number."""
        return number(self.options.get(name))


    def asks(self, name):
        """Is the option asked for, with a value that means something?"""
        return name in self.options and (name not in NUMBERS or self.number(name) is not None)


def number(value):
    """A decimal number, or None."""
    if value is None or not value.isdigit():
        return None
    return int(value)


def read_pairs(text):
    """Names and values up to the first malformed pair; what follows is garbage."""
    options = {}
    words = text.split(b"\0")
    # The last word has no NUL behind it.
    for at in range(0, len(words) - 2, 2):
        name, value = words[at].lower(), words[at + 1]
        if not name:
            break
        options.setdefault(SAME.get(name, name), value)
    return options


def length_is_possible(payload, longest):
    """May a request be so long?"""
    return REQUEST_MIN <= len(payload) <= longest


def read_request(payload, longest):
    """The Request in a payload that begins with opcode 1 or 2, or the reason why it is refused."""
    if not length_is_possible(payload, longest):
        return R.REQUEST_LENGTH
    name_end = payload.find(b"\0", 2)
    if name_end <= 2:
        return R.REQUEST_NAME
    mode_end = payload.find(b"\0", name_end + 1)
    if mode_end < 0:
        return R.REQUEST_MODE
    mode = payload[name_end + 1:mode_end].lower()
    if mode == b"mail":
        return R.REQUEST_MAIL
    if mode not in MODES:
        return R.REQUEST_MODE
    if b".." in payload[2:name_end].replace(b"\\", b"/").split(b"/"):
        return R.NAME_PARENT
    return Request(payload[1], payload[2:name_end], payload, read_pairs(payload[mode_end + 1:]))


class Grant:
    """What an OACK agrees to."""

    __slots__ = ("blksize", "windowsize", "timeout_s", "tsize", "msftwindow", "multicast", "udpport")


def _bounded(options, name, low, high):
    """The option's number (None: absent), and whether it is one within its bounds."""
    if name not in options:
        return None, True
    value = number(options[name])
    return value, value is not None and low <= value <= high


def read_timeout(options):
    """Seconds of `timeout` or `utimeout` (microseconds, rounded up), and whether it is one within its bounds."""
    seconds, good = _bounded(options, b"timeout", 1, 255)
    if b"timeout" in options:
        return seconds, good
    micros, good = _bounded(options, b"utimeout", 1, 255000000)
    return -(-micros // 1000000) if micros is not None else None, good


def read_multicast(value):
    """(address, port) of the group, empty where the value names none (`,,1`): that opens nothing (10.11)."""
    fields = value.split(b",")
    if len(fields) != 3:
        return ()
    octets = [number(part) for part in fields[0].split(b".")]
    port = number(fields[1])
    if len(octets) != 4 or any(part is None or part > 255 for part in octets) or port is None or not 0 < port < 65536:
        return ()
    return (bytes(octets), port) if 224 <= octets[0] < 240 else ()


def read_oack(payload, request, multicast_admitted, udpport_admitted):
    """The Grant in an option acknowledgement of the request, or the reason why it is refused."""
    options = read_pairs(payload[2:OACK_BYTES_MAX])
    if not request.options:
        return R.OACK_UNASKED
    grant = Grant()
    grant.blksize, blksize_good = _bounded(options, b"blksize", 8, request.number(b"blksize") or 0)
    grant.windowsize, windowsize_good = _bounded(options, b"windowsize", 1, request.number(b"windowsize") or 0)
    grant.timeout_s, timeout_good = read_timeout(options)
    grant.tsize = number(options.get(b"tsize"))
    grant.msftwindow = b"msftwindow" in options
    if b"multicast" in options and not multicast_admitted:
        return R.OACK_MULTICAST
    if b"udpport" in options and not udpport_admitted:
        return R.OACK_UDPPORT
    if any(name in options and not request.asks(name) for name in LIMITED):
        return R.OACK_UNASKED
    grant.multicast = read_multicast(options[b"multicast"]) if b"multicast" in options else None
    grant.udpport, udpport_good = _bounded(options, b"udpport", 1, 65535)
    if not (blksize_good and windowsize_good and timeout_good and udpport_good) or (grant.blksize or 0) > BLKSIZE_MAX:
        return R.OACK_VALUE
    return grant
