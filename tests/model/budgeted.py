# SPDX-License-Identifier: GPL-2.0-or-later
"""Random walks in zones with a small budget for those who have proved nothing (docs/tracker.md 11.7): few addresses in few prefixes, who
ask once or again, prove that they are there and lose that; many forged ones, who push each other's notes out; time jumps to both
sides of what counts. Nothing is promised; model and engines have to agree."""

import dataclasses

import build as b
import engines
from budget import SETS, SHARES, prefix_of
from limited import Limited

ADDRESSES = (
    # several in a prefix, and the last one's prefix shares its share with the first one's
    ("10.0.0.1", "10.0.0.254", "10.0.1.1", "192.0.2.250", "192.0.2.251", "10.22.230.7"),
    ("fe80::1", "fe80::ffff:1", "fd00::9:1", "fd00::8000:0:0:9", "fd00:0:0:1::9", "fd00:0:12:6a::7"),
)
PORTS = (2001, 2002, 69)
FORGED = tuple(tuple((b.address(form % (number, number)), 3000 + number) for number in range(160))
               for form in ("10.1.%d.%d", "fd64:%x::%x"))
"""Addresses and ports: more than there are places for notes."""
TAGS = ((0, 0), (7, 0), (9, 7))
"""The VLANs of a Walk."""
SPANS = (.25, .5, 5.5, 12, 16, 28)
"""Seconds at which something changes for whoever asks again."""


class Budgeted(Limited):
    """One walk."""

    ASKS_ALL, ASKS_AGAIN = .1, .6

    def __init__(self, rng, length):
        self.askers = self.asker = None
        self.forged = rng.randrange(len(FORGED[0]))
        super().__init__(rng, length)
        self.scene.name = "walk with a budget"

    def make_settings(self):
        settings = super().make_settings()
        rng = self.rng
        budget = self.make_budget(settings.zone.second)
        if rng.random() < .6:
            budget.update(request_interval=0, request_tolerance=0, open_max=0, not_found_max=0, names_max=0,
                          unacknowledged_packets=0, unacknowledged_bytes=0)
        zone = dataclasses.replace(settings.zone, **budget)
        other = settings.other_zone
        if rng.random() < .5:
            other = dataclasses.replace(other, **(budget if rng.random() < .5 else self.make_budget(zone.second)))
        return dataclasses.replace(settings, zone=zone, other_zone=other)

    def make_budget(self, second):
        """Its settings."""
        rng = self.rng
        interval = (second << 16) // rng.choice((1, 2, 3, 7, 20, second // 2, 3 * second))
        return {"budget_interval": interval, "budget_tolerance": interval * (rng.choice((1, 2, 3, 4, 5, 8, 9, 13, 16, 30)) - 1),
                "proved_wait": rng.choice((0, 1, second // 4, second, 10 * second, 60 * second))}

    # ---- who asks ----------------------------------------------------------------------------------------------------

    def client(self):
        if self.askers is None:
            everybody = [(b.address(text), port) for text in ADDRESSES[self.ipv6()] for port in PORTS]
            self.askers = self.rng.sample(everybody, self.rng.choice((2, 6, len(everybody))))
        self.asker = self.rng.choice(self.askers)
        return self.asker[0]

    def client_port(self):
        return self.asker[1]  # of the latest client()

    def ipv6(self):
        """Which of the families is this walk's?"""
        return len(self.servers[0]) == 16

    # ---- what happens ------------------------------------------------------------------------------------------------

    def step(self):
        kind = self.rng.random()
        if kind < .25:
            self.pass_time()
            self.ask()
        elif kind < .3:
            self.flood()
        elif kind < .32:
            self.forge()
        else:
            super().step()

    def flood(self):
        """Many ask at once, most of them what they have asked before."""
        for _ in range(self.rng.choice((4, 10, 30))):
            if self.rng.random() < .1:
                self.now += 1
            self.ask()

    def forge(self):
        """Many who ask once each, the same in other places and times again."""
        rng = self.rng
        many, slow = rng.choice((1, 5, 30, 160)), rng.choice((0, 0, .01, .1))
        for _ in range(many):
            if rng.random() < slow:
                self.now += self.settings.zone.second // 4
            address, port = FORGED[self.ipv6()][self.forged]
            self.forged = (self.forged + 1) % len(FORGED[0])
            self.send(address, port, self.servers[0], 69, b.request(1, self.FILES[0]))

    def talk(self):
        """Here clients refuse what they are offered, too."""
        rng = self.rng
        key = rng.choice(tuple(self.talks))
        if rng.random() < .1 and self.talks[key].begun:
            return self.both(True, key, self.tids[0], b.error(rng.choice((0, 0, 1, 5, 8))))
        return super().talk()

    def pass_time(self):
        zone, rng = self.settings.zone, self.rng
        quarter, interval = zone.second / 4, zone.budget_interval >> 16
        kind = rng.random()
        if kind < .12:
            self.now += max(0, int(rng.choice(SPANS) * zone.second) + rng.choice((-1, 0, 1)))
        elif kind < .24:  # to a quarter's beginning
            number = int(self.now / quarter) + rng.choice((1, 1, 2, 2, 3, 22, 48, 49, 50, 64, 65, 66))
            self.now = int(number * quarter) + rng.choice((-1, 0, 1, 1))
        elif kind < .3:
            self.now += max(0, rng.choice((interval, interval // 16, 4 * interval, zone.budget_tolerance >> 16,
                                           (zone.budget_tolerance >> 18) + interval, zone.proved_wait)) + rng.choice((-1, 0, 1, 1)))
        elif kind < .4:
            super().pass_time()


def learn(program):
    """Tell the model how the zones' seed hashes all who ask here."""
    known = [(b.mapped(b.address(text)), port) for family in ADDRESSES for text in family for port in PORTS]
    known += [(b.mapped(address), port) for family in FORGED for address, port in family]
    clients = [((number, *tags), *client) for number in range(2) for tags in TAGS for client in known]
    for who, (share, notes) in zip(clients, engines.ask_places(program, clients), strict=True):
        SHARES[who[0], prefix_of(who[1])] = share
        SETS[who] = notes
    for family in ADDRESSES:
        if len({SHARES[(0, 0, 0), prefix_of(b.mapped(b.address(text)))] for text in (family[0], family[-1])}) > 1:
            raise RuntimeError("other prefixes than these meet in one place now: choose some that do")


def make(rng):
    """A scene."""
    return Budgeted(rng, rng.choice((20, 60, 120, 200))).scene
