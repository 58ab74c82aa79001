# SPDX-License-Identifier: GPL-2.0-or-later
"""Random walks through a small world: few hosts, ports, files, TIDs and blocks, so that everything meets everything, and
time jumps to just before and just after the timers. Nothing is promised about these packets; model and engines have to
agree on them."""

import build as b
from engines import Settings
from model import LEFT, OTHER, OWN, RIGHT, TUNNEL, UNGUARDED, Zone
from scene import Scene

OPTIONS = (
    (), ((b"blksize", b"1024"),), ((b"blksize", b"1428"), (b"tsize", b"0")), ((b"windowsize", b"16"),),
    ((b"BLKSIZE", b"2000"), (b"WindowSize", b"4"), (b"timeout", b"20")), ((b"timeout", b"255"),), ((b"tsize", b"0"),),
    ((b"blksize", b"8"), (b"msftwindow", b"31416")), ((b"multicast", b""), (b"blksize", b"1024")),
    ((b"utimeout", b"17000000"),), ((b"udpport", b"0"), (b"blksize2", b"4096")), ((b"blksize", b"x"),),
    ((b"windowsize", b"65535"),), ((b"blksize", b"512"), (b"blksize", b"1024")), ((b"blksize", b"70000"),),
)
GRANTS = (
    (), ((b"blksize", b"1024"),), ((b"blksize", b"1428"),), ((b"tsize", b"5000"),), ((b"windowsize", b"16"),),
    ((b"blksize", b"8"), (b"windowsize", b"2")), ((b"timeout", b"20"),), ((b"timeout", b"255"),),
    ((b"msftwindow", b"27182"),), ((b"multicast", b"239.1.1.1,1758,1"),), ((b"multicast", b",,0"),),
    ((b"multicast", b"239.1.1.1,1758,0"), (b"multicast", b"239.1.1.2,1759,1")), ((b"multicast", b"239.1.1.1x,1758,1"),),
    ((b"multicast", b"239.1..1,1758,x.y"),), ((b"multicast", b"10.0.0.1,2001,1"),), ((b"multicast", b"239.1.1.1,1758,x.y"),),
    ((b"utimeout", b"17000000"),), ((b"udpport", b"5555"),), ((b"blksize2", b"4096"),), ((b"blksize", b"7"),),
    ((b"blksize", b"65464"),), ((b"windowsize", b"0"),), ((b"windowsize", b"65535"),), ((b"timeout", b"0"),),
    ((b"timeout", b"256"),), ((b"BlkSize", b"0900"), (b"x", b"y")), ((b"rollover", b"1"),), ((b"blksize", b"1000 "),),
    ((b"blksize", b""),), ((b"blksize", b"2000"), (b"windowsize", b"4"), (b"timeout", b"20")),
)
TAILS = (b"", b"", b"", b"\0", b"garbage", b"\0\0", b"a\0")
TIDS = (69, 4000, 4001, 5555)
CLIENT_PORTS = (69, 2001, 2002)


class Walk:
    """One random walk."""

    def __init__(self, rng, length):
        self.rng = rng
        self.settings = self.make_settings()
        self.scene = Scene("random walk", self.settings)
        self.now = self.start()
        v6 = rng.random() < 0.5
        self.clients = [b.address("fe80::1" if v6 else "10.0.0.1"), b.address("fd00::9:1" if v6 else "192.0.2.250")]
        self.servers = [b.address("fe80::2" if v6 else "10.0.0.2"), b.address("fd00::5" if v6 else "192.0.2.5")]
        if rng.random() < 0.3:
            first, other = map(b.mapped, self.servers)
            self.settings.zone.server_groups = {first: first, other: first}
        self.everybody = b.address("ff02::1" if v6 else "255.255.255.255")
        self.group = b.address("ff0e::7" if v6 else "239.1.1.1")
        self.blocks = {}
        self.tids = rng.choice((TIDS, TIDS[:2], TIDS[1:2], TIDS[:1]))
        self.client_ports = rng.choice(((2001, 2001, 2001, 2002, 69), (2001,), (69,)))
        self.jumpy = rng.choice((0.2, 0.4, 0.7))
        self.strangers = rng.random() < 0.5
        self.asked = {}  # (client, port) -> its requests, the present one last
        self.vlans = [()] if rng.random() < 0.7 else [(), ((0x8100, 7),), ((0x88A8, 9), (0x8100, 7)), ((0x8100, 0),)]
        self.fancy = rng.random() < 0.3  # interfaces, directions
        self.prepare()
        for _ in range(length):
            self.step()

    def prepare(self):
        """Before the first packet, when the hosts are there."""

    def start(self):
        """The time of the first packet, in ticks."""
        return self.rng.choice((1, 1000, 2**32 - 5000, 2**40))

    def make_settings(self):
        rng = self.rng
        second = rng.choice((100, 250, 1000))
        flags = {name: rng.random() < likely for name, likely in
                 (("requests_in", .95), ("requests_out", .95), ("track_udp", .7), ("unmatched_pass", .1),
                  ("monitor", .05), ("broadcast", .5), ("multicast", .4), ("udpport", .4),
                  ("single_port", .35))}
        waits = {name: seconds * second for name, seconds in
                 (("request_wait", 30), ("offer_wait", 45), ("idle_wait", 120), ("done_wait", 35), ("error_wait", 12),
                  ("superseded_wait", 10), ("fragment_wait", 30), ("stale_wait", 2), ("udp_wait", 30),
                  ("udp_replied_wait", 120))}
        services = rng.choice(((), (67,), (67, 2001)))
        zone = Zone(**flags, **waits, second=second, slack=rng.choice((8, 8, 8, 2, 4, 64)), services=services,
                    tftp_ports=rng.choice(((69,), (69,), (69, 6969))))
        return Settings(zone, Zone(second=second, services=services, **waits), rng.choice((1500, 1500, 1400, 2000)))

    def make_request(self):
        rng = self.rng
        return b.request(rng.choice((1, 1, 1, 2, 2)), self.name() if rng.random() < 0.99 else b"",
                         rng.choice((b"octet",) * 5 + (b"netascii", b"BINARY", b"mail")), rng.choice(OPTIONS),
                         rng.choice(TAILS))

    def name(self):
        """A file's."""
        return b"f%d" % self.rng.randrange(10**6)

    def step(self):
        """One packet, more or less."""
        rng = self.rng
        self.pass_time()
        kind = rng.random()
        if kind < 0.18:
            self.ask()
        elif kind < 0.93:
            self.converse()
        elif kind < 0.96:
            self.other_udp()
        else:
            self.repeat_old()

    def pass_time(self):
        rng = self.rng
        zone = self.settings.zone
        kind = rng.random()
        if kind > self.jumpy:
            return
        if rng.random() < 0.8:
            self.now += rng.randrange(zone.second)
        elif rng.random() < 0.5:
            self.now += rng.choice((2, 5, 9)) * zone.second + rng.choice((-1, 0, 1))
        else:
            self.now += max(1, rng.choice((zone.stale_wait, zone.request_wait, zone.offer_wait, zone.idle_wait,
                                           zone.done_wait, zone.error_wait, zone.superseded_wait,
                                           80 * zone.second, 1020 * zone.second)) + rng.choice((-1, 0, 1)))

    def ask(self):
        rng = self.rng
        server = self.server() if rng.random() < 0.9 else self.everybody
        client, port = self.client(), self.client_port()
        # The present request again, another one, or one of the former ones of this port (A, B, A).
        asked = self.asked.setdefault((client, port), [])
        kind = rng.random()
        if not asked or kind < 0.35:
            asked.append(self.make_request())
        elif kind < 0.5:
            asked.append(rng.choice(asked))
        self.send(client, port, server, 69 if rng.random() < 0.97 else rng.choice(TIDS), asked[-1])

    def client(self):
        return self.clients[self.strangers and self.rng.random() < 0.15]

    def server(self):
        return self.servers[self.strangers and self.rng.random() < 0.3]

    def client_port(self):
        return self.rng.choice(self.client_ports)

    def converse(self):
        """A packet between a client's port and a TID, near to where their blocks are."""
        rng = self.rng
        client = self.client()
        server = self.server()
        port, tid = self.client_port(), rng.choice(self.tids)
        key = (client, port, server, tid)
        block = self.blocks.get(key, 0)
        payload = self.payload(key, block)
        if payload[1:2] == b"\3" and rng.random() < 0.1:
            return self.send_fragments(key, payload)
        if rng.random() < 0.5:
            if self.settings.zone.single_port and rng.random() < 0.9:
                tid = rng.choice(self.settings.zone.tftp_ports)
            return self.send(client, port, server, tid, payload)
        if rng.random() < 0.02:
            return self.send(server, tid, self.group, 1758, payload)
        return self.send(server, tid, client, port, payload)

    def payload(self, key, block):
        rng = self.rng
        kind = rng.random()
        if kind < 0.4:
            near = block + rng.choice((0, 0, 1, 1, 1, -1, 2, 8, 9, -8, -9, 16, 17, 65535, 32768, 200))
            if rng.random() < 0.4:
                self.blocks[key] = near
            return b.data(near, rng.choice((512, 512, 512, 0, 100, 513, 1024, 1428, 1429, 8, 7, 1500)))
        if kind < 0.75:
            near = block + rng.choice((0, 0, 0, 0, 1, -1, -8, -9, -16, -17, 2, 65535, 32768))
            return b.ack(near, rng.choice((4, 4, 4, 4, 4, 4, 5, 6)))
        if kind < 0.88:
            return b.oack(rng.choice(GRANTS), rng.choice(TAILS))
        if kind < 0.96:
            return b.error(rng.choice((0, 1, 5, 8, 99)), rng.choice((b"", b"\0", b"stop\0")))
        return rng.choice((b"", b"\0", b"\0\3", b"\0\3\0", b"\0\0\0\1", b"\0\7\0\1", b"\1\3\0\1", b"\0\6", b"\0\6\0",
                           b"\0\5", b"\0\6\0\0", self.make_request() if key[3] != 69 and key[1] != 69 else b""))

    def send_fragments(self, key, payload):
        rng = self.rng
        client, port, server, tid = key
        ends = (client, port, server, tid) if rng.random() < 0.5 else (server, tid, client, port)
        body = b.udp(ends[1], ends[3], payload)
        ident = rng.randrange(4)
        cut = rng.choice((8, 16, 24, 256, 512))
        pieces = [(body[:cut], 0, True), (body[cut:], cut, False)]
        if rng.random() < 0.2:
            pieces.reverse()
        for piece, offset, more in pieces:
            if rng.random() < 0.9:
                self.emit(b.ip(ends[0], ends[2], piece, fragment=(ident, offset, more)), len(client) == 16)

    def other_udp(self):
        rng = self.rng
        ends = [rng.choice(self.clients), rng.choice(self.servers)]
        rng.shuffle(ends)
        self.send(ends[0], rng.choice((53, 2001, 4000)), ends[1], rng.choice((53, 67, 69, 2001, 4000)),
                  bytes(rng.choice((0, 3, 30))))

    def repeat_old(self):
        if self.scene.packets:
            _, interface, out, came_by, frame = self.rng.choice(self.scene.packets)
            self.scene.add((self.now, interface, out, came_by, frame))

    def send(self, source, source_port, destination, destination_port, payload):
        body = b.udp(source_port, destination_port, payload)
        self.emit(b.ip(source, destination, body), len(source) == 16, destination == self.everybody)

    def emit(self, packet, ipv6, group=False):
        rng = self.rng
        interface, out, came_by = LEFT, False, OWN
        if self.fancy:
            interface = rng.choice((LEFT, LEFT, RIGHT, RIGHT, OTHER, TUNNEL))
            if rng.random() < 0.4:
                out, came_by = True, rng.choice((OWN, OWN, UNGUARDED, LEFT, OTHER))
        frame = packet
        if interface != TUNNEL:
            frame = b.ethernet(packet, ipv6=ipv6, tags=rng.choice(self.vlans), group=group)
        self.scene.add((self.now, interface, out, came_by, frame))


def make(rng):
    """A scene."""
    return Walk(rng, rng.choice((20, 60, 120))).scene
