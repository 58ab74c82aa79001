# SPDX-License-Identifier: GPL-2.0-or-later
"""What the generator itself knows about the exchanges that it plays, and so which of their packets must pass.

This is not the model: it knows less, and says MUST_PASS only where no reading of docs/tracker.md (section 9: what must be
tolerated) could drop the packet. For the others (late, surplus, out of time) it says nothing."""

import build as b
from scene import MUST_PASS

LATE = 6
"""Blocks that a packet may be behind and still must pass; the window never is smaller than 8 where this is asked."""
GONE = -1e9
MARGIN = 0.9
"""Of each timer: what comes later is not asserted."""


def sd(one, other):
    """Signed distance of 16-bit block numbers."""
    return ((one - other + 0x8000) & 0xFFFF) - 0x8000


class Tid:
    """One TID as the firewall has seen it."""

    __slots__ = ("server", "text", "write", "last", "committed", "left_at", "data_top", "ack_top", "end", "ended",
                 "error", "oack", "blksize", "window", "timeout", "anticipation")

    def __init__(self, server, text, now):
        self.server = server
        self.text = text
        self.write = text[1] == 2
        self.last = now
        self.committed = self.ended = self.error = self.oack = False
        self.left_at = None
        self.data_top = self.ack_top = 0
        self.end = None
        self.blksize, self.window, self.timeout = 512, 1, 0

    def lifetime(self):
        """Seconds of silence that it must survive."""
        if self.error:
            return 10 * MARGIN
        if self.ended:
            return 35 * MARGIN
        normal = 120 if self.committed else 45
        return max(normal, 4 * self.timeout) * MARGIN


class Port:
    """A client's port towards one server (or everybody)."""

    __slots__ = ("text", "asked_at", "open", "tids", "chosen", "timeout")

    def __init__(self):
        self.text = None
        self.asked_at = 0
        self.open = 0
        self.tids = {}
        self.chosen = None
        self.timeout = 0


class Ledger:
    """Keeps the books of all exchanges of a scene. Endpoints are (address, port); times in seconds."""

    def __init__(self, slack):
        self.slack = slack
        self.ports = {}    # (client endpoint, server address or None for everybody) -> Port
        self.by_pair = {}  # (client endpoint, server endpoint) -> (Port, Tid)

    # ---- before the firewall -----------------------------------------------------------------------------------------

    def duty(self, datagram, now):
        """MUST_PASS or None."""
        payload = datagram.payload
        if datagram.is_request:
            return MUST_PASS
        client, server = datagram.client, datagram.server
        known = self.by_pair.get((client, server))
        if datagram.by_client:
            return self._client_duty(known, payload, now)
        port = self._asked(client, server)
        if port is not None and self._may_be_first(port, known, payload, now):
            return MUST_PASS
        return self._server_duty(known, payload, now)

    def _asked(self, client, server):
        """The request that a server's packet answers first: one that still awaits something."""
        own = self.ports.get((client, server[0]))
        if own is not None and own.open:
            return own
        everybody = self.ports.get((client, None))
        return everybody if everybody is not None and everybody.open else own

    @staticmethod
    def _may_be_first(port, known, payload, now):
        if not port.open or now - port.asked_at > max(30, 2 * port.timeout) * MARGIN:
            return False
        if known is not None and known[1].text == port.text and not known[1].ended and not known[1].error:
            return False
        opcode, block = payload[1], payload[2] << 8 | payload[3]
        return opcode in (5, 6) or (opcode, block) == ((4, 0) if port.text[1] == 2 else (3, 1))

    def _client_duty(self, known, payload, now):
        if known is None:
            return None
        tid = known[1]
        if payload[1] == (4 if tid.write else 3):
            return None  # it takes an old TID for one of its present request
        if tid.left_at is not None:
            # The client may change its mind, for a while.
            if payload[1] == 5 or now - tid.left_at > 10 * MARGIN:
                return None
        elif now - tid.last > tid.lifetime():
            return None
        return self._in_window(tid, payload)

    def _server_duty(self, known, payload, now):
        if known is None:
            return None
        tid = known[1]
        if tid.left_at is not None or now - tid.last > tid.lifetime():
            return None
        if payload[1] == 6:
            starts = (tid.ack_top == 0 or tid.data_top == 0) if tid.write else tid.data_top == 0
            return MUST_PASS if starts and tid.oack and not tid.ended else None
        if payload[1] == 3 and tid.oack and not tid.committed:
            return None
        return self._in_window(tid, payload)

    def _in_window(self, tid, payload):
        opcode = payload[1]
        if opcode == 5:
            return MUST_PASS
        block = payload[2] << 8 | payload[3]
        if opcode == 3:
            behind = sd(block, tid.ack_top) < -LATE or (not tid.committed and sd(block, 1) < 0)
            beyond = tid.end is not None and sd(block, tid.end) > 0
            ahead = sd(block, tid.ack_top) > max(tid.window + 1, self.slack)
            return None if behind or beyond or ahead else MUST_PASS
        if sd(block, tid.ack_top) < -LATE or sd(block, tid.data_top) > 0 or (not tid.committed and sd(block, 0) < 0):
            return None
        return MUST_PASS

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
            port = self._asked(client, server)
            if port is not None and self._begins(port, known, payload, now):
                known = self._first(client, server, port, now)
        if known is None:
            return
        port, tid = known
        if now - tid.last > tid.lifetime():
            tid.left_at = GONE
            return
        tid.last = now
        self._follow(tid, payload)
        if datagram.by_client and payload[1] in (3, 4) and not tid.error:
            self._choose(port, tid, now)
        elif datagram.by_client and payload[1] in (3, 4) and tid.left_at is not None:
            self._choose(port, tid, now)

    def _begins(self, port, known, payload, now):
        if known is None or now - known[1].last > known[1].lifetime() / MARGIN or known[1].left_at is not None:
            return port.open > 0
        return self._may_be_first(port, known, payload, now)

    def _ask(self, client, server, text, now):
        everybody = server[0] is None
        port = self.ports.setdefault((client, None if everybody else server[0]), Port())
        if port.text is not None and now - port.asked_at > max(30, 2 * port.timeout) * MARGIN:
            port.open = 0
        port.text = text
        port.asked_at = now
        port.timeout = asked_timeout(text)
        port.open = min(port.open + 1, 64)
        chosen = port.chosen
        if chosen is not None and chosen.left_at is None and now - chosen.last > 2 * MARGIN:
            chosen.left_at = now if now - chosen.last <= chosen.lifetime() else GONE

    def _first(self, client, server, port, now):
        port.open -= 1
        tid = Tid(server, port.text, now)
        old = self.by_pair.get((client, server))
        if old is not None:
            old[0].tids.pop(server, None)
        port.tids[server] = tid
        self.by_pair[(client, server)] = (port, tid)
        return port, tid

    @staticmethod
    def _follow(tid, payload):
        opcode = payload[1]
        if opcode == 5:
            tid.error = tid.error or not tid.ended
        elif opcode == 6:
            agreed = dict(b.read_options(payload[2:]))
            tid.oack = True
            if tid.data_top and (tid.ack_top or not tid.write):
                # A single-port server begins again; so does the firewall.
                tid.data_top = tid.ack_top = 0
                tid.end, tid.committed, tid.ended = None, False, False
            if not tid.committed:
                tid.blksize = int(agreed.get(b"blksize", agreed.get(b"blksize2", 512)))
                tid.window = 255 if b"msftwindow" in agreed else int(agreed.get(b"windowsize", 1))
                tid.timeout = int(agreed.get(b"timeout", 0))
        elif opcode == 3:
            block = payload[2] << 8 | payload[3]
            if sd(block, tid.data_top) > 0:
                tid.data_top = block
            if len(payload) - 4 < tid.blksize and block == tid.data_top:
                tid.end = block
        else:
            block = payload[2] << 8 | payload[3]
            if sd(block, tid.ack_top) > 0:
                tid.ack_top = block
            tid.ended = tid.ended or (block == tid.end and not tid.error)

    @staticmethod
    def _choose(port, tid, now):
        if port.text == tid.text:
            port.open = 0
        port.chosen = tid
        tid.committed = True
        tid.left_at = None
        for other in port.tids.values():
            if other is not tid and other.left_at is None:
                other.left_at = now

    # ---- for attackers -----------------------------------------------------------------------------------------------

    def big_blocks(self, client, server):
        """Has any transfer between the two hosts agreed on blocks that may need fragments?"""
        return any(tid.blksize > 548 for (one, other), (_, tid) in self.by_pair.items()
                   if one[0] == client[0] and other[0] == server[0])

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
        return tid if tid.committed and tid.left_at is None else None


def asked_timeout(text):
    """Seconds of the request's option timeout, 0 without."""
    words = text[2:].split(b"\0")
    options = dict(zip(words[2::2], words[3::2]))
    value = options.get(b"timeout", b"0")
    return int(value) if value.isdigit() else 0
