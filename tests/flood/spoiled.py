# SPDX-License-Identifier: GPL-2.0-or-later
"""checks.py sees what is wrong: outcomes that are right but for one thing, and what has to be said of it."""

import copy

import checks

GOOD = {
    "case": "reflection", "firewall": "tidegate",
    "flood": {"sent": 2_000_000, "seconds": 10.0, "rate": 200_000},
    "clients": {"asked": 40, "complete": 40}, "running": {"asked": 8, "complete": 8},
    "admitted": {"requests": 1500, "services": 70, "wrong": 0},
    "state": {"entries": 4000, "limit": 278_528},
    "reflected": {"packets": 9000, "bytes": 9000 * 544, "victims": 1500, "most_packets": 6, "most_bytes": 6 * 544, "icmp": 70},
    "server_tasks": {"most": 1500, "ended": False},
    "says": {"budget": {"rate": 100.0, "burst": 1500}},
}

# Where, what, and words of the complaint: the first may be a busy machine's fault, and is tried again.
EXCUSABLE = (
    ("clients", "complete", 39, "39 of 40"),
    ("running", "complete", 7, "7 of 8"),
    ("flood", "rate", 9_999, "is none"),
)
WRONG = (
    ("admitted", "wrong", 1, "belong to nothing"),
    ("admitted", "requests", 5201, "at most 5200"),
    ("state", "entries", 20_993, "at most 20992"),
    ("state", "limit", 3999, "4000 entries"),
    ("reflected", "packets", 1500 * 13 + 1, "reflected for"),
    ("reflected", "bytes", 1500 * 13 * 544 + 1, "reflected for"),
    ("reflected", "most_packets", 14, "to one address"),
    ("reflected", "most_bytes", 13 * 544 + 1, "to one address"),
    ("reflected", "icmp", 71, "ICMP"),
    ("server_tasks", "ended", True, "server ended"),
    ("says", "budget", None, "at most 0"),
    # Where no request is sent none may come through, and none leaves an entry.
    (None, "case", "fragments", "at most 0"),
    (None, "case", "fragments", "at most 192"),
)
# With another firewall the counters have to see the flood.
BLIND = (
    ("admitted", "requests", 0, "nothing of the flood arrives"),
    ("reflected", "packets", 0, "answers nobody"),
)


def _spoiled(outcome, group, name, value):
    spoiled = copy.deepcopy(outcome)
    (spoiled[group] if group else spoiled)[name] = value
    return spoiled


def blind_spots():
    """What checks.py does not see, or sees where nothing is."""
    nobody = _spoiled(GOOD, None, "firewall", "none")
    spots = []
    for outcome, check in ((GOOD, checks.complaints), (nobody, checks.complaints_of_others)):
        if check(outcome) != ([], []):
            spots.append(f"{check.__name__}: {check(outcome)} of what is right")
    for outcome, check, trials, number in ((GOOD, checks.complaints, EXCUSABLE, 0), (GOOD, checks.complaints, WRONG, 1),
                                           (nobody, checks.complaints_of_others, BLIND, 1)):
        for *where, words in trials:
            said = check(_spoiled(outcome, *where))
            if not any(words in line for line in said[number]):
                spots.append(f"{check.__name__}: {where} is not seen: {said}")
    return spots
