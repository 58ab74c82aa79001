# SPDX-License-Identifier: GPL-2.0-or-later
"""One transfer (XFER) and one client port's request (PENDING): the state table and the arithmetic of docs/tracker.md 7.1 to
7.3 with the precisions of section 10. Nothing here knows of other transfers."""

import limits
import reasons as R
from text import READ, WRITE

RRQ, WRQ, DATA, ACK, ERROR, OACK = range(1, 7)
OFFER, ACTIVE, FINAL, DONE, ERR = range(5)
STATES = ("OFFER", "ACTIVE", "FINAL", "DONE", "ERR")

CREDIT_MAX = 64
WINDOW_CLAMP = 16384
MSFT_WINDOW = 255


def distance(a, b):
    """Signed 16-bit a - b (7.2)."""
    return ((a - b + 0x8000) & 0xFFFF) - 0x8000


class Pending:
    """What a client port has asked a server (or everybody) for."""

    __slots__ = ("request", "asked_at", "wait", "credit", "datagrams", "first_datagram", "chosen", "chosen_pair",
                 "chosen_at", "left", "service_port", "behind", "counts", "decided", "rule")

    def __init__(self):
        self.request = None
        self.asked_at = self.wait = 0
        self.credit = 0
        self.datagrams = 0  # accepted so far; a TID answers the number that there were when it spoke first
        self.first_datagram = 0  # of the present request
        self.chosen = None       # the client's choice, as long as there is no other transfer in its place
        self.chosen_pair = None  # where it was
        self.chosen_at = 0
        self.left = 0  # TIDs that answer datagrams up to this one were left for the chosen one
        self.service_port = 0  # to which the latest datagram went
        self.behind = None     # single-port (12.2): server address and TID
        self.counts = []       # of the transfer that is open until a TID answers (11.4)
        self.decided = False  # has the client chosen a TID since it asked for a new transfer?
        self.rule = None      # which allowed the latest datagram

    def alive(self, now):
        """Has the request's time not run out?"""
        return now - self.asked_at <= self.wait

    def ask(self, request, now, zone):
        """Take another datagram."""
        if self.request is not None and not self.alive(now):
            self.credit = 0
        self.datagrams += 1
        if self.request is None or self.request.text != request.text:
            self.first_datagram = self.datagrams
        self.request = request
        self.asked_at = now
        timeout = request.timeout_s
        self.wait = max(zone.request_wait, 2 * timeout * zone.second)
        self.credit = min(self.credit + 1, CREDIT_MAX)


class Transfer:
    """One TID that has answered a request."""

    __slots__ = ("pair", "client", "server", "operation", "request", "pending", "datagram", "blksize", "windowsize",
                 "ahead", "behind", "msftwindow", "multicast", "group", "got_oack", "idle_wait", "offer_wait", "state",
                 "committed", "asked_again", "data_block", "ack_block", "final_block", "last", "superseded",
                 "superseded_at", "service_port", "counts", "rule", "bytes")

    def __init__(self, pair, client, server, pending, now, zone):
        self.pair = pair
        self.client = client
        self.server = server
        self.pending = pending
        self.request = pending.request
        self.operation = pending.request.operation
        self.datagram = pending.datagrams
        self.blksize = 512
        self.windowsize = 1
        self.msftwindow = self.multicast = self.got_oack = False
        self.group = None
        self.idle_wait = zone.idle_wait
        self.offer_wait = zone.offer_wait
        self.state = OFFER
        self.committed = self.asked_again = self.superseded = False
        self.data_block = self.ack_block = 0
        self.final_block = None
        self.last = now
        self.superseded_at = 0
        self.service_port = pending.service_port if zone.single_port else 0  # as which the client's side sees it (12.1)
        self.counts = []  # as an open transfer (11.4)
        self.rule = pending.rule
        self.bytes = 0    # of the file, up to data_block (11.6)
        self._open_window(zone)

    def _open_window(self, zone):
        self.ahead = min(max(self.windowsize + 1, zone.slack), WINDOW_CLAMP)
        self.behind = min(max(self.windowsize, zone.slack), WINDOW_CLAMP)

    def agree(self, grant, zone):
        """An OACK took effect (7.5)."""
        self.got_oack = True
        if grant.blksize is not None:
            self.blksize = grant.blksize
        if grant.windowsize is not None:
            self.windowsize = grant.windowsize
        if grant.msftwindow:
            self.msftwindow = True
            self.windowsize = max(self.windowsize, MSFT_WINDOW)
        if grant.timeout_s is not None:
            self.idle_wait = max(self.idle_wait, 4 * grant.timeout_s * zone.second)
            self.offer_wait = max(self.offer_wait, 4 * grant.timeout_s * zone.second)
        self._open_window(zone)

    # ---- time ------------------------------------------------------------------------------------------------------

    def alive(self, now, zone):
        """Has its time not run out (8, 10.9)?"""
        if self.superseded:
            return now - self.superseded_at <= zone.superseded_wait
        if self.group is not None and self.group.served(now, zone):
            return True
        return now - self.last <= self._wait(zone)

    def _wait(self, zone):
        if self.state == OFFER:
            return self.offer_wait
        if self.state == DONE:
            return zone.done_wait
        if self.state == ERR:
            return zone.error_wait
        return self.idle_wait

    def over(self):
        """Has it come to its end?"""
        return self.state in (DONE, ERR)

    def leave(self, at, zone):
        """The client has chosen another TID, or begun anew: what was alive then is SUP (10.5, 10.14)."""
        if not self.superseded and self.alive(at, zone):
            self.superseded = True
            self.superseded_at = at
            limits.end(self.counts)

    # ---- packets ---------------------------------------------------------------------------------------------------

    def refusal(self, packet, from_client, opcode, block):
        """Why the packet does not fit the present state; None if it does. An OACK's text is not looked at."""
        if self.superseded and not from_client and self.service_port:
            return R.SUPERSEDED
        if opcode is None:
            return R.TFTP_SHORT
        if self.superseded and not from_client and opcode != ERROR:
            return R.SUPERSEDED
        if opcode == 0 or opcode > OACK:
            return R.OPCODE
        if opcode in (RRQ, WRQ):
            return R.WRONG_ROLE
        if opcode == ERROR:
            return None
        sends_data = from_client == (self.operation == WRITE)
        if opcode == DATA:
            return self._data_refusal(packet, block) if sends_data else R.WRONG_ROLE
        if opcode == ACK:
            return R.WRONG_ROLE if sends_data else self._ack_refusal(packet, block)
        return R.WRONG_ROLE if from_client else self._oack_refusal()

    def _data_refusal(self, packet, block):
        if packet.payload_bytes - 4 > self.blksize:
            return R.DATA_SIZE
        if not -self.behind <= distance(block, self.ack_block) <= self.ahead:
            return R.BLOCK_WINDOW
        if self.state == OFFER and not self.superseded and distance(block, 0) < 0:
            return R.BLOCK_WINDOW
        if self.final_block is not None and distance(block, self.final_block) > 0:
            return R.BEYOND_END
        if self.state == OFFER and self.operation == READ and self.got_oack:
            return R.DATA_BEFORE_ACK
        if self.rule.too_large(self.bytes_with(packet.payload_bytes - 4, block)):
            return R.RULE_SIZE
        return None

    def _ack_refusal(self, packet, block):
        if packet.payload_bytes != 4 and not (self.msftwindow and packet.payload_bytes == 5):
            return R.ACK_SIZE
        if self.multicast:
            return None
        if distance(block, self.data_block) > (1 if self.state == ERR and not self.superseded else 0):
            return R.ACK_AHEAD
        if distance(block, self.ack_block) > self.ahead + 1:
            return R.ACK_AHEAD
        if distance(block, self.ack_block) < -self.behind:
            return R.BLOCK_WINDOW
        if self.state == OFFER and not self.superseded and distance(block, 0) < 0:
            return R.BLOCK_WINDOW
        return None

    def _oack_refusal(self):
        if self.state == ERR or self.multicast and self.state != DONE:
            return None
        if self.state == DONE or (self.state == OFFER and not self.got_oack):
            return R.OACK_LATE
        if self.operation == READ:
            return None if self.data_block == 0 else R.OACK_LATE
        return None if 0 in (self.ack_block, self.data_block) else R.OACK_LATE

    def bytes_with(self, size, block):
        """The file's bytes after this block: those that it skips are taken as full (11.6)."""
        step = distance(block, self.data_block)
        if self.data_block == 65535 and block == 1:
            step = 1  # rollover to 1 skips a number, not a block
        return self.bytes + (step - 1) * self.blksize + size if step > 0 else self.bytes

    def take(self, packet, from_client, opcode, block, now):
        """A packet that fits has passed. Returns whether it brought something new."""
        self.last = now
        if opcode == ERROR:
            if self.state != DONE and not self.superseded:
                self.state = ERR
            return False
        if opcode == OACK:
            return False
        if self.state == OFFER and from_client:
            self.state = ACTIVE if self.final_block is None else FINAL
        if opcode == DATA:
            return self._take_data(packet.payload_bytes - 4, block)
        return self._take_ack(block)

    def _take_data(self, size, block):
        new = distance(block, self.data_block) > 0
        if new:
            self.bytes = self.bytes_with(size, block)
            self.data_block = block
        if size < self.blksize and block == self.data_block:
            self.final_block = block
            if self.state in (OFFER, ACTIVE):
                self.state = FINAL
        return new

    def _take_ack(self, block):
        new = distance(block, self.ack_block) > 0
        if new:
            self.ack_block = block
        if self.group is not None and block == self.group.final_block:
            self.state = DONE
            self.final_block = block
        elif block == self.final_block and self.state in (ACTIVE, FINAL):
            self.state = DONE
        return new


class Group:
    """A multicast transfer (10.11)."""

    __slots__ = ("seen", "blksize", "final_block")

    def __init__(self, blksize, now):
        self.seen = now
        self.blksize = blksize
        self.final_block = None

    def served(self, now, zone):
        """Did DATA to the group come within T_idle?"""
        return now - self.seen <= zone.idle_wait
