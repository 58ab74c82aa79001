# SPDX-License-Identifier: GPL-2.0-or-later
"""Names and verdicts of the reasons, read from the contract (bpf/reasons.h), which is all that the model takes from the C."""

import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PASSED = 0x80
"""Bit of an outcome byte: the packet passed. The other bits are the reason's number."""
FORGOTTEN = 0x7D
"""The model's outcome where an engine may have forgotten that something has expired, and say that nobody asked."""
NOT_OFFERED = 0x7F
"""An engine's outcome for a packet that it does not take."""
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


def describe(outcome):
    """What an outcome byte says, for people."""
    if outcome & ~PASSED == FORGOTTEN:
        return describe(NUMBERS["expired"] | outcome & PASSED) + ", or unsolicited"
    if outcome == NOT_OFFERED:
        return "not offered"
    if outcome == INCOHERENT:
        return "incoherent counters or verdict"
    verdict = "pass" if outcome & PASSED else "drop"
    return f"{verdict} {NAMES.get(outcome & ~PASSED, outcome & ~PASSED)}"
