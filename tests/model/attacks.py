# SPDX-License-Identifier: GPL-2.0-or-later
"""Attacks on running exchanges: packets that no firewall may let in, sent by somebody who sees everything and forges every
address. Each is made only where the ledger is sure that no reading of docs/tracker.md admits it."""

import build as b
from ledger import sd
from model import OWN, TUNNEL
from scene import MUST_DROP, Attack, Datagram
from world import PLACES

REQUESTS = (b"\0\1", b"\0\2")
OACK_BIGGER = ((b"blksize", b"65464"), (b"windowsize", b"65535"))


KINDS = ("another server's address", "another client's address", "another port of the client", "another TID", "another VLAN",
         "wrong block", "wrong role", "opcode", "wrong size", "late OACK", "beyond the end", "no first reply", "cut",
         "UDP length", "no checksum", "fragmented control", "needless fragments", "replayed", "to the service port", "from the service port")
"""Every kind of attack on exchanges."""


def settled(ledger, datagram):
    """The Tid of the datagram's exchange if nothing else can be legitimate there, else None."""
    return ledger.settled(datagram.client, datagram.server)


def outside(tid, payload, slack):
    """Is the block of DATA or an ACK outside the window? An ACK may be one ahead where an ERROR was sent."""
    block, behind = payload[2] << 8 | payload[3], -max(tid.window, slack)
    if payload[1] == 3:
        return sd(block, tid.ack_top) > max(tid.window + 1, slack) or sd(block, tid.ack_top) < behind
    return sd(block, tid.data_top) > 1 or sd(block, tid.ack_top) < behind


class Attacker:
    """Watches what passes, and now and then strikes."""

    def __init__(self, world, rate):
        self.world = world
        self.rng = world.rng
        self.rate = rate
        self.seen = []  # datagrams that passed, as the server knows them, for replays
        self.translated = world.settings.single_port()
        world.watchers.append(self.watch)

    def watch(self, datagram):
        """A packet of an exchange has passed."""
        self.seen.append(datagram)
        if self.rng.random() > self.rate or datagram.server[0] is None:
            return
        tid = settled(self.world.ledger, datagram)
        if datagram.is_request:
            self.rng.choice((self.false_first_reply, self.cut_frame))(datagram)
        elif tid is not None:
            self.rng.choice(self.SETTLED)(self, datagram, tid)
        else:
            self.rng.choice(self.OPEN)(self, datagram)

    # ---- how it gets in ----------------------------------------------------------------------------------------------

    def strike(self, datagram, note, claim=lambda ledger: True, *, to_tid=False, **changes):
        """The datagram comes in from outside, whole. It must not pass if the claim holds. `to_tid`: as it is, whatever the
        client's side knows."""
        interface = self.rng.choice(PLACES[self.world.place][2])
        if not claim(self.world.ledger):
            return
        datagram = datagram if to_tid else self.view(datagram)
        for number, frame in enumerate(self.frames(datagram, interface, **changes)):
            self.hit(interface, frame, note, claim if not number else self.later_claim(datagram, claim))

    def view(self, datagram):
        """A client's packet as the client's side knows it, to the service port, where a gate translates (mostly: who sends to
        the TID itself is judged as ever)."""
        if not (self.translated and datagram.by_client) or datagram.payload[:2] in REQUESTS or self.rng.random() < .3:
            return datagram
        self.world.scene.seen["attack", "to the service port"] += 1
        return self.like(datagram, server=(datagram.server[0], 69))

    def ends(self, datagram):
        """Source and destination."""
        datagram = self.view(datagram)
        return (datagram.client, datagram.server) if datagram.by_client else (datagram.server, datagram.client)

    @staticmethod
    def later_claim(datagram, claim):
        """Later fragments may overtake their first one where the hosts exchange big blocks (7.4)."""
        return lambda ledger: claim(ledger) and not ledger.big_blocks(datagram.client, datagram.server)

    def hit(self, interface, frame, note, claim=lambda ledger: True):
        """A frame comes in from outside."""
        world = self.world
        world.scene.seen["attack", note] += 1
        world.see(interface, False, OWN, frame, MUST_DROP if claim(world.ledger) else None, note,
                  Attack(claim, world.now))

    def frames(self, datagram, interface, *, tags=None):
        """Frames of a datagram, possibly with other tags than those of its exchange."""
        kept = self.world.tags.get(interface, ())
        if tags is not None:
            self.world.tags[interface] = tags
        frames = self.world.frames(datagram, interface, 3000)
        self.world.tags[interface] = kept
        return frames

    @staticmethod
    def when(datagram, condition):
        """The claim that the exchange is settled and its Tid meets the condition."""
        def claim(ledger):
            tid = settled(ledger, datagram)
            return tid is not None and condition(tid)
        return claim

    @staticmethod
    def like(datagram, payload=None, **changes):
        """A copy with changes."""
        fields = {"client": datagram.client, "server": datagram.server, "by_client": datagram.by_client,
                  "payload": datagram.payload if payload is None else payload}
        fields.update(changes)
        return Datagram(**fields)

    def other_address(self, address):
        """One that has nothing to do with the scene."""
        return address[:-2] + bytes((self.rng.randrange(200, 250), self.rng.randrange(1, 250)))

    # ---- attacks in any state ------------------------------------------------------------------------------------------

    def stranger(self, datagram, *_):
        """The packet from another address."""
        if datagram.by_client:
            self.strike(self.like(datagram, client=(self.other_address(datagram.client[0]), datagram.client[1])),
                        "another client's address")
        else:
            self.strike(self.like(datagram, server=(self.other_address(datagram.server[0]), datagram.server[1])),
                        "another server's address")

    def other_client_port(self, datagram, *_):
        """To or from a port of the client that asked nothing."""
        port = self.rng.randrange(30000, 34000)
        self.strike(self.like(datagram, client=(datagram.client[0], port)), "another port of the client")

    def cut_frame(self, datagram, *_):
        """The frame ends before its IP packet does."""
        interface = self.rng.choice(PLACES[self.world.place][2])
        for frame in self.frames(datagram, interface)[:1]:
            ipv6 = len(datagram.client[0]) == 16
            link = 0 if interface == TUNNEL else 14 + 4 * len(self.world.tags.get(interface, ()))
            end = min(len(frame), link + (40 if ipv6 else 20) + 8 + len(datagram.payload))
            self.hit(interface, frame[:self.rng.randrange(end)], "cut")

    def other_vlan(self, datagram, *_):
        """In another VLAN."""
        if self.world.place == "tunnel":
            return
        vlan = ((0x8100, self.rng.randrange(3000, 4000)),)
        self.strike(self.like(datagram), "another VLAN", tags=vlan)

    def bad_udp_length(self, datagram, *_):
        """The UDP length lies."""
        interface = self.rng.choice(PLACES[self.world.place][2])
        if datagram.payload[1] == 6:
            return
        source, destination = self.ends(datagram)
        length = self.rng.choice((0, 4, 7, 8, 9, 11, len(datagram.payload) + 9, 65535))
        body = b.udp(source[1], destination[1], datagram.payload, length=length)
        packet = b.ip(source[0], destination[0], body)
        self.hit(interface, self.world.frame(packet, interface, len(source[0]) == 16), "UDP length")

    def no_checksum(self, datagram, *_):
        """UDP without checksum over IPv6."""
        if len(datagram.client[0]) != 16:
            return
        interface = self.rng.choice(PLACES[self.world.place][2])
        source, destination = self.ends(datagram)
        packet = b.ip(source[0], destination[0], b.udp(source[1], destination[1], datagram.payload, checksum=0))
        self.hit(interface, self.world.frame(packet, interface, True), "no checksum")

    def fragmented_control(self, datagram, *_):
        """An ACK or ERROR in fragments, or a piece that would overwrite headers."""
        interface = self.rng.choice(PLACES[self.world.place][2])
        source, destination = self.ends(datagram)
        payload = self.rng.choice((b.error(0, b"x" * 100), b.ack(1) + bytes(60)))
        body = b.udp(source[1], destination[1], payload)
        ident = self.rng.randrange(60000, 65000)
        pieces = self.rng.choice((((0, 16, True),), ((0, 8, True),), ((8, 64, False),), ((0, 32, True), (32, 99, False))))
        for at, size, more in pieces:
            packet = b.ip(source[0], destination[0], body[at:at + size], fragment=(ident, at, more))
            self.hit(interface, self.world.frame(packet, interface, len(source[0]) == 16), "fragmented control",
                     (lambda ledger: True) if at <= 8 else self.later_claim(datagram, lambda ledger: True))

    # ---- attacks on the first reply ------------------------------------------------------------------------------------

    def false_first_reply(self, datagram):
        """What cannot be the answer to this request."""
        def claim(ledger):
            port = ledger.ports.get((datagram.client, datagram.server[0]))
            return not (port and port.tids) and not ledger.ports.get((datagram.client, None))

        if not claim(self.world.ledger):
            return
        write = datagram.payload[1] == 2
        wrong = [b.data(2, 512), b.data(0, 512), b.data(1, 513), b.ack(1), b.ack(0, 5), b.ack(0, 6), b"\0\3\0", b"\0\0\0\1",
                 b"\0\x07\0\1", b"\1\3\0\1", b"", b"\0\1f\0octet\0", b.oack(OACK_BIGGER), b.oack(((b"blksize", b"7"),)),
                 b.data(65535, 512), b.data(1, 512) if write else b.ack(0)]
        if datagram.client[1] == 69:
            wrong.remove(b"\0\1f\0octet\0")
        server = datagram.server[0], self.rng.choice((69, self.rng.randrange(1024, 65536)))
        self.strike(Datagram(datagram.client, server, False, self.rng.choice(wrong)), "no first reply", claim)

    # ---- attacks on settled transfers ----------------------------------------------------------------------------------

    def other_tid(self, datagram, _tid):
        """Another TID of the same server, or towards one, after the client's choice."""
        port = self.rng.choice((69, self.rng.randrange(1024, 65536), datagram.server[1] ^ 1))
        if port == 69 and self.translated and datagram.by_client:
            return  # that is the way to its own TID
        self.from_tid(datagram, port, "another TID")

    def service_port(self, datagram, _tid):
        """From the service port, where the server's packets come from a TID and only the client's side knows them so."""
        if self.translated and datagram.server[1] != 69:
            self.from_tid(self.like(datagram, by_client=False), 69, "from the service port")

    def from_tid(self, datagram, port, note):
        """Any packet from another TID of the server, or to it."""
        other = datagram.server[0], port
        payload = self.rng.choice((datagram.payload, b.data(1, 512), b.ack(0), b.error(0)))
        self.strike(self.like(datagram, payload, server=other), note,
                    lambda ledger: settled(ledger, datagram) and (datagram.client, other) not in ledger.by_pair,
                    to_tid=True)

    def wrong_block(self, datagram, tid):
        """A block number outside every window."""
        ahead = max(tid.window + 1, self.world.ledger.slack)
        far = self.rng.choice((1, 2, 7, 100, 9000))
        data = tid.data_top if sd(tid.data_top, tid.ack_top) > 0 else tid.ack_top
        if self.rng.random() < .5:
            block = tid.ack_top + self.rng.choice((ahead + far, -ahead - far))
            payload = b.data(block, self.rng.choice((tid.blksize, 0)))
            if block & 0xFFFF == 1 and not tid.write:
                return
            by_client = tid.write
        else:
            # The sender of the ACKs may be one ahead where an ERROR was sent.
            block = self.rng.choice((data + far + 1, tid.ack_top - ahead - far))
            payload = b.ack(block, 5 if tid.window == 255 else 4)
            if block & 0xFFFF == 0 and tid.write:
                return
            by_client = not tid.write
        self.strike(self.like(datagram, payload, by_client=by_client), "wrong block",
                    self.when(datagram, lambda now: outside(now, payload, self.world.ledger.slack)))

    def wrong_role(self, datagram, tid):
        """What this end never sends."""
        single = datagram.server[1] == 69
        by_client = self.rng.random() < .5
        near = self.rng.choice((tid.data_top, tid.ack_top, tid.ack_top + 1))
        if by_client:
            texts = [b.oack(((b"blksize", b"512"),)), b.ack(near) if tid.write else b.data(near, 100)]
            if not single:
                texts += [b.request(1, b"f"), b.request(2, b"f")]
        else:
            texts = [b.data(near, 100) if tid.write else b.ack(near)]
            if datagram.client[1] != 69:
                texts += [b.request(1, b"f")]
        self.strike(self.like(datagram, self.rng.choice(texts), by_client=by_client), "wrong role",
                    self.when(datagram, lambda now: now.write == tid.write))

    def bad_opcode(self, datagram, _tid):
        """Opcodes that do not exist, packets that are too short."""
        payload = self.rng.choice((b"\0\0\0\1", b"\0\7\0\1", b"\0\x09\0\0", b"\xff\3\0\1", b"\1\0\0\1", b"", b"\0", b"\0\3",
                                   b"\0\4\0", b"\0\5\0"))
        self.strike(self.like(datagram, payload), "opcode", self.when(datagram, lambda now: True))

    def wrong_size(self, datagram, tid):
        """DATA that is too long, ACKs of another length."""
        if self.rng.random() < .5:
            if tid.blksize > 2000:
                return
            payload, by_client = b.data(tid.ack_top + 1, tid.blksize + self.rng.choice((1, 8, 100))), tid.write
        else:
            sizes = (6, 8, 46) if tid.window == 255 else (5, 6, 8, 46)
            payload, by_client = b.ack(tid.ack_top, self.rng.choice(sizes)), not tid.write
        self.strike(self.like(datagram, payload, by_client=by_client), "wrong size", self.when(
            datagram, lambda now: (now.write, now.blksize, now.window) == (tid.write, tid.blksize, tid.window)))

    def late_oack(self, datagram, tid):
        """An OACK in the middle."""
        def late(now):
            return not now.error and now.data_top != 0 and not (now.write and now.ack_top == 0)

        if late(tid):
            self.strike(self.like(datagram, b.oack(((b"blksize", b"512"),)), by_client=False), "late OACK",
                        self.when(datagram, late))

    def beyond_end(self, datagram, tid):
        """Blocks behind the last one."""
        if tid.end is None or (tid.end + 1) & 0xFFFF == 1:
            return
        beyond = self.rng.choice((1, 1, 2, 5))
        payload, end = b.data(tid.end + beyond, self.rng.choice((0, tid.blksize))), tid.end
        self.strike(self.like(datagram, payload, by_client=tid.write), "beyond the end",
                    self.when(datagram, lambda now: now.end == end))

    def needless_fragments(self, datagram, tid):
        """DATA in fragments where the block size needs none."""
        if tid.blksize > 548:
            return
        source, destination = ((datagram.client, datagram.server) if tid.write else (datagram.server, datagram.client))
        interface = self.rng.choice(PLACES[self.world.place][2])
        body = b.udp(source[1], destination[1], b.data(tid.ack_top + 1, tid.blksize))
        packet = b.ip(source[0], destination[0], body[:16], fragment=(self.rng.randrange(60000, 65000), 0, True))
        self.hit(interface, self.world.frame(packet, interface, len(source[0]) == 16), "needless fragments",
                 self.when(datagram, lambda now: now.blksize <= 548))

    OPEN = (stranger, other_client_port, cut_frame, other_vlan, bad_udp_length, no_checksum)
    SETTLED = OPEN + (other_tid, service_port, wrong_block, wrong_block, wrong_role, wrong_role, bad_opcode, wrong_size, late_oack,
                      beyond_end, needless_fragments, fragmented_control)

    # ---- long after --------------------------------------------------------------------------------------------------------

    def replay(self):
        """Everything that passed, again, when all of it is over: nothing but requests may pass, and these last."""
        for datagram in self.seen:
            if datagram.is_request or datagram.server[0] is None:
                continue
            if self.rng.random() < .3:
                self.world.now += self.rng.random()
                self.strike(datagram, "replayed")
