# SPDX-License-Identifier: GPL-2.0-or-later
"""200 downloads and 50 uploads at once over bad links: all complete, with tidegate as without."""

import time

import pytest

import crowd
from lab.gate import SURPLUS

EXPECTED_PASSES = {"request", "first_reply", "data", "ack", "oack", "error"}
EXPECTED_DROPS = SURPLUS
ROUTER = pytest.mark.parametrize("lab", [("router", 4)], indirect=True, ids=["router-v4"])


def run_crowd(lab, watch=None):
    """Everybody transfers; the failures. watch() is called while they do."""
    lab.start_servers(crowd.SERVER_NAMES)
    crowd.disturb(lab)
    with crowd.running(lab) as jobs:
        started = time.monotonic()
        if watch:
            watch(jobs)
        failures = crowd.finish(jobs)
        print(f"{len(jobs)} transfers in {time.monotonic() - started:.0f} s, {len(failures)} failed")
    return failures


@ROUTER
def test_without_tidegate(lab):
    """The clients and servers themselves get along with such links."""
    failures = run_crowd(lab)
    assert not failures, "\n".join(failures)


@ROUTER
def test_with_tidegate(lab, gate):
    """tidegate in the middle changes nothing for them, and counts no reason that the links do not explain."""
    peak = 0

    def watch(jobs):
        nonlocal peak
        while any(job.process.poll() is None for job in jobs):
            states = [flow["state"] for flow in gate.transfers()]
            peak = max(peak, sum(state in ("active", "final") for state in states))

    gate.up()
    failures = run_crowd(lab, watch)
    print("passed:", crowd.tally(gate.counts("pass")))
    print("dropped:", crowd.tally(gate.drops()))
    print("transfers at the same time, at most:", peak)
    assert not failures, "\n".join(failures)
    assert set(gate.counts("pass")) <= EXPECTED_PASSES
    assert set(gate.drops()) <= EXPECTED_DROPS
