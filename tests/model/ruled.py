# SPDX-License-Identifier: GPL-2.0-or-later
"""Random walks in a zone with rules (docs/tracker.md 11): files that come to be too large, as announced or as they come, in
blocks of all sizes and windows with gaps; rates and open transfers of rules beside those of the zone; requests that are denied, and
the same request to another member of a server group, where another rule decides. Nothing is promised; model and engines have to agree."""

import dataclasses

import build as b
from limited import Limited
from rules import Rule
from text import READ, WRITE
from translated import Talk

BLKSIZES = (8, 8, 100, 512, 1024, 1428)
WINDOWSIZES = (1, 4, 16, 64)
LEAP = 16384
"""By so many blocks may a sender be ahead (docs/tracker.md 7.2)."""
MOVED = 4001
"""Where a server goes on that has granted `udpport`."""
RULES = (
    # several of these at a time
    ("size", .7), ("rate", .3), ("transfers", .4), ("options", .15), ("deny", .15),
)
ODD_SIZES = (b"18446744073709551615", b"18446744073709551616", b"99999999999999999999999", b"x", b"", b"-1")
"""Of sizes: some do not fit into 64 bits, some are none."""


class Sized(Talk):
    """A Talk with what was agreed on."""

    blksize = 512
    moved = False  # to another TID
    shared = False  # with a group


class Ruled(Limited):
    """One walk."""

    LIMITS = (
        ("rate", .05), ("open_max", .25), ("not_found_max", .1), ("names_max", .15), ("unacknowledged_packets", .05),
        ("unacknowledged_bytes", .05),
    )
    ASKS_ALL, ASKS_AGAIN = .1, .5
    STARTS_OVER = .07

    def __init__(self, rng, length):
        self.size_max = 0
        self.leaps = False  # do conversations come near to block 65535?
        self.fresh = None   # the latest Talk
        super().__init__(rng, length)
        self.scene.name = "walk with rules"

    def make_settings(self):
        settings = super().make_settings()
        return dataclasses.replace(settings, zone=dataclasses.replace(
            settings.zone, requests_in=self.rng.random() < .95, broadcast=self.rng.random() < .15))

    def prepare(self):
        rng, zone = self.rng, self.settings.zone
        first, other = map(b.mapped, self.servers)
        if not zone.server_groups and rng.random() < .6:
            zone.server_groups = {first: first, other: first}
        self.leaps = rng.random() < .2
        blocks = 65535 + rng.choice((-1, 0, 1, 2, 9)) if self.leaps else rng.choice((1, 2, 3, 5, 10, 30))
        self.size_max = rng.choice(BLKSIZES[:3] if self.leaps else BLKSIZES) * blocks + rng.choice((-1, 0, 0, 1))
        chosen = [name for name, likely in RULES if rng.random() < likely]
        zone.rules = tuple(self.make_rule((first, other), chosen) for _ in range(rng.choice((1, 1, 2, 2, 3, 4))))
        zone.default_deny = rng.random() < .15

    def make_rule(self, servers, chosen):
        """One of the zone's rules; most have what was chosen."""
        rng, second = self.rng, self.settings.zone.second
        rule = Rule(operation=rng.choice((0, 0, READ, WRITE)), server=rng.choice((None, None, *servers)))
        chosen = [name for name in chosen if rng.random() < .8]
        rule.deny = "deny" in chosen and rng.random() < .5
        if "size" in chosen:
            rule.size_max = max(1, self.size_max + rng.choice((0, 0, 0, -1, 512)))
        if "options" in chosen:
            rule.blksize_max = rng.choice(BLKSIZES)
            rule.windowsize_max = rng.choice((0, *WINDOWSIZES))
        if "rate" in chosen:
            rule.request_interval = (second << 16) // rng.choice((1, 3, 10, 5 * second))
            rule.request_tolerance = rule.request_interval * rng.choice((0, 1, 3, 7))
        if "transfers" in chosen:
            rule.transfers_max = rng.choice((1, 1, 2, 3, 4))
        return rule

    def server(self):
        return self.servers[self.rng.random() < .35]

    def step(self):
        kind = self.rng.random()
        if self.asked and kind < .05:
            return self.ask_another()
        if self.leaps and self.talks and kind < .1:
            return self.leap()
        return super().step()

    def ask_another(self):
        """The same request to the other server, as if it were a repeat: in a server group it is one."""
        rng = self.rng
        client, port, server = key = rng.choice(tuple(self.asked))
        other = self.servers[server == self.servers[0]]
        if rng.random() < .3:
            self.talks[(client, port, other)] = self.talks[key]
            self.asked[(client, port, other)] = self.asked[key]
        self.send(client, port, other, rng.choice(self.settings.zone.tftp_ports), self.asked[key][-1])

    def leap(self):
        """A conversation comes to block 65535, and perhaps goes on."""
        rng = self.rng
        key = self.pick()
        talk, tid = self.talks[key], self.tids[0]
        if not talk.begun:
            talk.begun = True
            self.send(key[2], tid, *key[:2], self.first_words(talk))
            if not talk.write:
                self.both(True, key, tid, b.ack(talk.data))
        blocks = [*range(LEAP, 65535, LEAP), 65535 - rng.choice((0, 0, 0, 1, 2))]
        for block in [*blocks, *(65535 + beyond for beyond in rng.choice(((), (1, 2, 3), (2, 3), (2, 4), (3, 5))))]:
            talk.data = block
            self.both(talk.write, key, tid, b.data(block, talk.blksize))
            self.both(not talk.write, key, tid, b.ack(block))
        if rng.random() < .3:
            # The same once more: block 1 is what begins, or too much of what was there.
            self.send(*key, rng.choice(self.settings.zone.tftp_ports), self.asked[key][-1])
            self.both(False, key, tid, b.data(1, talk.blksize))

    def both(self, by_client, key, tid, payload):
        talk = self.talks[key]
        moved = talk.moved and self.rng.random() < .8
        if talk.shared and not by_client and self.rng.random() < .5:
            return self.send(key[2], tid, self.group, 1758, payload)
        return super().both(by_client, key, MOVED if moved else tid, payload)

    # ---- sizes -------------------------------------------------------------------------------------------------------

    def size(self, *besides):
        """A number near to what a rule admits."""
        rng = self.rng
        if rng.random() < .1:
            return rng.choice(ODD_SIZES)
        near = self.size_max + rng.choice((-1, 0, 0, 1, 511, 512, 513, 10**6))
        return b"%d" % rng.choice((max(0, near), *besides))

    def new_talk(self):
        rng = self.rng
        write = rng.random() < .4
        options = []
        if self.leaps or rng.random() < .5:
            options.append((b"blksize", b"%d" % rng.choice(BLKSIZES[:3] if self.leaps else BLKSIZES)))
        if self.leaps or rng.random() < .35:
            options.append((b"windowsize", b"%d" % (65535 if self.leaps else rng.choice(WINDOWSIZES))))
        if rng.random() < .4:
            options.append((b"tsize", self.size() if write or rng.random() < .1 else b"0"))
        for name, value, admitted in ((b"multicast", b"", self.settings.zone.multicast), (b"udpport", b"0", self.settings.zone.udpport)):
            if rng.random() < (.2 if admitted else .03):
                options.append((name, value))
        self.fresh = Sized(write, tuple(options))
        return self.fresh

    def pick(self):
        latest = [key for key, talk in self.talks.items() if talk is self.fresh]
        return latest[0] if latest and self.rng.random() < .6 else super().pick()

    def first_words(self, talk):
        rng = self.rng
        talk.blksize, talk.moved, talk.shared = 512, False, False
        if not talk.options or rng.random() < .2:
            if talk.write:
                return b.ack(0)
            talk.data = 1
            return b.data(1, rng.choice((512, 512, 512, 10, 8, self.size_max % 513)))
        grants = [self.grant(talk, *pair) for pair in talk.options if rng.random() < .9]
        return b.oack(grants or ((b"tsize", self.size()),))

    def grant(self, talk, name, value):
        """What the server says to an option."""
        rng = self.rng
        if name == b"blksize":
            talk.blksize = int(value) if rng.random() < .8 else min(int(value), rng.choice(BLKSIZES))
            return name, b"%d" % talk.blksize
        if name == b"udpport":
            talk.moved = True
            return name, b"%d" % MOVED
        if name == b"multicast":
            talk.shared = True
            return name, b"239.1.1.1,1758,1"
        return name, self.size(0) if name == b"tsize" else value

    def block_size(self, talk):
        rng = self.rng
        if rng.random() < .9:
            return talk.blksize
        return rng.choice((0, talk.blksize - 1, talk.blksize + 1, self.size_max % talk.blksize, min(self.size_max, 1428)))


def make(rng):
    """A scene."""
    return Ruled(rng, rng.choice((20, 60, 120, 200))).scene
