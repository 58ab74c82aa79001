# SPDX-License-Identifier: GPL-2.0-or-later
"""Random walks in a zone with single-port (docs/tracker.md 12): few files, mostly plain conversations that follow their blocks, so
that transfers get somewhere, and TIDs follow each other behind the clients' ports: duplicates, other files, silence, ERRORs, the same
TID again, two services, server groups and requests to everybody. Nothing is promised; model and engines have to agree, on the ports
that packets pass on with, too."""

import dataclasses

import build as b
from walk import Walk

OPTIONS = ((), (), (), (), ((b"tsize", b"0"),), ((b"blksize", b"1024"),), ((b"timeout", b"60"),), ((b"udpport", b"0"),))


class Talk:
    """What a client's port is about."""

    def __init__(self, write, options):
        self.write = write
        self.options = options
        self.data = self.ack = 0
        self.begun = False


class Translated(Walk):
    """One walk."""

    FILES = (b"f", b"g", b"h")
    ASKS_ALL, ASKS_AGAIN = .3, .5  # how likely, where it may
    STARTS_OVER = .14  # how likely a conversation begins anew

    def __init__(self, rng, length):
        self.talks = {}  # (client, port, server) -> Talk
        super().__init__(rng, length)
        self.scene.name = "single-port walk"

    def make_settings(self):
        settings = super().make_settings()
        rng = self.rng
        settings.zone = dataclasses.replace(
            settings.zone, single_port=True, requests_in=True, requests_out=True, unmatched_pass=rng.random() < .1,
            multicast=False, broadcast=rng.random() < .25, udpport=rng.random() < .25, services=settings.other_zone.services)
        return settings

    def step(self):
        rng = self.rng
        self.pass_time()
        kind = rng.random()
        if not self.talks or kind < .12:
            self.ask()
        elif kind < .95:
            self.talk()
        elif kind < .98:
            self.converse()
        else:
            self.repeat_old()

    def pass_time(self):
        zone = self.settings.zone
        kind = self.rng.random()
        if kind < .1:
            self.now += zone.stale_wait + self.rng.choice((-1, 0, 1))
        elif kind < .3:
            super().pass_time()

    def ask(self):
        rng = self.rng
        key = (self.client(), self.client_port(), self.server())
        target = self.everybody if self.settings.zone.broadcast and rng.random() < self.ASKS_ALL else key[2]
        old = self.talks.get(key)
        if old is None or rng.random() >= self.ASKS_AGAIN:
            old = self.talks[key] = self.new_talk()
            self.asked[key] = [b.request(2 if old.write else 1, rng.choice(self.FILES), options=old.options)]
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            self.send(key[0], key[1], target, rng.choice(self.settings.zone.tftp_ports), self.asked[key][-1])

    def pick(self):
        """Whose conversation goes on."""
        return self.rng.choice(tuple(self.talks))

    def new_talk(self):
        """What a client asks for."""
        return Talk(self.rng.random() < .3, self.rng.choice(OPTIONS))

    def talk(self):
        """The next packet of a conversation, or one near it."""
        rng = self.rng
        key = self.pick()
        client, port, server = key
        talk = self.talks[key]
        tid = rng.choice(self.tids) if rng.random() < .3 else self.tids[0]
        kind = rng.random()
        if kind < .06:
            return self.both(rng.random() < .5, key, tid, b.error(rng.choice((0, 1, 5, 8))))
        if kind < .06 + self.STARTS_OVER:
            talk.begun, talk.data, talk.ack = False, 0, 0
        if not talk.begun:
            talk.begun = True
            return self.send(server, tid, client, port, self.first_words(talk))
        if rng.random() < .5:
            if rng.random() < .8:
                talk.data += rng.choice((1, 1, 1, 1, 0, 2, 9, -1))
            return self.both(talk.write, key, tid, b.data(talk.data, self.block_size(talk)))
        return self.both(not talk.write, key, tid, b.ack(talk.data + rng.choice((0, 0, 0, 0, 0, -1, 1, -9))))

    def block_size(self, _talk):
        """Of the next DATA, in bytes of the file."""
        return self.rng.choice((512,) * 12 + (0, 100, 1024, 1500))

    def first_words(self, talk):
        """As a server begins."""
        if talk.options and self.rng.random() < .7:
            name, value = talk.options[0]
            return b.oack(((name, {b"udpport": b"4001", b"tsize": b"77"}.get(name, value)),))
        if talk.write:
            return b.ack(0)
        talk.data = 1
        return b.data(1, self.rng.choice((512, 512, 512, 512, 10)))

    def both(self, by_client, key, tid, payload):
        """From the client, nearly always to the service, or from the server's TID."""
        rng = self.rng
        client, port, server = key
        if not by_client:
            return self.send(server, tid, client, port, payload)
        if rng.random() < .95:
            tid = rng.choice(self.settings.zone.tftp_ports)
        return self.send(client, port, server, tid, payload)


def make(rng):
    """A scene."""
    return Translated(rng, rng.choice((20, 60, 120))).scene
