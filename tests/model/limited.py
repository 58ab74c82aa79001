# SPDX-License-Identifier: GPL-2.0-or-later
"""Random walks in zones with small limits on one address (docs/tracker.md 11): conversations that get somewhere, from several ports
and in several VLANs, and time that jumps to both sides of each window. Nothing is promised; model and engines have to agree."""

import dataclasses

import build as b
from limits import NAMES
from translated import Translated

PORTS = (2001, 2002, 2003, 2004, 69)


class Limited(Translated):
    """One walk."""

    FILES = NAMES
    LIMITS = (
        # several of these at a time
        ("rate", .3), ("open_max", .5), ("not_found_max", .3), ("names_max", .3), ("unacknowledged_packets", .3),
        ("unacknowledged_bytes", .3),
    )
    ASKS_ALL, ASKS_AGAIN = .2, .4

    def __init__(self, rng, length):
        super().__init__(rng, length)
        self.scene.name = "walk with limits"

    def start(self):
        return self.rng.choice((10**6, 2**32 - 5000, 2**40))  # later than any window after the clock's beginning

    def make_settings(self):
        settings = super().make_settings()
        rng = self.rng
        second = settings.zone.second
        chosen = {name for name, likely in self.LIMITS if rng.random() < likely}
        limits = {"enumeration_window": rng.choice((second, 5 * second, 60 * second)),
                  "hold": rng.choice((1, second, 20 * second)),
                  "unacknowledged_window": rng.choice((second, 5 * second, 60 * second))}
        if "rate" in chosen:
            interval = (second << 16) // rng.choice((1, 3, 10, 7 * second // 3, 5 * second))
            limits.update(request_interval=interval, request_tolerance=interval * rng.choice((0, 1, 3, 7, 19)))
        for name, values in (("open_max", (1, 1, 2, 3, 4)), ("not_found_max", (1, 2, 3)), ("names_max", (1, 2, 4, 8)),
                             ("unacknowledged_packets", (1, 2, 3, 5)), ("unacknowledged_bytes", (40, 100, 545, 600, 1200))):
            if name in chosen:
                limits[name] = rng.choice(values)
        zone = dataclasses.replace(settings.zone, single_port=rng.random() < .3, multicast=rng.random() < .1,
                                   monitor=rng.random() < .1, **limits)
        other = dataclasses.replace(settings.other_zone, **limits) if rng.random() < .5 else settings.other_zone
        return dataclasses.replace(settings, zone=zone, other_zone=other)

    def name(self):
        return self.rng.choice(self.FILES)

    def client_port(self):
        return self.rng.choice(PORTS) if self.rng.random() < .7 else super().client_port()

    def pass_time(self):
        zone, rng = self.settings.zone, self.rng
        kind = rng.random()
        if kind < .06:
            self.now += max(0, rng.choice((zone.enumeration_window, zone.hold, zone.unacknowledged_window, zone.stale_wait,
                                           zone.request_interval >> 16)) + rng.choice((-1, 0, 1, 1)))
        elif kind < .09:
            half = zone.idle_wait // 2  # to the next epoch
            self.now += half - self.now % half + rng.choice((-1, 0, 1))
        elif kind < .2:
            super().pass_time()

    def talk(self):
        rng = self.rng
        key = rng.choice(tuple(self.talks))
        if rng.random() < .12 and not self.talks[key].begun:
            return self.send(key[2], self.tids[0], *key[:2], b.error(rng.choice((0, 1, 1, 1, 2, 257))))
        return super().talk()

    def both(self, by_client, key, tid, payload):
        if self.settings.zone.single_port or not by_client:
            return super().both(by_client, key, tid, payload)
        client, port, server = key
        return self.send(client, port, server, tid, payload)


def make(rng):
    """A scene."""
    return Limited(rng, rng.choice((20, 60, 120, 200))).scene
