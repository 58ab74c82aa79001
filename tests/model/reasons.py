# SPDX-License-Identifier: GPL-2.0-or-later
"""Names and verdicts of the reasons, read from the contract (bpf/reasons.h), which is all that the model takes from the C."""

import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PASSED = 0x80
"""Bit of an outcome: the packet passed. The lowest seven bits are the reason's number; above are its new ports."""
KIND = 0x7F
FORGOTTEN = 0x7D
"""The model's outcome where an engine may have forgotten that something has expired, and say that nobody asked."""
NOT_OFFERED = 0x7F
"""An engine's outcome for a packet that it does not take."""
OTHERWISE = 0x7C
"""An engine's outcome where it agrees with the native core, but not in the bytes of the frame that it lets pass."""
INCOHERENT = 0x7E
"""An engine's outcome where more than one reason was counted, or its verdict is none."""

_ENTRY = re.compile(r'X\((\d+), ([A-Z_0-9]+), "([a-z_0-9]+)", TG_(PASS|DROP),')


def _read():
    with open(os.path.join(ROOT, "bpf/reasons.h"), encoding="utf-8") as header:
        entries = _ENTRY.findall(header.read())
    if len(entries) < 50:
        raise RuntimeError("the list of reasons in bpf/reasons.h has another form than this reader knows")
    return entries


NAMES = {}
PASSES = {}
for _number, _name, _key, _verdict in _read():
    globals()[_name] = int(_number)
    NAMES[int(_number)] = _key
    PASSES[int(_number)] = _verdict == "PASS"
PASSES[FORGOTTEN] = False
NUMBERS = {key: number for number, key in NAMES.items()}


def outcome(reason, ports):
    """The outcome of a packet that passes, with new source and destination ports (0: its own)."""
    return reason | PASSED | ports[0] << 8 | ports[1] << 24


def new_ports(value):
    """The new source and destination ports of an outcome."""
    return value >> 8 & 0xFFFF, value >> 24


def describe(value):
    """What an outcome says, for people."""
    source, destination = new_ports(value)
    return (_describe(value & 0xFF) + (f" as from port {source}" if source else "")
            + (f" to port {destination}" if destination else ""))


def _describe(outcome):  # pylint: disable=redefined-outer-name
    if outcome & ~PASSED == FORGOTTEN:
        return describe(NUMBERS["expired"] | outcome & PASSED) + ", or unsolicited"
    if outcome == NOT_OFFERED:
        return "not offered"
    if outcome == INCOHERENT:
        return "incoherent counters or verdict"
    if outcome == OTHERWISE:
        return "other bytes than the native core's ports make"
    verdict = "pass" if outcome & PASSED else "drop"
    return f"{verdict} {NAMES.get(outcome & ~PASSED, outcome & ~PASSED)}"
