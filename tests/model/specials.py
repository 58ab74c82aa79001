# SPDX-License-Identifier: GPL-2.0-or-later
"""Situations that chance seldom makes: numbers that wrap, hundreds of offers, storms of requests, the slowest timers, group
transfers, and frames that are cut and changed at every byte. Each is a function that plays one scene."""

import itertools

import build as b
import reasons as R
from engines import Settings
from model import LEFT, OWN, RIGHT, UNGUARDED, Zone
from scene import MUST_DROP, MUST_PASS, Scene
from model import Model
from transfer import wire

SERVICE = 69


class Script:
    """A scene written packet by packet. Times in seconds."""

    def __init__(self, rng, kind, name=None, **zone):
        self.rng = rng
        self.ipv6 = rng.random() < .5
        self.client = (b.address("fd00::10" if self.ipv6 else "10.9.0.10"), rng.randint(1025, 60000))
        self.server = b.address("fd00::1" if self.ipv6 else "10.9.0.1")
        self.zone = Zone(services=(67,), track_udp=False, **zone)
        self.settings = Settings(self.zone, Zone(services=(67,)))
        self.kind = kind
        self.scene = Scene(name or kind, self.settings)
        self.model = Model(self.settings)
        self.outcomes = []
        self.now = float(rng.choice((1, 10**6, 4294960)))

    def done(self):
        """The finished scene."""
        self.scene.seen["situation", self.kind] += 1
        self.scene.seen["exchange", "IPv6" if self.ipv6 else "IPv4"] += self.scene.completed
        self.scene.outcomes = self.outcomes
        return self.scene

    def see(self, frame, duty, note="", interface=LEFT, out=False, came_by=OWN):
        """A frame at the firewall, now."""
        packet = (int(self.now * self.zone.second), interface, out, came_by, frame)
        self.scene.add(packet, duty, note)
        outcome = self.model.judge(*packet)
        self.outcomes.append(outcome)
        return bool(outcome & R.PASSED)

    def frame(self, source, destination, payload, **options):
        """A frame of UDP."""
        packet = b.ip(source[0], destination[0], b.udp(source[1], destination[1], payload), **options)
        return b.ethernet(packet, ipv6=self.ipv6)

    def asks(self, payload, duty=MUST_PASS, client=None):
        """A request."""
        return self.see(self.frame(client or self.client, (self.server, SERVICE), payload), duty, "request")

    def up(self, tid, payload, duty=MUST_PASS, client=None):
        """Client to server."""
        return self.see(self.frame(client or self.client, (self.server, tid), payload), duty)

    def down(self, tid, payload, duty=MUST_PASS, client=None):
        """Server to client."""
        return self.see(self.frame((self.server, tid), client or self.client, payload), duty, interface=RIGHT)


def rollover(rng):
    """A read or write beyond block 65535, in big windows of which the firewall sees a part (the rest takes another way)."""
    write = rng.random() < .5
    roll = next(_ROLLS)
    window = rng.choice((7, 100, 1000, 4000, 16000))
    script = Script(rng, f"rollover to {roll}", f"rollover to {roll}, window {window}")
    asked = ((b"windowsize", b"%d" % window), (b"blksize", b"8")) if window > 7 else ()
    script.asks(b.request(2 if write else 1, b"big", options=asked))
    tid = rng.randint(1024, 65535)
    to, back = (script.up, script.down) if write else (script.down, script.up)
    if asked:
        script.down(tid, b.oack(asked))
        if not write:
            script.up(tid, b.ack(0))
    elif write:
        script.down(tid, b.ack(0))
    size = 8 if asked else 512
    total = rng.choice((66000, 132000, 65535, 65536, 131070)) if window > 7 else 66000
    to(tid, b.data(1, size))
    back(tid, b.ack(1))
    block = 1
    while block < total:
        script.now += .001
        last = min(block + window, total)
        seen = sorted({last, *(rng.randint(block + 1, last) for _ in range(3))})
        for each in seen if window > 7 else (last,):
            to(tid, b.data(wire(each, roll), 3 if each == total else size))
        if rng.random() < .05:
            bad = wire(block, roll) + max(window + 1, 8) + rng.randint(2, 900)
            to(tid, b.data(bad, size), MUST_DROP if window < 16000 else None)
            back(tid, b.ack(wire(last, roll) + rng.choice((1, 2, 500, 9000)) + 1), MUST_DROP)
        back(tid, b.ack(wire(last, roll)))
        block = last
    to(tid, b.data(wire(total, roll), 3))
    back(tid, b.ack(wire(total, roll)))
    script.scene.begun = script.scene.completed = 1
    return script.done()


def many_offers(rng):
    """mboot.c32: hundreds of size probes that are never aborted, then each is taken up or left."""
    script = Script(rng, "hundreds of half-open transfers of one client")
    count = rng.choice((151, 520))
    text = b.request(1, b"module", options=((b"tsize", b"0"),))
    grant = b.oack(((b"tsize", b"1000"),))
    ports = rng.sample(range(1025, 60000), count)
    for number, port in enumerate(ports):
        client = (script.client[0], port)
        script.now += .001
        script.asks(text, client=client)
        script.down(2000 + number, grant, client=client)
    script.now += 20
    for number, port in enumerate(ports):
        client = (script.client[0], port)
        script.up(2000 + number, b.ack(0), client=client)
        script.down(2000 + number, b.data(1, 100), client=client)
        script.up(2000 + number, b.ack(1), client=client)
    script.scene.begun = script.scene.completed = count
    script.scene.seen["client", "VMware mboot.c32"] += count
    return script.done()


def storm(rng):
    """Ten requests in three milliseconds, each from its port and each refused; or many from one port."""
    script = Script(rng, "storm of requests")
    if rng.random() < .5:
        for number in range(64):
            client = (script.client[0], 49152 + number)
            script.now += .0003
            script.asks(b.request(1, b"pxelinux.cfg/%d" % number, options=((b"tsize", b"0"),)), client=client)
            script.down(3000 + number, b.error(1, b"File not found\0"), client=client)
        return script.done()
    count = rng.choice((2, 5, 64, 70))
    for _ in range(count):
        script.now += rng.choice((.0003, .1))
        script.asks(b.request(1, b"f", options=((b"tsize", b"0"),)))
    script.now += 13.6
    grant = b.oack(((b"tsize", b"1000"),))
    for number in range(min(count, 64)):
        script.down(3606 + number, grant)
    script.down(2999, grant, MUST_DROP)
    chosen = 3606 + rng.randrange(min(count, 64))
    script.up(chosen, b.ack(0))
    for number in range(min(count, 64)):
        if 3606 + number != chosen:
            script.down(3606 + number, grant, MUST_DROP)
            script.up(3606 + number, b.error(5))
    script.down(2998, grant, MUST_DROP)
    script.down(chosen, b.data(1, 10))
    script.up(chosen, b.ack(1))
    script.scene.begun = script.scene.completed = 1
    return script.done()


def slowest(rng):
    """The longest silences that are normal (section 4), and longer ones."""
    script = Script(rng, "the slowest peers")
    write = rng.random() < .3
    text = b.request(2 if write else 1, b"f")
    tid = 4000
    script.asks(text)
    script.now += 14
    script.asks(text)
    script.now += 29
    first = b.ack(0) if write else b.data(1, 512)
    script.down(tid, first)
    for _ in range(rng.randrange(4)):
        script.now += 34
        script.down(tid, first)
    script.now += 40
    to, back = (script.up, script.down) if write else (script.down, script.up)
    if write:
        script.up(tid, b.data(1, 512))
    back(tid, b.ack(1))
    for block in range(2, 6):
        script.now += rng.choice((1, 63, 118, 119.9))
        to(tid, b.data(block, 512 if block < 5 else 1))
        script.now += rng.choice((0, 5, 118))
        back(tid, b.ack(block))
    for _ in range(3):
        script.now += 34
        to(tid, b.data(5, 1))
        back(tid, b.ack(5))
    script.now += 36
    script.down(tid, b.ack(5) if write else b.data(5, 1), MUST_DROP)
    script.up(tid, b.data(5, 1) if write else b.ack(5), MUST_DROP)
    script.scene.begun = script.scene.completed = 1
    return script.done()


def reboot(rng):
    """A client that starts anew from the same port, in the middle of a transfer."""
    script = Script(rng, "reboot")
    port = rng.choice((25300, 2001, 1234))
    script.client = (script.client[0], port)
    text = b.request(1, b"grub.efi", options=((b"blksize", b"1024"),))
    grant = b.oack(((b"blksize", b"1024"),))
    single = rng.random() < .5
    tid = 69 if single else 5000
    for _ in range(3):
        script.asks(text)
        script.down(tid, grant)
        script.up(tid, b.ack(0))
        last = rng.randint(2, 12)
        for block in range(1, last):
            script.now += .01
            script.down(tid, b.data(block, 1024))
            script.up(tid, b.ack(block))
        script.now += rng.choice((3, 9, 45))
        if not single:
            script.asks(text)
            script.down(tid, b.data(last, 1024), MUST_DROP)
            script.down(tid + 1, grant)
            script.up(tid + 1, b.ack(0))
            script.down(tid, b.data(last, 1024), MUST_DROP)
            script.now += 3
            tid += 2
    return script.done()


def group_transfer(rng):
    """RFC 2090: a master, a silent member that becomes master, and DATA to the group."""
    script = Script(rng, "multicast", multicast=True)
    if script.ipv6:
        return rollover(rng)
    address, port, tid = "239.255.1.1", rng.randint(1025, 60000), 4000
    text = b.request(1, b"image", options=((b"multicast", b""), (b"blksize", b"1024")))
    other = (b.address("10.9.0.11"), 2222)
    group = (b.address(address), port)

    def grant(master, named=True):
        where = f"{address},{port},{master}" if named else f",,{master}"
        return b.oack(((b"multicast", where.encode()), (b"blksize", b"1024")))

    def to_group(block, size, duty=MUST_PASS, source=tid):
        packet = b.ip(script.server, group[0], b.udp(source, port, b.data(block, size)))
        script.see(b.ethernet(packet, ipv6=False, destination=b"\1\0\x5e\x7f\1\1"), duty, "group", interface=RIGHT)

    script.asks(text)
    script.down(tid, grant(1))
    script.up(tid, b.ack(0))
    to_group(1, 1024)
    script.asks(text, client=other)
    script.down(tid, grant(0), client=other)
    script.up(tid, b.ack(0), client=other)
    total = rng.randint(20, 60)
    for block in range(1, total):
        script.now += rng.choice((.01, .01, 20))
        to_group(block, 1024)
        to_group(block, 1025, MUST_DROP)
        to_group(block, 1024, MUST_DROP, source=tid + 1)
        script.up(tid, b.ack(block))
    script.down(tid, grant(1, named=False), client=other)
    script.up(tid, b.ack(0), client=other)
    to_group(1, 1024)
    script.up(tid, b.ack(total - 1), client=other)
    to_group(total, 5)
    script.up(tid, b.ack(total), client=other)
    script.up(tid, b.ack(total))
    script.now += 400
    to_group(1, 1024, MUST_DROP)
    script.scene.begun = script.scene.completed = 2
    return script.done()


def moved_port(rng):
    """tftpd64's udpport: the server goes on from another port."""
    script = Script(rng, "udpport", udpport=True)
    text = b.request(1, b"f", options=((b"udpport", b"0"), (b"blksize", b"1024")))
    script.asks(text)
    script.down(4000, b.oack(((b"udpport", b"5555"), (b"blksize", b"1024"))))
    script.up(5555, b.ack(0))
    for block in range(1, rng.randint(3, 9)):
        script.down(5555, b.data(block, 1024))
        script.up(5555, b.ack(block))
        script.down(5556, b.data(block, 1024), MUST_DROP)
    script.scene.begun = script.scene.completed = 1
    return script.done()


def _ends(ipv6, step):
    """The bytes of a frame that no change leaves its exchange: addresses, and ports once no other TID is awaited. What comes
    from other addresses or goes to them may be another request, so none in the first step."""
    addresses = range(22, 54) if ipv6 else range(26, 34)
    ports = range(54, 58) if ipv6 else range(34, 38)
    return {0: (), 1: addresses}.get(step, (*addresses, *ports))


def every_byte(rng):
    """One packet of a transfer cut at every length, and changed at every byte."""
    script = Script(rng, "every byte")
    tid = 4000
    script.asks(b.request(1, b"pxelinux.0", options=((b"blksize", b"1024"),)))
    grant = b.oack(((b"blksize", b"1024"),))
    texts = [script.frame(script.client, (script.server, 69), b.request(1, b"pxelinux.0")),
             script.frame((script.server, tid), script.client, grant),
             script.frame(script.client, (script.server, tid), b.ack(0)),
             script.frame((script.server, tid), script.client, b.data(1, 20))]
    step = rng.randrange(len(texts))
    if step > 1:
        script.down(tid, grant)
    if step > 2:
        script.up(tid, b.ack(0))
    frame = texts[step]
    seen = script.scene.seen
    for length in range(len(frame)):
        script.see(frame[:length], MUST_DROP, "cut")
        seen["attack", "truncated at every byte"] += 1
    ends = _ends(script.ipv6, step)
    for at in range(len(frame)):
        for value in (frame[at] ^ 1 << rng.randrange(8), rng.randrange(256)):
            changed = frame[:at] + bytes((value,)) + frame[at + 1:]
            script.see(changed, MUST_DROP if at in ends and changed != frame else None, f"byte {at}")
            seen["attack", "mutated at every byte"] += 1
    for length in range(1, 50):
        script.see(frame + bytes(length), None, "prolonged")
        seen["attack", "extended"] += 1
    return script.done()


def own_link(rng):
    """Blocks in fragments at the host's own egress and forwarded, just around the MTU."""
    script = Script(rng, "fragments around the MTU")
    mtu = script.settings.mtu
    limit = mtu - (52 if script.ipv6 else 32)
    for number, blksize in enumerate((548, 549, limit, limit + 1, 8192)):
        tid = 4000 + number
        client = (script.client[0], 2000 + number)
        script.asks(b.request(1, b"f", options=((b"blksize", b"65464"),)), client=client)
        script.down(tid, b.oack(((b"blksize", b"%d" % blksize),)), client=client)
        script.up(tid, b.ack(0), client=client)
        body = b.udp(tid, client[1], b.data(1, blksize))
        for came_by, needed in ((OWN, blksize > limit), (UNGUARDED, blksize > 548), (None, blksize > 548)):
            ident = rng.randrange(65536)
            duty = MUST_PASS if needed else MUST_DROP
            for at, more in ((0, True), (16, True), (512, False)):
                end = {0: 16, 16: 512, 512: len(body)}[at]
                packet = b.ip(script.server, client[0], body[at:end][:1400], fragment=(ident, at, more))
                out = came_by is not None
                script.see(b.ethernet(packet, ipv6=script.ipv6), duty if at == 0 or needed else None, f"{blksize}",
                           interface=RIGHT, out=out, came_by=came_by or OWN)
            packet = b.ip(script.server, client[0], body[8:64], fragment=(ident, 8, True))
            script.see(b.ethernet(packet, ipv6=script.ipv6), MUST_DROP, "overlap", interface=RIGHT)
    return script.done()


SITUATIONS = ("hundreds of half-open transfers of one client", "storm of requests", "the slowest peers", "reboot", "multicast",
              "udpport", "every byte", "fragments around the MTU", "rollover to 0", "rollover to 1", "ERROR 5 and a loss",
              "names that leave the directory")


def error_and_loss(rng):
    """lwIP: ERROR 5 in the middle, and then a lost packet, which is repeated after 10 s and a tick (10.15)."""
    script = Script(rng, "ERROR 5 and a loss")
    write = rng.random() < .5
    tid = rng.choice((69, 5000))
    script.asks(b.request(2 if write else 1, b"f", b"binary"))
    if write:
        script.down(tid, b.ack(0))
    to, back = (script.up, script.down) if write else (script.down, script.up)
    last = rng.randint(4, 12)
    for block in range(1, last + 1):
        if block == 3:
            rng.choice((to, back))(tid, b.error(5, b"Wrong block number\0"))
        script.now += rng.choice((.01, 10.05)) if block > 2 else .01
        to(tid, b.data(block, 512 if block < last else 7))
        script.now += rng.choice((.01, 10.05)) if block > 2 else .01
        back(tid, b.ack(block))
    script.scene.begun = script.scene.completed = 1
    return script.done()


def leaving_names(rng):
    """File names with a part "..", however it is written, and others that only look like it (tidegate.conf(5))."""
    script = Script(rng, "names that leave the directory")
    for number in range(20):
        parts = [rng.choice((b"boot", b"..", b"...", b".", b"", b"a..b", b"..x", b"x..")) for _ in range(rng.randint(1, 5))]
        separators = [rng.choice((b"/", b"\\")) for _ in parts]
        name = b"".join(part + separator for part, separator in zip(parts, separators))
        if rng.random() < .5:
            name = name[:-1]
        if len(name) < 2:
            continue
        client = (script.client[0], 20000 + number)
        script.asks(b.request(1, name), MUST_DROP if b".." in parts else MUST_PASS, client=client)
    return script.done()


_TURNS = itertools.cycle((leaving_names, error_and_loss, many_offers, storm, slowest, reboot, group_transfer, moved_port, every_byte, own_link,
                           rollover))
_ROLLS = itertools.cycle((0, 1))


def make(rng):
    """A scene. The kinds take turns, so that a short run has them all."""
    return next(_TURNS)(rng)
