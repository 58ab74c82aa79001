# SPDX-License-Identifier: GPL-2.0-or-later
"""The budget of a zone for requests of addresses that have proved nothing (docs/tracker.md 11.7)."""

import reasons as R
from frame import MAPPED
from limits import Bucket

SHARES = {}
"""Of prefixes, as (place, prefix): the number of their share. A seeded hash, which the driver tells. What is not here has its own."""
SETS = {}
"""Likewise of clients' ports, as (place, address, port): the number of the set in which they are noted. Who is not here shares one with
others like it."""
NOTES_MAX = 32
"""In a set."""
QUARTERS = 64
"""The time of a note comes round after so many quarters of a second."""
COPY_MAX, YOUNG_MAX, AGAIN_MAX = 1, 22, 48
"""Quarters since a note: for a copy, for a note that keeps its place, and for a request that asks again, at the most."""


def prefix_of(address):
    """/24 or /64."""
    return address[:15] if address.startswith(MAPPED) else address[:8]


class Notes:
    """A set of places, in their order."""

    __slots__ = ("whose", "quarters", "told")

    def __init__(self, told):
        self.whose = []
        self.quarters = []
        self.told = told  # by the driver

    def note(self, who, quarter):
        """Somebody found nothing in the budget. Returns whether it asks again."""
        ages = [(quarter - noted) % QUARTERS for noted in self.quarters]
        if who in self.whose:
            at = self.whose.index(who)
            if ages[at] > COPY_MAX:
                self.quarters[at] = quarter
            return COPY_MAX < ages[at] <= AGAIN_MAX
        if len(self.whose) < NOTES_MAX:
            self.whose.append(who)
            self.quarters.append(quarter)
        elif not self.told:
            raise ValueError("more clients were refused than the model can follow without their hashes")
        elif max(ages) > YOUNG_MAX:
            at = ages.index(max(ages))
            self.whose[at], self.quarters[at] = who, quarter
        return False


class Budget:
    """That of all zones, who has proved something, and who was refused."""

    def __init__(self):
        self.buckets = {}  # zone number -> (budget, reserve)
        self.shares = {}   # number, or (place, prefix) -> Bucket
        self.proved = {}   # (place, address or prefix) -> when, the last time
        self.notes = {}    # number -> Notes

    def prove(self, place, address, now):
        """The client has acknowledged, or refused, what came to its address."""
        self.proved[(place, address)] = self.proved[(place, prefix_of(address))] = now

    def _is_proved(self, place, what, zone, now):
        at = self.proved.get((place, what))
        return zone.proved_wait > 0 and at is not None and now - at <= zone.proved_wait

    def refuses(self, place, address, port, zone, now):
        """A request of possible length: R.REQUEST_BUDGET, or None."""
        interval, tolerance = zone.budget_interval, zone.budget_tolerance
        if not interval or self._is_proved(place, address, zone, now):
            return None
        who, prefix = (place, address, port), (place, prefix_of(address))
        budget, reserve = self.buckets.setdefault(place[0], (Bucket(), Bucket()))
        share = self.shares.setdefault(SHARES.get(prefix, prefix), Bucket())
        reach = tolerance if share.conforms(4 * interval, tolerance, now) else tolerance - tolerance // 4
        taken = budget if budget.conforms(interval, reach, now) else None
        if not budget.conforms(interval, tolerance, now):
            budget.delay(interval, tolerance, zone, now)
        if taken is None and self._is_proved(*prefix, zone, now):
            taken = reserve if reserve.conforms(interval, reach, now) else None
        elif taken is None:
            notes = self.notes.setdefault(SETS.get(who), Notes(who in SETS))
            again = notes.note(who, 4 * now // zone.second)
            taken = reserve if again and reserve.conforms(interval, min(reach, tolerance - tolerance // 8), now) else None
        if taken is None:
            return R.REQUEST_BUDGET
        taken.take(interval, now)
        share.take(4 * interval, now)
        share.arrival = min(share.arrival, (now << 16) + tolerance + 4 * interval)
        return None
