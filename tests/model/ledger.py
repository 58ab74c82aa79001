# SPDX-License-Identifier: GPL-2.0-or-later
"""What the generator itself knows about the exchanges that it plays, and so which of their packets must pass.

This is not the model: it knows less, and says MUST_PASS only where no reading of docs/tracker.md (section 9: what must be
tolerated) could drop the packet. For the others (late, surplus, out of time) it says nothing; but what would have to pass, if it
did not bring more of a file than the zone's rule has (11.6), must not."""

import build as b
from scene import MUST_DROP, MUST_PASS

LATE = 6
"""Blocks that a packet may be behind and still must pass; the window never is smaller than 8 where this is asked."""
WHOLE = 1300
"""Bytes of a payload that no link makes fragments of."""
GONE = -1e9
MARGIN = 0.9
"""So near to its end a timer may or may not have run out (the virtual clock is coarse, and the books are simple)."""


def sd(one, other):
    """Signed distance of 16-bit block numbers."""
    return ((one - other + 0x8000) & 0xFFFF) - 0x8000


class Tid:
    """One TID as the firewall has seen it."""

    __slots__ = ("server", "text", "turn", "write", "last", "committed", "asked_again", "left_at", "data_top", "ack_top",
                 "end", "ended", "error", "oack", "blksize", "window", "timeout", "bytes")

    def __init__(self, server, port, now):
        self.server = server
        self.text = port.text
        self.turn = port.turn
        self.write = port.text[1] == 2
        self.last = now
        self.committed = self.asked_again = self.ended = self.error = self.oack = False
        self.left_at = None
        self.data_top = self.ack_top = self.bytes = 0
        self.end = None
        self.blksize, self.window, self.timeout = 512, 1, 0

    def lifetime(self):
        """Seconds of silence that it survives."""
        if self.error:
            return 12
        if self.ended:
            return 35
        return max(120 if self.committed else 45, 4 * self.timeout)

    def over(self):
        """May its addresses and ports be used again at once?"""
        return self.ended or self.error or self.left_at is not None

    def starts(self):
        """Is an OACK in place?"""
        if self.ended or not self.oack:
            return False
        return self.data_top == 0 or (self.write and self.ack_top == 0)

    def bytes_with(self, payload):
        """The file's bytes with a DATA packet."""
        step = sd(payload[2] << 8 | payload[3], self.data_top)
        return self.bytes + (step - 1) * self.blksize + len(payload) - 4 if step > 0 else self.bytes

    def fits(self, payload, slack, late=None):
        """Does the server's packet, or the client's, suit the blocks? `late` blocks behind the window's middle at most."""
        opcode = payload[1]
        behind = max(self.window, slack) if late is None else late
        if opcode in (5, 6):
            return opcode == 5 or self.starts()
        block = payload[2] << 8 | payload[3]
        if opcode == 4:
            return -behind <= sd(block, self.ack_top) and sd(block, self.data_top) <= 0 and (
                self.committed or sd(block, 0) >= 0)
        if self.end is not None and sd(block, self.end) > 0 or len(payload) - 4 > self.blksize:
            return False
        if not self.committed and (sd(block, 0) < 0 or self.oack and not self.write):
            return False
        return -behind <= sd(block, self.ack_top) <= max(self.window + 1, slack)


class Port:
    """A client's port towards one server (or everybody)."""

    __slots__ = ("text", "turn", "asked_at", "open", "refused", "tids", "chosen", "timeout")

    def __init__(self):
        self.text = None
        self.turn = 0  # counts the requests that differ from the one before
        self.asked_at = 0
        self.open = 0
        self.refused = 0  # single-port: TIDs that perhaps one of two zones has refused, and the other one not
        self.tids = {}
        self.chosen = None
        self.timeout = 0

    def wait(self):
        """Seconds that an answer may take."""
        return max(30, 2 * self.timeout)


def doubtful(age, limit):
    """Is it too close to tell whether a timer has run out?"""
    return limit * MARGIN < age <= limit / MARGIN


class Ledger:
    """Keeps the books of all exchanges of a scene. Endpoints are (address, port); times in seconds. Where a timer is so near
    to its end that the books could go either way, nothing more is said about that client's port (`unsure`)."""

    def __init__(self, settings):
        self.slack = settings.zone.slack
        self.size_max = min((rule.size_max for rule in settings.zone.rules if rule.size_max), default=None)
        self.translated = settings.single_port()
        self.beyond = settings.other_zone.single_port and not settings.zone.single_port  # `zone` sees what the other translates
        self.behind = {}   # single-port: (client endpoint, server address) -> TID's endpoint (12.2)
        self.ports = {}    # (client endpoint, server address or None for everybody) -> Port
        self.by_pair = {}  # (client endpoint, server endpoint) -> (Port, Tid)
        self.unsure = set()  # client endpoints

    # ---- before the firewall -----------------------------------------------------------------------------------------

    def duty(self, datagram, now):
        """MUST_PASS, MUST_DROP or None."""
        if datagram.is_request:
            return MUST_PASS
        client, server = datagram.client, datagram.server
        if self.translated and datagram.by_client:
            server = self.behind.get((client, server[0]), server)
        known = self.by_pair.get((client, server))
        self._doubt(client, server, known, now)
        if self.beyond and not datagram.by_client and self._mistaken(client, server, known, datagram.payload, now):
            self.unsure.add(client)
        if client in self.unsure:
            return None
        return self._duty_of(datagram, client, server, known, now)

    def _duty_of(self, datagram, client, server, known, now):  # pylint: disable=too-many-positional-arguments
        payload = datagram.payload
        if datagram.by_client:
            return self._client_duty(known, payload, now)
        port = self._begins(client, server, known, payload, now)
        if port is not None:
            if self._taken(client, server, port, now):
                port.refused += 1
                return None
            if self._begins_too_large(server, port, payload, now):
                return None if known is not None and self._alive(known[1], now) else self._drop(payload)
            return MUST_PASS if port.open > port.refused else None
        return self._server_duty(known, payload, now)

    def _doubt(self, client, server, known, now):
        """Is any timer of this exchange too close to its end?"""
        for address in (server[0], None):
            port = self.ports.get((client, address))
            if port is not None and port.open and doubtful(now - port.asked_at, port.wait()):
                self.unsure.add(client)
        if known is not None:
            tid = known[1]
            if doubtful(now - tid.last, tid.lifetime()) or tid.left_at is not None and doubtful(now - tid.left_at, 10):
                self.unsure.add(client)

    def _awaiting(self, client, server, now):
        """The Port whose request a server's packet answers first, if any awaits something."""
        for address in (server[0], None):
            port = self.ports.get((client, address))
            if port is not None and port.open and now - port.asked_at <= port.wait():
                return port
        return None

    def _begins(self, client, server, known, payload, now):
        """The Port whose request this server's packet answers as the first of its TID; None if it does not."""
        port = self._awaiting(client, server, now)
        if port is None:
            return None
        opcode, block = payload[1], payload[2] << 8 | payload[3]
        if opcode not in (5, 6) and (opcode, block) != ((4, 0) if port.text[1] == 2 else (3, 1)):
            return None
        if opcode == 3 and len(payload) - 4 > 512:
            return None
        if known is not None and self._alive(known[1], now) and not known[1].over():
            tid = known[1]
            service, other = server[1] == 69, tid.text != port.text
            if opcode == (3 if tid.write else 4) or not tid.fits(payload, self.slack):
                return port if service or other else None
            return port if service and other else None
        return port

    def _mistaken(self, client, server, known, payload, now):
        """Is it a repeat of an older transfer that `zone`, for which all TIDs are the service port, takes for a first reply?"""
        return (self._begins(client, server, known, payload, now) is None
                and self._begins(client, (server[0], 69), known, payload, now) is not None)

    def _taken(self, client, server, port, now):
        """Single-port: may another TID have the place behind the service port, and not give it up (12.3)?"""
        return self.translated and any(
            tid.text == port.text and not tid.over() and self._alive(tid, now)
            for (one, other), (_, tid) in self.by_pair.items() if one == client and other != server)

    @staticmethod
    def _alive(tid, now):
        if tid.left_at is not None:
            return now - tid.left_at <= 10
        return now - tid.last <= tid.lifetime()

    def _client_duty(self, known, payload, now):
        if known is None:
            return None
        tid = known[1]
        if payload[1] == (4 if tid.write else 3) or not self._alive(tid, now):
            return None  # perhaps it takes an old TID for one of its present request
        if tid.left_at is not None and payload[1] == 5:
            return None
        return self._duty_within(tid, payload)

    def _server_duty(self, known, payload, now):
        if known is None:
            return None
        tid = known[1]
        if tid.left_at is not None or not self._alive(tid, now) or payload[1] == (3 if tid.write else 4):
            return None
        return self._duty_within(tid, payload)

    def _duty_within(self, tid, payload):
        """Of a packet of a live TID."""
        if not tid.fits(payload, self.slack, LATE):
            return None
        return self._drop(payload) if self._too_large(tid, payload) else MUST_PASS

    @staticmethod
    def _drop(payload):
        """The duty of what is too large: later fragments may pass (7.4)."""
        return MUST_DROP if len(payload) <= WHOLE else None

    def _too_large(self, tid, payload):
        """Does the packet bring, or announce, more of the file than may come?"""
        if self.size_max is None or payload[1] not in (3, 6):
            return False
        if payload[1] == 3:
            return tid.bytes_with(payload) > self.size_max
        return not tid.write and int(dict(b.read_options(payload[2:])).get(b"tsize", 0)) > self.size_max

    def _begins_too_large(self, server, port, payload, now):
        """Likewise of the first packet of a TID that answers this Port."""
        return self._too_large(Tid(server, port, now), payload)

    # ---- behind the firewall -----------------------------------------------------------------------------------------

    def passed(self, datagram, now):
        """A packet of an exchange has passed."""
        payload = datagram.payload
        client, server = datagram.client, datagram.server
        if datagram.is_request:
            self._ask(client, server, payload, now)
            return
        known = self.by_pair.get((client, server))
        if not datagram.by_client:
            port = self._begins(client, server, known, payload, now)
            # What is too large for a first reply passed as a repeat in the transfer that was there before.
            if port is not None and not self._begins_too_large(server, port, payload, now):
                known = self._first(client, server, port, now)
        if known is None:
            return
        port, tid = known
        wrong_role = payload[1] == ((4 if tid.write else 3) if datagram.by_client else (3 if tid.write else 4))
        if wrong_role or not self._alive(tid, now) or tid.left_at is not None and not datagram.by_client:
            return  # what passed for another reason, as other UDP
        over, was_error = tid.over(), tid.error
        new = self._follow(tid, payload)
        if tid.left_at is None:
            tid.last = now
        if datagram.by_client and payload[1] in (3, 4):
            if tid.left_at is not None or not (over or was_error) and (
                    not tid.committed or tid.asked_again and new):
                tid.last = now
                self.behind[(client, server[0])] = server
                self._choose(port, tid, now)

    def _ask(self, client, server, text, now):
        everybody = server[0] is None
        port = self.ports.setdefault((client, None if everybody else server[0]), Port())
        if self.translated and sum(one == client for one, _ in self.ports) > 1:
            self.unsure.add(client)  # which of two requests' TIDs is behind the port is a science of its own
        if port.text is not None:
            if port.open and doubtful(now - port.asked_at, port.wait()):
                self.unsure.add(client)
            if now - port.asked_at > port.wait():
                port.open = port.refused = 0
        if port.text != text:
            port.turn += 1
        port.text = text
        port.asked_at = now
        port.timeout = asked_timeout(text)
        port.open = min(port.open + 1, 64)
        chosen = port.chosen
        if chosen is None or chosen.left_at is not None:
            return
        silent = now - chosen.last
        if doubtful(silent, 2) or doubtful(silent, chosen.lifetime()):
            self.unsure.add(client)
        if silent > chosen.lifetime():
            chosen.left_at = GONE
        elif silent > 2:
            chosen.left_at = now
        elif chosen.text == text:
            chosen.asked_again = True

    def _first(self, client, server, port, now):
        port.open -= 1
        tid = Tid(server, port, now)
        old = self.by_pair.get((client, server))
        if old is not None:
            old[0].tids.pop(server, None)
            if old[0].chosen is old[1]:
                old[0].chosen = None
        if self.translated:
            for other in port.tids.values():
                if other.left_at is None:
                    self._leave(other, now)
        self.behind[(client, server[0])] = server
        port.tids[server] = tid
        self.by_pair[(client, server)] = (port, tid)
        return port, tid

    @staticmethod
    def _follow(tid, payload):
        """Take over what the packet says; returns whether it brought a new block."""
        opcode = payload[1]
        if opcode == 5:
            tid.error = tid.error or not (tid.ended or tid.left_at is not None)
        elif opcode == 6:
            agreed = dict(b.read_options(payload[2:]))
            if not tid.oack:
                tid.blksize = int(agreed.get(b"blksize", agreed.get(b"blksize2", 512)))
                tid.window = max(int(agreed.get(b"windowsize", 1)), 255 if b"msftwindow" in agreed else 1)
                tid.timeout = int(agreed.get(b"timeout", 0))
            tid.oack = True
        elif opcode == 3:
            block = payload[2] << 8 | payload[3]
            new = sd(block, tid.data_top) > 0
            if new:
                tid.bytes = tid.bytes_with(payload)
                tid.data_top = block
            if len(payload) - 4 < tid.blksize and block == tid.data_top:
                tid.end = block
            return new
        else:
            block = payload[2] << 8 | payload[3]
            new = sd(block, tid.ack_top) > 0
            if new:
                tid.ack_top = block
            tid.ended = tid.ended or (block == tid.end and not tid.error)
            return new
        return False

    def _choose(self, port, tid, now):
        same = port.text == tid.text
        if same:
            port.open = port.refused = 0
        if port.chosen is not None and port.chosen is not tid and port.chosen.left_at is None:
            self._leave(port.chosen, now)
        port.chosen = tid
        tid.committed = True
        tid.asked_again = False
        tid.left_at = None
        for other in port.tids.values():
            if other is not tid and other.left_at is None and (same or other.turn < port.turn):
                self._leave(other, now)

    def _leave(self, tid, now):
        tid.left_at = now if now - tid.last <= tid.lifetime() * MARGIN else GONE

    # ---- for attackers -----------------------------------------------------------------------------------------------

    def big_blocks(self, client, server):
        """Has any transfer between the two hosts agreed on blocks that may need fragments?"""
        return any(tid.blksize > 548 for (one, other), (_, tid) in self.by_pair.items()
                   if one[0] == client[0] and other[0] == server[0])

    def alone(self, datagram):
        """Is its transfer the only one of big blocks that its two hosts ever had? Later fragments that come before their first
        are admitted by the latest such transfer only (10.8)."""
        client, server = datagram.client[0], datagram.server[0]
        return sum(tid.blksize > 548 for (one, other), (_, tid) in self.by_pair.items()
                   if {one[0], other[0]} == {client, server}) <= 1

    def settled(self, client, server):
        """The Tid if nothing but its own packets can be legitimate between the client's port and this server's TIDs: the
        client has chosen it, and nothing else is awaited."""
        known = self.by_pair.get((client, server))
        if known is None:
            return None
        port, tid = known
        everybody = self.ports.get((client, None))
        own = self.ports.get((client, server[0]))
        if any(each is not None and each.open for each in (everybody, own)) or port.chosen is not tid:
            return None
        return tid if tid.committed and tid.left_at is None and client not in self.unsure else None


def asked_timeout(text):
    """Seconds of the request's option timeout, 0 without."""
    words = text[2:].split(b"\0")
    options = dict(zip(words[2::2], words[3::2]))
    value = options.get(b"timeout", b"0")
    return int(value) if value.isdigit() else 0
