# SPDX-License-Identifier: GPL-2.0-or-later
"""200 downloads and 50 uploads at once over bad links: all complete, with tidegate as without."""

import json
import math
import time

import pytest

import crowd
from lab.gate import SURPLUS

# expired: servers repeat the last block that was not acknowledged for 63 s, tidegate keeps what is over for 35 s.
# oack_late: the second copy of an OACK, overtaken by DATA 1.
EXPECTED_DROPS = SURPLUS | {"expired", "oack_late"}
EXPECTED_PASSES = {"request", "first_reply", "data", "ack", "oack", "error"}
# Who fails is started once more, and then once more, like a boot ROM. Without tidegate too some of 250 need it: a write
# request that the link doubled, five losses in a row, 6 s for each loss.
TRY_SECONDS = (75, 45, 45)
# How many may need it; and how many more with tidegate, which is chance, and so grows with the root of the crowd.
MORE_TRIES = 50 // crowd.SHARE
MORE_WITH_TIDEGATE = 10 // math.isqrt(crowd.SHARE)
ROUTER = pytest.mark.parametrize("lab", [("router", 4)], indirect=True, ids=["router-v4"])


def run_crowd(lab, watch=None):
    """Everybody transfers, and whoever failed tries again: all complete. How many needed more than one try."""
    crowd.start_servers(lab)
    crowd.disturb(lab)
    started = time.monotonic()
    jobs = left = crowd.all_jobs()
    assert sum(job.get for job in jobs) == crowd.DOWNLOADS and len(jobs) == crowd.DOWNLOADS + crowd.UPLOADS
    failures = []
    for number, seconds in enumerate(TRY_SECONDS, 1):
        failed = crowd.transfer(lab, left, seconds, watch)
        left = [job for job, _ in failed]
        failures.append(failed)
        print(f"try {number}: {len(jobs) - len(left)} of {len(jobs)} complete, {time.monotonic() - started:.0f} s")
        if not left:
            break
    said = "\n".join(failure for failed in failures for _, failure in failed)
    print(said)
    assert not left, said
    assert len(failures[0]) <= MORE_TRIES, said
    return len(failures[0])


@pytest.fixture(scope="module")
def more_tries():
    """How many transfers needed more than one try in which test."""
    return {}


@ROUTER
def test_without_tidegate(lab, more_tries):
    """The clients and servers themselves get along with such links."""
    more_tries["without"] = run_crowd(lab)


@ROUTER
def test_with_tidegate(lab, gate, more_tries):
    """tidegate in the middle changes nothing for them, and counts no reason that the links do not explain."""
    peak = 0

    def watch():
        nonlocal peak
        # Patiently: 250 others want the processor.
        said = gate.call("--json", "flows", prefix=crowd.SERVER_PRIORITY, timeout=60).stdout
        active = sum(flow["state"] in ("active", "final") for flow in json.loads(said)["transfers"])
        peak = max(peak, active)

    gate.up()
    tries = run_crowd(lab, watch)
    passed, dropped = gate.counts("pass"), gate.drops()
    print("passed:", crowd.tally(passed))
    print("dropped:", crowd.tally(dropped))
    print("transfers at the same time, in both zones, at most:", peak)
    assert tries <= more_tries.get("without", MORE_TRIES) + MORE_WITH_TIDEGATE
    assert set(passed) <= EXPECTED_PASSES
    assert set(dropped) <= EXPECTED_DROPS
