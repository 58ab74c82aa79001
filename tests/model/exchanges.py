# SPDX-License-Identifier: GPL-2.0-or-later
"""Whole scenes of clients, servers, a network and attackers."""

import build as b
from attacks import Attacker
from engines import Settings
from kinds import CLIENTS, SERVERS
from model import LEFT, OTHER, RIGHT, Zone
from peers import Client, Job, Server
from world import PLACES, Link, World

PACKETS_MAX = 1500
SINGLE_PORT = .3
"""So many scenes have a zone that translates (docs/tracker.md 12)."""

NETWORKS = (
    # clients' side, servers' side
    (Link(.0003), Link(.0003)),
    (Link(.0003), Link(.0003)),
    (Link(.001, .0005), Link(.01, .002)),
    (Link(.001, .0, .03, .02), Link(.01, .0, .03, .02)),
    (Link(.002, .02, .01, .05, .3), Link(.002, .02, .01, .05, .3)),
    (Link(.05, .05, .15, .1), Link(.05, .05, .1, .1, .5)),
    (Link(.2, .8, .02, .02), Link(.1, .2, .02, .02)),
)
TAGS = ((), (), ((0x8100, 5),), ((0x88A8, 100), (0x8100, 7)), ((0x8100, 0xE00A),), ((0x8100, 0x2000),))


class Stage:
    """A scene in the making."""

    def __init__(self, rng):
        self.rng = rng
        place = rng.choice(list(PLACES))
        self.attacked = rng.random() < .5
        self.single_port = rng.random() < SINGLE_PORT
        name = f"exchanges at a {place}" + (", single-port" if self.single_port else "")
        self.world = World(rng, place, self._settings(place), rng.choice(NETWORKS), name)
        self.ipv6 = rng.random() < .4
        self.prefix = b.address("fd00::" if self.ipv6 else "10.7.0.0")
        self.world.everybody = b.address("ff02::1" if self.ipv6 else "255.255.255.255")
        self.world.path_mtu = rng.choice((self.world.settings.mtu, self.world.settings.mtu, 1400))
        for interface in (LEFT, RIGHT, OTHER):
            self.world.tags[interface] = ()
        tags = rng.choice(TAGS)
        self.world.tags.update({LEFT: tags, RIGHT: tags, OTHER: rng.choice(TAGS)})
        if place == "tunnel":
            self.world.tags.update({LEFT: ()})
        self.servers = [Server(self.world, rng.choice(SERVERS), self.address(1 + at))
                        for at in range(rng.choice((1, 1, 2)))]
        self.attacker = Attacker(self.world, .3) if self.attacked else None
        self.counters = {}

    def _settings(self, place):
        rng = self.rng
        second = rng.choice((100, 250, 1000))
        waits = {name: seconds * second for name, seconds in
                 (("request_wait", 30), ("offer_wait", 45), ("idle_wait", 120), ("done_wait", 35), ("error_wait", 12),
                  ("superseded_wait", 10), ("fragment_wait", 30), ("stale_wait", 2), ("udp_wait", 30),
                  ("udp_replied_wait", 120))}
        # Where an attacker replays, what the host itself sends late must not make return paths.
        zones = [Zone(second=second, broadcast=True, track_udp=not self.attacked, slack=slack, services=(67,), **waits)
                 for slack in (rng.choice((8, 8, 8, 64)),) * 2]
        if self.single_port:
            # Attackers come in at the first of two zones, and there they are to know both views.
            second = place == "two zones" and not self.attacked
            zones[second].single_port = True
        return Settings(*zones, rng.choice((1500, 1500, 1492, 3000)))

    def address(self, host):
        """An address of the scene's network."""
        return self.prefix[:-2] + bytes((host >> 8, host & 255))

    def port(self, kind, address):
        """The client's port for its next transfer."""
        if kind.ports.isdigit():
            return int(kind.ports)
        if kind.ports == "random":
            return self.rng.randint(1025, 29999)
        last = self.counters.get((kind.name, address), kind.first_port - 1)
        self.counters[(kind.name, address)] = last + 1
        return last + 1

    # ---- clients -------------------------------------------------------------------------------------------------------

    def client(self, host, delay):
        """A client with a list of files to fetch or to put, one after the other."""
        rng = self.rng
        kind = rng.choice(CLIENTS)
        jobs = []
        for _ in range(rng.choice((1, 1, 2, 3))):
            write = kind.writes and rng.random() < .35 or not kind.reads
            jobs.append(Job(rng, write, rng.choice((1, 1, 2, 3, 5, 9, 20, 40)), missing=rng.random() < .12))
        self.world.after(delay, self._next_job, kind, self.address(host), jobs, rng.choice(self.servers))

    def _next_job(self, kind, address, jobs, server):
        if not jobs:
            return
        job = jobs.pop(0)
        if kind.name == "largest blocks" or kind.name == "big blocks":
            job.blocks = min(job.blocks, 5)
        job.rollover = server.kind.rollover
        everybody = (kind.everybody or self.rng.random() < .05) and not self.attacked and self.world.place != "two zones"
        target = (None, 69) if everybody else server.endpoint
        for each in self.servers if everybody else (server,):
            each.jobs[job.name] = job
        self.begins()
        port = self.port(kind, address)

        def over(good):
            if good:
                self.completed(client)
            if client.probing and good and kind.probe_again:
                jobs.insert(0, job)
                follow = self._after_probe
            else:
                follow = self._next_job
            self.world.after(self.rng.choice((0, 0, .001, .1, 2.5)), follow, kind, address, jobs, server)

        client = Client(self.world, kind, address, port, target, job, over)
        client.start()
        for _ in range(kind.burst - 1 if not kind.burst_same_port else 0):
            extra = Client(self.world, kind, address, self.port(kind, address), target, job, lambda good: None)
            extra.probing = True
            self.world.after(.003, extra.start)

    def how(self):
        """Under which word exchanges are counted that begin, and come to their end."""
        return "single-port" if self.single_port else "otherwise"

    def begins(self):
        """Count an exchange."""
        self.world.scene.begun += 1
        self.world.scene.seen["begun", self.how()] += 1

    def completed(self, client):
        """Count an exchange that came to its end."""
        scene = self.world.scene
        scene.completed += 1
        scene.seen["completed", self.how()] += 1
        if self.single_port:
            self.completed_translated(client)
        scene.seen["client", client.kind.name] += 1
        for server in self.servers:
            if client.tid is not None and server.endpoint[0] == client.tid[0]:
                scene.seen["server", server.kind.name] += 1
        if client.data is not None and client.data.window > 1:
            scene.seen["exchange", "windows"] += 1
        if client.job.write:
            scene.seen["exchange", "writes"] += 1
        scene.seen["exchange", "IPv6" if self.ipv6 else "IPv4"] += 1
        scene.seen["exchange", f"{len(self.world.tags[LEFT])} VLAN tags"] += 1
        scene.seen["exchange", f"at a {self.world.place}"] += 1
        port = self.world.ledger.ports.get((client.endpoint, client.server[0]))
        if port is not None and len(port.tids) > 1:
            scene.seen["exchange", "several TIDs"] += 1

    def completed_translated(self, client):
        """Count it among those that a translating zone has seen."""
        seen = self.world.scene.seen
        seen["single-port client", client.kind.name] += 1
        seen["single-port exchange", f"at a {self.world.place}"] += 1
        seen["single-port exchange", "IPv6" if self.ipv6 else "IPv4"] += 1
        seen["single-port exchange", "writes"] += client.job.write
        seen["single-port exchange", "windows"] += client.data is not None and client.data.window > 1
        seen["single-port exchange", "second zone translates"] += self.world.settings.other_zone.single_port
        seen["single-port exchange", "asks everybody"] += client.server[0] is None
        for server in self.servers:
            if client.tid is not None and server.endpoint[0] == client.tid[0]:
                seen["single-port server", server.kind.name] += 1

    def _after_probe(self, kind, address, jobs, server):
        job = jobs.pop(0)
        self.begins()
        port = self.port(kind, address)

        def over(good):
            if good:
                self.completed(client)
            self.world.after(self.rng.choice((0, .001, .1)), self._next_job, kind, address, jobs, server)

        client = Client(self.world, kind, address, port, server.endpoint, job, over)
        client.probing = False
        client.start()

    def play(self):
        """The whole scene."""
        rng = self.rng
        at = 0.0
        for host in range(rng.choice((1, 1, 2, 4, 8))):
            at += rng.choice((0, 0, .001, .5))
            self.client(300 + host, at)
        quiet = self.world.run(PACKETS_MAX)
        if quiet and self.attacker and not rng.randrange(2):
            self.world.now += 1100
            self.attacker.replay()
        return self.world.scene


def make(rng):
    """A scene."""
    stage = Stage(rng)
    scene = stage.play()
    scene.outcomes = stage.world.outcomes
    return scene
