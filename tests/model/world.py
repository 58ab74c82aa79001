# SPDX-License-Identifier: GPL-2.0-or-later
"""A simulated network with the firewall in the middle: time, links that lose, double, delay and reorder, and the places
where tidegate may stand. Each packet that reaches the firewall becomes part of the scene; the model's verdict decides
whether it goes on, and the ledger says whether it had to."""

import dataclasses
import heapq
import itertools

import build as b
import reasons as R
from ledger import Ledger
from model import LEFT, OTHER, OWN, RIGHT, TUNNEL, UNGUARDED, Model
from scene import Arrival, Scene

PLACES = {
    # where the client's packets are judged, where the server's, and where an attacker's packets may come in
    "router": (((LEFT, False, OWN),), ((RIGHT, False, OWN),), (LEFT, RIGHT)),
    "bridge, judged once": (((LEFT, False, OWN), (RIGHT, True, LEFT)), ((RIGHT, False, OWN), (LEFT, True, RIGHT)),
                            (LEFT, RIGHT)),
    "server's host": (((LEFT, False, OWN),), ((LEFT, True, OWN),), (LEFT,)),
    "client's host": (((LEFT, True, OWN),), ((LEFT, False, OWN),), (LEFT,)),
    "two zones": (((LEFT, False, OWN), (OTHER, True, LEFT)), ((OTHER, False, OWN), (LEFT, True, OTHER)), (LEFT,)),
    "tunnel": (((TUNNEL, False, OWN),), ((LEFT, False, OWN),), (LEFT, TUNNEL)),
    "uplink": (((RIGHT, True, UNGUARDED),), ((RIGHT, False, OWN),), (RIGHT,)),
}


@dataclasses.dataclass
class Link:
    """Between an end and the firewall. Probabilities and seconds."""

    delay: float = 0.001
    jitter: float = 0.0
    loss: float = 0.0
    double: float = 0.0
    swap_fragments: float = 0.0

    def copies(self, rng):
        """The delay of each copy that arrives."""
        if self.loss and rng.random() < self.loss:
            return
        yield self.delay + (rng.random() * self.jitter if self.jitter else 0)
        if self.double and rng.random() < self.double:
            yield self.delay + rng.random() * max(self.jitter, self.delay)


class World:
    """The clock, the two links and the firewall."""

    def __init__(self, rng, place, settings, links, name):
        self.rng = rng
        self.place = place
        self.settings = settings
        self.links = links  # (clients' side, servers' side)
        self.scene = Scene(name, settings)
        self.model = Model(settings)
        self.outcomes = []
        self.ledger = Ledger(settings)
        self.sockets = {}  # (address, port) -> function(source, payload)
        self.now = 0.0
        self.start = rng.choice((1, 1000, 2**32 - 20000, 2**41))
        self.tags = {}
        self.path_mtu = settings.mtu
        self.everybody = None
        self.watchers = []  # functions(datagram as the server knows it) called when a packet of an exchange has passed
        self._events = []
        self._order = itertools.count()
        self._idents = itertools.count(rng.randrange(60000))
        self._sent = {}      # sender -> its number of datagrams, and the latest one that arrived
        self._said = set()   # what was sent before, to tell repeats

    # ---- time --------------------------------------------------------------------------------------------------------

    def after(self, seconds, action, *arguments):
        """Do it later."""
        heapq.heappush(self._events, (self.now + seconds, next(self._order), action, arguments))

    def run(self, packets_max):
        """Until nothing is left to do, or the scene is long enough."""
        while self._events and len(self.scene.packets) < packets_max:
            self.now, _, action, arguments = heapq.heappop(self._events)
            action(*arguments)
        return not self._events

    def tick(self):
        """The virtual clock."""
        return self.start + int(self.now * self.settings.zone.second)

    # ---- the way of a packet -----------------------------------------------------------------------------------------

    def send(self, datagram):
        """Put it on its sender's link."""
        sent = self._sent.setdefault((datagram.client, datagram.server, datagram.by_client), [0, 0])
        sent[0] += 1
        text = (datagram.client, datagram.server, datagram.by_client, datagram.payload[:4], datagram.is_request)
        self.scene.seen["network", "retransmitted"] += text in self._said
        self._said.add(text)
        for delay in self._copies(self.links[not datagram.by_client]):
            self.after(delay, self._arrive, datagram, sent, sent[0])

    def _copies(self, link):
        delays = list(link.copies(self.rng))
        self.scene.seen["network", "lost"] += not delays
        self.scene.seen["network", "doubled"] += len(delays) > 1
        self.scene.seen["network", "delayed"] += any(delay > .1 for delay in delays)
        return delays

    def _arrive(self, datagram, sent, number):
        self.scene.seen["network", "reordered"] += number < sent[1]
        sent[1] = max(sent[1], number)
        arrival = Arrival(datagram, self.now)
        duty = self.ledger.duty(datagram, self.now)
        arrival.beyond = self._judge(arrival, duty)
        if arrival.beyond is None:
            return
        self.ledger.passed(arrival.known(), self.now)
        for delay in self._copies(self.links[datagram.by_client]):
            self.after(delay, self._deliver, arrival.beyond)
        for watcher in self.watchers:
            watcher(arrival.known())

    def _judge(self, arrival, duty):
        """Behind all hops: the datagram as it goes on, or None."""
        datagram = arrival.datagram
        for hop in PLACES[self.place][not datagram.by_client]:
            datagram = datagram and self._judge_at(arrival, datagram, duty, *hop)
        return datagram

    def _judge_at(self, arrival, datagram, duty, interface, out, came_by):  # pylint: disable=too-many-positional-arguments
        own = out and came_by == OWN
        frames = self.frames(datagram, interface, self.settings.mtu if own else self.path_mtu)
        link = self.links[not datagram.by_client]
        self.scene.seen["network", "fragmented"] += len(frames) > 1
        if len(frames) > 1 and not own and self.rng.random() < link.swap_fragments:
            frames.reverse()
            arrival.swapped = True
            if not self.ledger.alone(datagram):
                duty = None
        # Of several pieces one may be lost before the firewall; the others are judged all the same.
        passed = True
        for frame in frames:
            outcome = self.see(interface, out, came_by, frame, duty, datagram.note, arrival)
            passed = passed and outcome & R.PASSED
            datagram = datagram.after(outcome)
        return datagram if passed else None

    def see(self, interface, out, came_by, frame, duty, note="", source=None):
        """Let the firewall judge a frame now; returns the outcome. `source` as in Scene.sources."""
        packet = (self.tick(), interface, out, came_by, frame)
        outcome = self.model.judge(*packet)
        self.scene.add(packet, duty, note, source)
        self.outcomes.append(outcome)
        return outcome

    def frames(self, datagram, interface, mtu):
        """The frames that carry the datagram."""
        client, server = datagram.client, datagram.server
        group = server[0] is None
        target = self.everybody if group else server[0]
        source, destination = (client, (target, server[1])) if datagram.by_client else ((target, server[1]), client)
        body = b.udp(source[1], destination[1], datagram.payload)
        ipv6 = len(client[0]) == 16
        header = 40 if ipv6 else 20
        if header + len(body) + datagram.padding <= mtu:
            body += bytes(datagram.padding)
        if header + len(body) <= mtu:
            return [self.frame(b.ip(source[0], destination[0], body), interface, ipv6, group)]
        room = (mtu - header - (8 if ipv6 else 0)) // 8 * 8
        ident = next(self._idents)
        return [self.frame(b.ip(source[0], destination[0], body[at:at + room],
                                fragment=(ident, at, at + room < len(body))), interface, ipv6, group)
                for at in range(0, len(body), room)]

    def frame(self, packet, interface, ipv6, group=False):
        """The frame of an IP packet as it is at the interface, padded to Ethernet's minimum."""
        if interface == TUNNEL:
            return packet
        frame = b.ethernet(packet, ipv6=ipv6, tags=self.tags.get(interface, ()), group=group)
        return frame if len(frame) >= 60 else frame.ljust(60, b"\0")

    def _deliver(self, datagram):
        source = datagram.client if datagram.by_client else datagram.server
        target = datagram.server if datagram.by_client else datagram.client
        if target[0] is None:
            for (_, port), handler in list(self.sockets.items()):
                if port == target[1] and getattr(handler, "listens", False):
                    handler(source, datagram.payload)
            return
        handler = self.sockets.get(target)
        if handler is not None:
            handler(source, datagram.payload)
